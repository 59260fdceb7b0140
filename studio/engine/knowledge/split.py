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
    """Cuts the pages of one document in their order. A heading holds until the next of its level."""

    characters: int = 800
    overlap: int = 80
    markdown: bool = False
    _path: list[Heading] = field(default_factory=list)
    _count: int = 0
    _cut: Any = None

    def split(self, page: Page) -> list[Piece]:
        """Cut a page at its headings, then into pieces of at most `characters`; a table's rows are pieces of their own."""
        index, self._count = self._count, self._count + 1
        if any(row.fields is not None for row in page.rows):
            return list(self._rows(index, page))
        pieces: list[Piece] = []
        starts = [row.start for row in page.rows]
        for start, end, under in _sections(page, self._path):
            self._path = under
            if under and CONTENTS.match(under[-1].title):
                continue  # a list of headings answers no question and holds the words of all
            heading = " › ".join(heading.title for heading in under)
            for offset, text in self._cutter().chunk_indices(page.text[start:end]):
                place = bisect_right(starts, start + offset) - 1
                row = page.rows[place] if place >= 0 else None
                pieces.append(_piece(index, page, start + offset, text, heading, row))
        return pieces

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
            for offset, part in self._cutter().chunk_indices(text):
                yield _piece(index, page, row.start + offset, part, heading, row)

    def _cutter(self) -> Any:
        if self._cut is None:
            from semantic_text_splitter import MarkdownSplitter, TextSplitter

            kind = MarkdownSplitter if self.markdown else TextSplitter
            self._cut = kind(self.characters, overlap=min(self.overlap, self.characters // 2))
        return self._cut


def split(pages: list[Page], characters: int = 800, overlap: int = 80, markdown: bool = False) -> list[Piece]:
    """The pieces of a whole document."""
    splitter = Splitter(characters, overlap, markdown)
    return [piece for page in pages for piece in splitter.split(page)]


def _piece(index: int, page: Page, start: int, text: str, heading: str, row: Row | None) -> Piece:
    spans = [(start + first, start + last) for first, last in sentences(text)]
    number, fields = (row.number, row.fields) if row else (None, None)
    return Piece(index, page.number, start, start + len(text), text, heading, spans, number, fields)


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
