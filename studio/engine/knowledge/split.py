"""Cutting pages into chunks that end where a sentence ends, each with its exact place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from studio.engine.knowledge.reader import Heading, Page
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


def split(pages: list[Page], characters: int = 800, overlap: int = 80, markdown: bool = False) -> list[Piece]:
    """Cut every page at its headings, then into pieces of at most `characters`. A heading holds until the next of its level."""
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

    splitter = (MarkdownSplitter if markdown else TextSplitter)(characters, overlap=min(overlap, characters // 2))
    pieces: list[Piece] = []
    path: list[Heading] = []
    for index, page in enumerate(pages):
        for start, end, under in _sections(page, path):
            path = under
            if path and CONTENTS.match(path[-1].title):
                continue  # a list of headings answers no question and holds the words of all
            heading = " › ".join(heading.title for heading in path)
            for offset, text in splitter.chunk_indices(page.text[start:end]):
                pieces.append(_piece(index, page, start + offset, text, heading))
    return pieces


def _piece(index: int, page: Page, start: int, text: str, heading: str) -> Piece:
    spans = [(start + first, start + last) for first, last in sentences(text)]
    return Piece(index, page.number, start, start + len(text), text, heading, spans)


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
