"""The text of a picture as a reader sees it: recognised lines in their order, joined to paragraphs, each knowing where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from studio.engine.knowledge.pdf_text import CJK, Line, PageText, joined, running_titles, without, without_titles
from studio.engine.knowledge.reader import Page, Printed

RUNNING = 8.0  # times its height that a line of running text is wide, at least
FULL = 0.75  # of a column's width that its lines fill; the cells of a table are shorter
SIDE_BY_SIDE = 3  # lines that two columns have beside each other, at least
ALIKE = 0.2  # by which measured sizes of the same print differ
NARROW, WIDE = re.compile(r"[ijl.,:;'|!()\[\] ]"), re.compile(r"[A-Z0-9mw@%&]")


@dataclass(frozen=True, slots=True)
class Seen:
    """Words that were recognised in a picture, with their box in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def beside(self, other: Seen) -> bool:
        """Whether the middle of one is at the height of the other."""
        return other.top < self.middle < other.bottom or self.top < other.middle < self.bottom


@dataclass(frozen=True, slots=True)
class Picture:
    """What was recognised on a page of so many pixels."""

    width: int
    height: int
    seen: list[Seen]


def pages_of(pictures: Mapping[int, Picture]) -> list[Page]:
    """The pages of one document that were read from pictures, by their numbers."""
    ordered = {number: [list(_rows(block)) for block in blocks(one.seen)] for number, one in pictures.items()}
    sizes = [_size(part) for page in ordered.values() for block in page for row in block for part in row]
    body = median(sizes) if sizes else 1.0
    parts = {number: [part for block in page for row in block for part in row] for number, page in ordered.items()}
    lines = {number: _lines(page, body) for number, page in ordered.items()}
    titles = running_titles(list(lines.values()))
    texts = {number: joined(without(page, titles), body) for number, page in lines.items()}
    without_titles(list(texts.values()))
    return [
        Page(number, text.text, text.headings, printed=_printed(text, parts[number], pictures[number]))
        for number, text in texts.items()
    ]


def boxes_of(page: Page, spans: Sequence[Sequence[int]]) -> list[tuple[float, float, float, float]]:
    """Where spans of a page's text stand: left, top, right and bottom as shares of the page, one for each printed line.

    A part of a line is measured by how wide its letters usually are.
    """
    boxes = []
    for start, end in spans:
        for line in page.printed:
            first, last = max(start, line.start), min(end, line.end)
            if first >= last:
                continue
            left, top, right, bottom = line.box
            whole = _ems(page.text[line.start : line.end]) or 1.0
            begin, stop = (_ems(page.text[line.start : place]) / whole for place in (first, last))
            boxes.append((left + begin * (right - left), top, left + stop * (right - left), bottom))
    return boxes


def blocks(seen: Sequence[Seen]) -> list[list[Seen]]:
    """Parts of a page that are read one after the other, each row by row: columns of running text, and what stands across them."""
    gutter = _gutter(seen)
    if gutter is None:
        return [list(seen)] if seen else []
    left: list[Seen] = []
    right: list[Seen] = []
    across: list[Seen] = []
    found: list[list[Seen]] = []
    for one in sorted(seen, key=lambda one: one.middle):
        crosses = one.left < gutter - one.height and one.right > gutter + one.height
        if crosses and (left or right):
            found += [*blocks(left), *blocks(right)]
            left, right = [], []
        elif not crosses and across:
            found.append(across)
            across = []
        (across if crosses else left if one.left < gutter - one.height else right).append(one)
    return [*found, *([across] if across else []), *blocks(left), *blocks(right)]


def _gutter(seen: Sequence[Seen]) -> float | None:
    """Where the right one of two columns of running text begins; None where there are no columns."""
    running = [one for one in seen if one.width >= RUNNING * one.height]
    best: tuple[int, float] | None = None
    for place in sorted({one.left for one in running}):
        left = [one for one in running if one.right <= place]
        right = [one for one in running if one.left >= place]
        if min(len(left), len(right)) < SIDE_BY_SIDE or not (_is_full(left) and _is_full(right)):
            continue
        together = sum(any(one.beside(other) for other in left) for one in right)
        if together >= SIDE_BY_SIDE and (best is None or together > best[0]):
            best = together, place
    return best[1] if best else None


def _is_full(column: Sequence[Seen]) -> bool:
    widths = [one.width for one in column]
    return median(widths) >= FULL * max(widths)


def _rows(block: Sequence[Seen]) -> Iterator[list[Seen]]:
    """What stands at one height, from left to right."""
    row: list[Seen] = []
    for one in sorted(block, key=lambda one: one.middle):
        if row and not all(one.beside(other) for other in row):
            yield sorted(row, key=lambda one: one.left)
            row = []
        row.append(one)
    if row:
        yield sorted(row, key=lambda one: one.left)


def _lines(page: Sequence[Sequence[Sequence[Seen]]], body: float) -> list[Line]:
    """Rows as printed lines; the places of their characters are numbers of what was seen. A column ends where the page does, so
    that a line which fills it is known for one that goes on."""
    rightmost = max((part.right for block in page for row in block for part in row), default=0.0)
    lines, number = [], 0
    for block in page:
        margin = rightmost - max(part.right for row in block for part in row)
        for row in block:
            text, places = "", list[int]()
            for part in row:
                text += (" " if text else "") + part.text
                places += [-1] * (len(text) - len(places) - len(part.text)) + [number] * len(part.text)
                number += 1
            size = median(_size(part) for part in row)
            alike = abs(size - body) <= ALIKE * body or _ems(text) < 3
            baseline = -sum(part.middle for part in row) / len(row)
            ends = row[0].left, row[-1].right + margin
            lines.append(Line(text, places, body if alike else size, baseline, *ends, alone=_is_of_table(row)))
    return lines


def _is_of_table(row: Sequence[Seen]) -> bool:
    return any(after.left - before.right > before.height for before, after in pairwise(row))


def _printed(text: PageText, parts: Sequence[Seen], picture: Picture) -> list[Printed]:
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for place, number in enumerate(text.places):
        if number >= 0:
            starts.setdefault(number, place)
            ends[number] = place + 1
    return [
        Printed(
            start, ends[number],
            (
                round(parts[number].left / picture.width, 4), round(parts[number].top / picture.height, 4),
                round(parts[number].right / picture.width, 4), round(parts[number].bottom / picture.height, 4),
            ),
            round(parts[number].confidence, 3),
        )
        for number, start in starts.items()
    ]  # fmt: skip


def _size(seen: Seen) -> float:
    """About the size of its letters in pixels, by how wide so many are: the height of a box says less."""
    return seen.width / (_ems(seen.text) or 1.0)


def _ems(text: str) -> float:
    """About how wide a text is in units of its size."""
    return sum(
        1.0 if CJK.match(one) else 0.28 if NARROW.match(one) else 0.66 if WIDE.match(one) else 0.53 for one in text
    )
