"""What one cell holds, made ready to be looked at closely. It runs on a worker thread: JSON and pictures may be large."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from studio.engine.text import Text, plural
from studio.ui.widgets.cells import Page

Kind = Literal["null", "text", "tree", "image", "binary"]
MOST_JSON = 8_000_000  # characters that are read as JSON
MOST_HEX = 16_384  # bytes that are written out
MOST_PIXELS = 100_000_000
MOST_FILE = 64 << 20  # bytes of a picture's file
SIDE = 2048  # pixels; larger pictures are made smaller while they are read
MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class CellValue:
    """`text` is the whole value, as it is copied; the other fields are there for those kinds that have them."""

    kind: Kind
    text: str = ""
    tree: Any = None
    hex: str = ""
    image: QImage | None = None
    note: Text | None = None


def read_value(page: Page, row: int, column: int, folder: Path | None = None) -> CellValue:
    """The value of a cell. With a `folder` (or a file in it), texts are paths of pictures there."""
    scalar = page.scalar(row, column)
    if not scalar.is_valid:
        return CellValue("null")
    value = _bytes(scalar)
    if value is not None:
        return of_bytes(value)
    text = page.raw(row, column)
    if folder is not None and text.lower().endswith(PICTURES):
        return _of_file(folder, text)
    if text[:1] in "{[" and len(text) <= MOST_JSON:
        return _of_json(text)
    return CellValue("text", text)


def of_bytes(value: bytes) -> CellValue:
    """A picture where the bytes are one, else the bytes in hexadecimal."""
    shown = CellValue("binary", "0x" + value.hex(), hex=dump(value[:MOST_HEX]), note=_size(len(value)))
    if not value.startswith(MAGIC):
        return shown
    image, note = _decode(value)
    return CellValue("image", shown.text, hex=shown.hex, image=image, note=note) if image else shown


def dump(value: bytes) -> str:
    """Sixteen bytes a line: place, hexadecimal, and what of it is text."""
    lines = []
    for start in range(0, len(value), 16):
        part = value[start : start + 16]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {letters}")
    return "\n".join(lines)


def _of_json(text: str) -> CellValue:
    """Numbers stay as they are written: whole ones are exact, others decimals."""
    try:
        tree = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return CellValue("text", text)
    return CellValue("tree", text, tree)


def _of_file(folder: Path, text: str) -> CellValue:
    root = folder.resolve() if folder.is_dir() else folder.resolve().parent
    path = (root / text).resolve()
    if not path.is_relative_to(root):
        return CellValue("text", text)
    try:
        if path.stat().st_size > MOST_FILE:
            return CellValue("text", text, note=Text("The picture is too large to show.", "图片过大，无法显示。"))
        value = path.read_bytes()
    except OSError:
        return CellValue("text", text, note=Text("The picture is not there any more.", "图片已不在原处。"))
    image, note = _decode(value)
    return CellValue("image", text, image=image, note=note) if image else CellValue("text", text, note=note)


def _decode(value: bytes) -> tuple[QImage | None, Text]:
    buffer = QBuffer()
    buffer.setData(QByteArray(value))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > MOST_PIXELS:
        return None, Text("The picture has too many pixels to show.", "图片像素过多，无法显示。")
    if size.isValid() and max(size.width(), size.height()) > SIDE:
        reader.setScaledSize(size.scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return None, Text("The picture cannot be read.", "无法读取图片。")
    shown = size if size.isValid() else image.size()
    said = f"{shown.width():,} × {shown.height():,}"
    return image, Text(f"{said} pixels, {_size(len(value)).en}", f"{said} 像素，{_size(len(value)).zh}")


def _bytes(scalar: Any) -> bytes | None:
    import pyarrow.types as types

    tests = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return scalar.as_py() if any(test(scalar.type) for test in tests) else None


def _size(count: int) -> Text:
    return Text(plural(count, "byte", "bytes"), f"{count:,} 字节")
