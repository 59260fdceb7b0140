"""The handbook's Markdown as blocks. It uses three levels of heading, paragraphs, tables and captions, nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

_HEADING = re.compile(r"(?P<number>[\d.]+) (?P<english>.*?) ?(?P<chinese>[\u4e00-\u9fff].*|K7 [\u4e00-\u9fff].*)$")


@dataclass(frozen=True)
class Heading:
    """A numbered heading in both languages."""

    number: str
    english: str
    chinese: str


@dataclass(frozen=True)
class Table:
    """A table; the first row is its head."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Caption:
    """The line below a table."""

    text: str


Body = str | Table | Caption


@dataclass
class Section:
    """What stands below one heading of the third level; `chapter` only where a chapter begins."""

    heading: Heading
    chapter: Heading | None
    body: list[Body] = field(default_factory=list)


@dataclass
class Book:
    """The whole handbook."""

    title: str
    preface: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)


def read_book(markdown: str) -> Book:
    """Read the book from its source."""
    book, chapter = Book(""), None
    for block in _blocks(markdown):
        mark, _, rest = block.partition(" ")
        if mark == "#":
            book.title = rest
        elif mark == "##":
            chapter = _heading(rest)
        elif mark == "###":
            book.sections.append(Section(_heading(rest), chapter))
            chapter = None
        elif book.sections:
            book.sections[-1].body.append(_body(block))
        else:
            book.preface.append(block)
    return book


def _blocks(markdown: str) -> Iterator[str]:
    for filled, lines in groupby(markdown.splitlines(), key=lambda line: bool(line.strip())):
        if filled:
            yield "\n".join(lines)


def _heading(text: str) -> Heading:
    found = _HEADING.match(text)
    if found is None:
        raise SystemExit(f"This heading needs a number, English and Chinese: {text}")
    return Heading(**found.groupdict())


def _body(block: str) -> Body:
    if block.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in block.splitlines()]
        return Table(tuple(row for row in rows if not row[0].startswith("---")))
    return Caption(block) if re.match(r"Table \d", block) else block
