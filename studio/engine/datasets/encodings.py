"""Which encoding a text file has, and the same text as UTF-8, unpacked where it is packed."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch

SAMPLE = 1 << 20  # bytes that are looked at
CHUNK = 1 << 20
MOST_NUL = 0.01  # of a text's bytes; with more it is no text
PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
MOST_RATIO, FREE_RATIO = 200, 1 << 28  # times that a file may grow by unpacking, once it is longer than 256 MB
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(path: Path) -> str:
    """The encoding by its mark, else by what decodes: UTF-8, UTF-16, GB18030, at last Windows-1252; or “binary”.

    A file that begins with plain ASCII is looked at further, until something else comes or it ends.
    """
    with opened(path) as file:
        sample = _telling(file)
    marked = next((name for mark, name in MARKS if sample.startswith(mark)), None)
    return marked or _wide(sample) or _narrow(sample)


def is_utf8(encoding: str) -> bool:
    return encoding in ("utf-8", "utf-8-sig")


def is_packed(path: Path) -> bool:
    return path.suffix.lower() in PACKED


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked as they are read. Raises `Broken` for what is not packed as its name says."""
    import pyarrow

    if not is_packed(path):
        with path.open("rb") as plain:
            yield plain
        return
    try:
        with pyarrow.input_stream(str(path), compression=PACKED[path.suffix.lower()]) as stream:
            yield stream
    except (pyarrow.ArrowException, OSError) as error:
        raise cannot_read(path, PACKED[path.suffix.lower()], str(error)) from error


def head(path: Path, size: int = SAMPLE) -> bytes:
    """The first bytes, to the end of the last whole line among them."""
    with opened(path) as file:
        content = file.read(size)
        more = file.read(1)
    return content[: content.rfind(b"\n") + 1] or content if more else content


def to_utf8(path: Path, encoding: str, target: Path, watch: Watch | None = None) -> list[dict[str, Any]]:
    """Write the text as UTF-8. Bytes that are no text in that encoding become U+FFFD; the answer lists those lines."""
    bad: list[dict[str, Any]] = []
    decode = codecs.getincrementaldecoder("utf-8" if is_utf8(encoding) else encoding)("replace").decode
    notes = _Lines(bad, f"not {encoding}", "\ufffd")
    with target.open("wb") as out:
        for piece, last in unpacked(path, watch or Watch()):
            text = decode(piece, last)
            notes.look(text)
            out.write(text.encode("utf-8", "replace"))
    notes.look("\n")
    return bad


def unpacked(path: Path, watch: Watch) -> Iterator[tuple[bytes, bool]]:
    """The content in pieces, each with whether it is the last. Raises `Broken` for one that unpacks beyond all measure."""
    size, done = path.stat().st_size, 0
    with opened(path) as file:
        piece = file.read(CHUNK)
        while piece:
            following = file.read(CHUNK)
            done += len(piece)
            if is_packed(path) and done > FREE_RATIO and done > size * MOST_RATIO:
                raise cannot_read(
                    path,
                    "packed text",
                    f"it unpacks to more than {MOST_RATIO} times its size ({done >> 20:,} MB and more), as no honest table does",
                )
            watch.step(min(done / (size * 5), 0.99) if is_packed(path) else done / size)
            yield piece, not following
            piece = following


def lines_with_nul(path: Path, most: int) -> list[dict[str, Any]]:
    """The lines of a UTF-8 file that hold a NUL byte, at most `most` of them."""
    if not _has_nul(path):
        return []
    found: list[dict[str, Any]] = []
    with path.open("rb") as file:
        number = 0
        while (line := file.readline(CHUNK)) and len(found) < most:
            number += 1
            if b"\0" in line:
                text = line.decode(errors="replace").rstrip("\r\n").replace("\0", "␀")[:500]
                found.append({"line": number, "reason": "it holds a NUL byte", "text": text, "kept": True})
    return found


class _Lines:
    """Notes the lines that hold a sign, in a text that comes in pieces."""

    def __init__(self, found: list[dict[str, Any]], reason: str, sign: str) -> None:
        self._found, self._reason, self._sign = found, reason, sign
        self._number, self._begun = 1, ""

    def look(self, text: str) -> None:
        if self._sign not in text and self._sign not in self._begun:
            self._number += text.count("\n")
            self._begun = text.rpartition("\n")[2][-500:] if "\n" in text else (self._begun + text)[-500:]
            return
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            if self._sign in line:
                self._found.append(
                    {"line": self._number, "reason": self._reason, "text": line.rstrip("\r")[:500], "kept": True}
                )
            self._number += 1


def _has_nul(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b"\0" in piece for piece in iter(lambda: file.read(CHUNK), b""))


def _telling(file: IO[bytes]) -> bytes:
    """A sample that tells the encoding: the first megabyte, or the first one that is not plain ASCII."""
    first = piece = file.read(SAMPLE)
    while piece and piece.isascii():
        piece = file.read(SAMPLE)
    return first if not piece or piece is first else first[-1000:] + piece


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters and commas leave every other byte zero."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < half * 0.2:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    return encoding if sum(map(_writable, text)) > len(text) * 0.95 else None


def _writable(character: str) -> bool:
    return character.isprintable() or character in "\r\n\t"


def _narrow(sample: bytes) -> str:
    if sample.count(0) > len(sample) * MOST_NUL and sample.count(0) > 1:
        return "binary"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    wrong = text.count("\ufffd")
    right = sum(character > "\x7f" for character in text) - wrong
    if _decodes(sample, "gb18030") and right <= wrong:
        return "gb18030"
    return "utf-8" if right > wrong or b"\xff" in sample else "cp1252"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True
