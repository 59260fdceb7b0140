"""A page of a PDF as a picture, with the places of its text."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.errors import NotFound
from studio.engine.knowledge.pdf_file import opened
from studio.engine.knowledge.pdf_text import PageText, joined, lines_of, rectangles
from studio.engine.knowledge.reader import Shown
from studio.engine.text import Text


def shown(path: Path, number: int, width: int, spans: Sequence[Sequence[int]], expected: str) -> Shown:
    """A page with the places of spans.

    The spans count in `expected`, the page's text when it was indexed; where the page reads otherwise now, the words
    of each span are looked for.
    """
    with opened(path) as document:
        if not 1 <= number <= len(document):
            raise NotFound(Text(f"{path.name} has no page {number}.", f"{path.name} 没有第 {number} 页。"))
        page = document[number - 1]
        across, up = page.get_width(), page.get_height()
        picture = page.render(scale=width / across, rev_byteorder=True).to_numpy()
        text_page = page.get_textpage()
        text = joined(lines_of(text_page), 0.0)
        boxes = [box for span in spans for box in rectangles(text_page, text, *_place(text, span, expected))]
    return Shown(
        png(picture), picture.shape[1], picture.shape[0],
        [(left / across, 1 - top / up, right / across, 1 - bottom / up) for left, bottom, right, top in boxes],
    )  # fmt: skip


def _place(text: PageText, span: Sequence[int], expected: str) -> tuple[int, int]:
    start, end = span
    if text.text == expected:
        return start, end
    words = expected[start:end]
    before = expected[:start].count(words) if words else 0
    places = [match.start() for match in re.finditer(re.escape(words), text.text)] if words else []
    if not places:
        return 0, 0
    begin = places[min(before, len(places) - 1)]
    return begin, begin + len(words)


def png(picture: Any) -> bytes:
    """A picture (height, width, 3 or 4 bytes of red, green, blue and alpha) as a PNG file."""
    height, width, channels = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", width, height, 8, 6 if channels == 4 else 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
