"""The text of a PDF page as a reader sees it: lines joined to paragraphs, each character knowing where it stands on the page."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from studio.engine.knowledge.reader import Heading

Box = tuple[float, float, float, float]  # left, bottom, right, top in PDF points
CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
LIST_ITEM = re.compile(r"(?:[•▪●◦–—-]|\(?\d{1,3}[.)、]|[一二三四五六七八九十]+、)\s?\S?")
SOFT_HYPHENS = {"\x02", "\ufffe", "\xad"}


@dataclass(slots=True)
class Line:
    """One printed line: its characters, where each stands in PDFium's order, and its box."""

    text: str
    places: list[int]
    size: float
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class PageText:
    """`places[n]` is PDFium's index of character n of `text`, -1 for a space that was put in."""

    text: str = ""
    places: list[int] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)


def lines_of(text_page: Any) -> list[Line]:
    """The printed lines of a page in PDFium's reading order."""
    lines, characters, places = [], "", []
    for index, character in enumerate(_characters(text_page)):
        if character in "\r\n":
            lines += _line(text_page, characters, places)
            characters, places = "", []
        elif character != "\0":
            characters += character
            places.append(index)
    return [*lines, *_line(text_page, characters, places)]


def body_size(pages: list[list[Line]]) -> float:
    """The font size of running text, which headings exceed."""
    sizes = [line.size for lines in pages for line in lines for _ in range(0, len(line.text), 10)]
    return median(sizes) if sizes else 0.0


def joined(lines: list[Line], body: float) -> PageText:
    """The lines as paragraphs: a wrapped line goes on with a space (none in Chinese), a new paragraph begins with a line end."""
    page = PageText()
    width = max((line.right for line in lines), default=0.0)
    for number, line in enumerate(lines):
        previous = lines[number - 1] if number else None
        is_heading = _is_heading(line, body)
        if previous is not None:
            _connect(page, previous, line, width)
        if is_heading and (not page.text or page.text.endswith("\n")):
            page.headings.append(Heading(len(page.text), _level(line, body), line.text.strip()))
        page.text += line.text
        page.places += line.places
    return page


def rectangles(text_page: Any, page: PageText, start: int, end: int) -> list[Box]:
    """The boxes of a span of the page's text, one for each printed line."""
    boxes: list[Box] = []
    for place in (place for place in page.places[start:end] if place >= 0):
        box = text_page.get_charbox(place)
        if box[2] <= box[0] or box[3] <= box[1]:
            continue
        if boxes and _same_line(boxes[-1], box):
            last = boxes[-1]
            boxes[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            boxes.append(box)
    return boxes


def _characters(text_page: Any) -> list[str]:
    """One character for each of PDFium's indexes; what Unicode has no name for becomes a replacement mark."""
    import pypdfium2.raw as pdfium

    codes = (pdfium.FPDFText_GetUnicode(text_page.raw, index) for index in range(text_page.count_chars()))
    return ["\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code) for code in codes]


def _line(text_page: Any, characters: str, places: list[int]) -> list[Line]:
    if not characters.strip():
        return []
    import pypdfium2.raw as pdfium

    seen = [place for place, character in zip(places, characters, strict=True) if not character.isspace()]
    boxes = [text_page.get_charbox(place) for place in (seen[0], seen[len(seen) // 2], seen[-1])]
    size = _size(pdfium, text_page, seen[0])
    return [Line(
        characters, places, size, min(box[0] for box in boxes), min(box[1] for box in boxes),
        max(box[2] for box in boxes), max(box[3] for box in boxes),
    )]  # fmt: skip


def _size(pdfium: Any, text_page: Any, place: int) -> float:
    """The size as printed: the font's own size times the scale of its matrix."""
    matrix = pdfium.FS_MATRIX()
    size = float(pdfium.FPDFText_GetFontSize(text_page.raw, place))
    if pdfium.FPDFText_GetMatrix(text_page.raw, place, ctypes.byref(matrix)) and matrix.d:
        size *= abs(matrix.d)
    return round(size, 1)


def _connect(page: PageText, previous: Line, line: Line, width: float) -> None:
    """Put what stands between two lines: nothing, a space or a line end."""
    if _begins_paragraph(previous, line, width):
        between = "\n"
    elif page.text[-1:] in SOFT_HYPHENS:
        page.text, page.places = page.text[:-1], page.places[:-1]
        between = ""
    else:
        seamless = CJK.match(page.text[-1:]) and CJK.match(line.text[:1])
        between = "" if seamless or page.text.endswith(" ") else " "
    page.text += between
    page.places += [-1] * len(between)


def _begins_paragraph(previous: Line, line: Line, width: float) -> bool:
    height = max(previous.size, 1.0)
    return (
        abs(line.size - previous.size) > 0.1 * height  # another kind of text
        or previous.bottom - line.top > 0.9 * height  # a gap
        or line.bottom > previous.top  # another column
        or previous.right < 0.8 * width  # the line before ended early
        or bool(LIST_ITEM.match(line.text))
    )


def _is_heading(line: Line, body: float) -> bool:
    return line.size > 1.12 * body and len(line.text.strip()) <= 120


def _level(line: Line, body: float) -> int:
    """By the number before it ("4.2 …" is the second level), else by its size."""
    number = re.match(r"\s*(\d+(?:\.\d+)*)[.\s]", line.text)
    if number:
        return number.group(1).count(".") + 1
    return 1 if line.size > 1.6 * body else 2


def _same_line(last: Box, box: Box) -> bool:
    overlap = min(last[3], box[3]) - max(last[1], box[1])
    return overlap > 0.3 * min(last[3] - last[1], box[3] - box[1]) and box[0] >= last[0] - 1
