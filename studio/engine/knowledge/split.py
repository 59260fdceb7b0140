"""Cutting pages into chunks that end where a sentence ends, each with its exact place."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.engine.knowledge.reader import Heading, Page, Row
from studio.engine.knowledge.words import sentences

CONTENTS = re.compile(r"(table of )?contents\b|目\s*[录錄]", re.IGNORECASE)

PART = 100_000  # characters that the splitter is given at once


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk before it has a name. `start`, `end` and `sentences` are characters of the page's text."""

    page_index: int
    page: int | None
    start: int
    end: int
    text: str
    heading: str
    sentences: list[tuple[int, int]]
    row: int | None = None
    fields: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """What this chunk is known by from one version of its file to the next: its words and its cells."""
        content = self.text if self.fields is None else f"{self.text}\0{json.dumps(self.fields, ensure_ascii=False)}"
        return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Splitter:
    """Cuts the pages of one document in their order. A heading holds until the next of its level.

    With the `grammar` of a programming language, functions and classes that fit stay whole; small neighbours share a piece.
    """

    characters: int = 800
    overlap: int = 80
    markdown: bool = False
    grammar: Any = None
    _path: list[Heading] = field(default_factory=list)
    _count: int = 0
    _cut: Any = None

    def split(self, page: Page) -> list[Piece]:
        """Cut a page at its headings, then into pieces of at most `characters`; a table's rows are pieces of their own."""
        index, self._count = self._count, self._count + 1
        if any(row.fields is not None for row in page.rows):
            return list(self._rows(index, page))
        if self.grammar is not None:
            return list(self._code(index, page))
        pieces: list[Piece] = []
        starts = [row.start for row in page.rows]
        for start, end, under in _sections(page, self._path):
            self._path = under
            if under and CONTENTS.match(under[-1].title):
                continue  # a list of headings answers no question and holds the words of all
            heading = " › ".join(heading.title for heading in under)
            for offset, text in self._cut_up(page.text[start:end]):
                row = _row_at(page, starts, start + offset)
                pieces.append(_piece(index, page, start + offset, text, heading, row))
        return pieces

    def _code(self, index: int, page: Page) -> Iterator[Piece]:
        starts = [row.start for row in page.rows]
        for start, text in self._cutter().chunk_indices(page.text):
            yield _piece(index, page, start, text, _definition(page, start, text), _row_at(page, starts, start))

    def _rows(self, index: int, page: Page) -> Iterator[Piece]:
        ends = [row.start for row in page.rows[1:]] + [len(page.text)]
        heading = ""
        headings = iter([*page.headings, Heading(len(page.text) + 1, 1, "")])
        following = next(headings)
        for row, end in zip(page.rows, ends, strict=True):
            while following.start <= row.start:
                heading, following = following.title, next(headings)
            last = min(end, following.start)
            text = page.text[row.start : last].rstrip()
            if len(text) <= self.characters:
                yield _piece(index, page, row.start, text, heading, row)
                continue
            for offset, part in self._cut_up(text):
                yield _piece(index, page, row.start + offset, part, heading, row)

    def _cut_up(self, text: str) -> Iterator[tuple[int, str]]:
        """Pieces with their places. A long text goes to the splitter part by part, whose time grows with the square of a length."""
        start = 0
        while start < len(text):
            end = _part_end(text, start)
            for offset, piece in self._cutter().chunk_indices(text[start:end]):
                yield start + offset, piece
            start = end

    def _cutter(self) -> Any:
        if self._cut is None:
            from semantic_text_splitter import CodeSplitter, MarkdownSplitter, TextSplitter

            overlap = min(self.overlap, self.characters // 2)
            if self.grammar is not None:
                self._cut = CodeSplitter(self.grammar, self.characters, overlap=overlap)
            else:
                self._cut = (MarkdownSplitter if self.markdown else TextSplitter)(self.characters, overlap=overlap)
        return self._cut


def split(pages: list[Page], characters: int = 800, overlap: int = 80, markdown: bool = False) -> list[Piece]:
    """The pieces of a whole document."""
    splitter = Splitter(characters, overlap, markdown)
    return [piece for page in pages for piece in splitter.split(page)]


def _part_end(text: str, start: int) -> int:
    """Where a part of a long text ends: after a paragraph, a line, a sentence or a word, whichever is there."""
    end = start + PART
    if end >= len(text):
        return len(text)
    found = ((text.rfind(mark, start + PART // 2, end), len(mark)) for mark in ("\n\n", "\n", "。", ". ", " "))
    return next((place + length for place, length in found if place >= 0), end)


def _piece(index: int, page: Page, start: int, text: str, heading: str, row: Row | None) -> Piece:
    spans = [(start + first, start + last) for first, last in sentences(text)]
    number, fields = (row.number, row.fields) if row else (None, None)
    return Piece(index, page.number, start, start + len(text), text, heading, spans, number, fields)


def _row_at(page: Page, starts: list[int], place: int) -> Row | None:
    number = bisect_right(starts, place) - 1
    return page.rows[number] if number >= 0 else None


def _definition(page: Page, start: int, text: str) -> str:
    """What a piece of code belongs to: where it begins at the margin the first definition in it, otherwise the one around it."""
    inside = text[:1].isspace() or page.text.rfind("\n", 0, start) + 1 < start
    path: list[Heading] = []
    for heading in page.headings:
        within = start <= heading.start < start + len(text)
        if heading.start > start and (inside or not within):
            break
        path = [*(above for above in path if above.level < heading.level), heading]
        if within:
            break
    return " › ".join(heading.title for heading in path)


def _sections(page: Page, path: list[Heading]) -> Iterator[tuple[int, int, list[Heading]]]:
    """The parts of a page between its headings, each with the headings it stands under.

    A heading with nothing below it goes with what follows.
    """
    begin = 0
    for heading in page.headings:
        if not _only_headings(page, begin, heading.start):
            yield begin, heading.start, path
            begin = heading.start
        path = [*(above for above in path if above.level < heading.level), heading]
    yield begin, len(page.text), path


def _only_headings(page: Page, start: int, end: int) -> bool:
    words = page.text[start:end]
    for heading in page.headings:
        if start <= heading.start < end:
            words = words.replace(heading.title, "", 1)
    return not words.strip(" \n\t#")
