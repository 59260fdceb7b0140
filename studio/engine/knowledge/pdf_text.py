"""The text of a PDF page as a reader sees it: lines joined to paragraphs, each character knowing where it stands on the page."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median, median_low
from typing import Any

from studio.engine.knowledge.reader import Heading

Box = tuple[float, float, float, float]  # left, bottom, right, top in PDF points
CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
LIST_ITEM = re.compile(r"(?:[•▪●◦–—-]|\(?\d{1,3}[.)、]|[一二三四五六七八九十]+、)\s?\S?")
NUMBER = re.compile(r"(\d+(?:\.\d+)*)[.\s]")
SOFT_HYPHENS = {"\x02", "\ufffe", "\xad"}


@dataclass(slots=True)
class Line:
    """One printed line: its characters, where each stands in PDFium's order, its baseline and its ends in points. One that is
    `alone`, such as a row of cells, belongs to no paragraph."""

    text: str
    places: list[int]
    size: float
    baseline: float
    left: float
    right: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The width of a page's lines and the usual step from one to the next, in points; 0 where there is none."""

    width: float
    step: float

    def furthest(self, line: Line) -> float:
        """The step at which a line still belongs to the one before."""
        return 1.2 * self.step if self.step else 1.9 * line.size


@dataclass(slots=True)
class PageText:
    """`places[n]` is PDFium's index of character n of `text`, -1 for a space that was put in."""

    text: str = ""
    places: list[int] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)


def lines_of(text_page: Any) -> list[Line]:
    """The printed lines of a page in PDFium's reading order."""
    lines: list[Line] = []
    characters, places = "", list[int]()
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
    layout = _layout(lines)
    for number, line in enumerate(lines):
        previous = lines[number - 1] if number else None
        is_heading = _is_heading(line, body)
        if previous is not None:
            _connect(page, previous, line, layout)
        if is_heading and (not page.text or page.text.endswith("\n")):
            _note_heading(page, line, body)
        page.text += line.text
        page.places += line.places
    return page


def running_titles(pages: list[list[Line]]) -> set[str]:
    """The first and last lines that most pages share but for their number; empty for short documents."""
    edges = Counter(words for lines in pages for words in {_unnumbered(line) for line in (*lines[:1], *lines[-1:])})
    return {words for words, count in edges.items() if count >= max(4, 0.5 * len(pages))}


def without(lines: list[Line], titles: set[str]) -> list[Line]:
    """The lines but for running titles at the top and the bottom."""
    last = len(lines) - 1
    return [line for place, line in enumerate(lines) if place not in (0, last) or _unnumbered(line) not in titles]


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
    left, right = text_page.get_charbox(seen[0])[0], text_page.get_charbox(seen[-1])[2]
    size = _size(pdfium, text_page, seen[0])
    return [Line(characters, places, size, _baseline(pdfium, text_page, seen[0]), left, right)]


def _baseline(pdfium: Any, text_page: Any, place: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page.raw, place, x, y)
    return float(y.value)


def _size(pdfium: Any, text_page: Any, place: int) -> float:
    """The size as printed: the font's own size times the scale of its matrix."""
    matrix = pdfium.FS_MATRIX()
    size = float(pdfium.FPDFText_GetFontSize(text_page.raw, place))
    if pdfium.FPDFText_GetMatrix(text_page.raw, place, ctypes.byref(matrix)) and matrix.d:
        size *= abs(matrix.d)
    return round(size, 1)


def _connect(page: PageText, previous: Line, line: Line, layout: Layout) -> None:
    """Put what stands between two lines: nothing, a space or a line end."""
    if _begins_paragraph(previous, line, layout):
        between = "\n"
    elif page.text[-1:] in SOFT_HYPHENS:
        page.text, page.places = page.text[:-1], page.places[:-1]
        between = ""
    else:
        seamless = CJK.match(page.text[-1:]) and CJK.match(line.text[:1])
        between = "" if seamless or page.text.endswith(" ") else " "
    page.text += between
    page.places += [-1] * len(between)


def _begins_paragraph(previous: Line, line: Line, layout: Layout) -> bool:
    return (
        line.alone
        or previous.alone
        or abs(line.size - previous.size) > 0.1 * max(previous.size, 1.0)  # another kind of text
        or not 0 <= previous.baseline - line.baseline <= layout.furthest(line)  # a gap, or another column
        or layout.width - previous.right > 1.5 * _first_word(line)  # it would have fitted on the line before
        or bool(LIST_ITEM.match(line.text))
    )


def _layout(lines: list[Line]) -> Layout:
    """How far lines stand apart and how wide they run, from the lines themselves."""
    steps = [
        before.baseline - line.baseline
        for before, line in pairwise(lines)
        if before.size == line.size and 0 < before.baseline - line.baseline < 3 * line.size
    ]
    return Layout(max((line.right for line in lines), default=0.0), median_low(steps) if steps else 0.0)


def _first_word(line: Line) -> float:
    """About how wide the first word is: what would have had to fit on the line before."""
    words = line.text.split()
    if CJK.match(line.text.strip()[:1]):
        return 2 * line.size
    return (len(words[0]) + 1) * 0.55 * line.size


def _is_heading(line: Line, body: float) -> bool:
    return line.size > 1.12 * body and len(line.text.strip()) <= 120


def without_titles(pages: list[PageText]) -> None:
    """Where headings are numbered, a large line without a number is a title or an ornament: take those out."""
    headings = [heading for page in pages for heading in page.headings]
    if sum(bool(NUMBER.match(heading.title)) for heading in headings) < 0.5 * len(headings):
        return
    for page in pages:
        page.headings = [one for one in page.headings if one.level > 1 or NUMBER.match(one.title)]


def _note_heading(page: PageText, line: Line, body: float) -> None:
    """A heading line; one without a number that follows another at once is the rest of it, such as its translation.

    A small line "4 Pumps" right before "4.1 Leaks" is the heading of the chapter, whatever its size.
    """
    title = line.text.strip()
    _note_chapter(page, title)
    last = page.headings[-1] if page.headings else None
    if last is not None and not NUMBER.match(title) and " ".join(page.text[last.start :].split()) == last.title:
        page.headings[-1] = Heading(last.start, last.level, f"{last.title} {title}")
    else:
        page.headings.append(Heading(len(page.text), _level(line, body), title))


def _note_chapter(page: PageText, title: str) -> None:
    number = NUMBER.match(title)
    start = page.text.rfind("\n", 0, max(0, len(page.text) - 1)) + 1
    before = page.text[start:].strip()
    chapter = NUMBER.match(before)
    known = page.headings and page.headings[-1].start >= start
    if number and chapter and not known and number.group(1).startswith(f"{chapter.group(1)}."):
        page.headings.append(Heading(start, chapter.group(1).count(".") + 1, before))


def _unnumbered(line: Line) -> str:
    return re.sub(r"\d+", "", line.text).strip()


def _level(line: Line, body: float) -> int:
    """By the number before it ("4.2 …" is the second level), else by its size."""
    number = NUMBER.match(line.text.strip())
    if number:
        return number.group(1).count(".") + 1
    return 1 if line.size > 1.6 * body else 2


def _same_line(last: Box, box: Box) -> bool:
    overlap = min(last[3], box[3]) - max(last[1], box[1])
    return overlap > 0.3 * min(last[3] - last[1], box[3] - box[1]) and box[0] >= last[0] - 1
