"""CSV and TSV files: each row a chunk of its own, found by its cells."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Page, Reader, Unit
from studio.engine.knowledge.readers.rows import table_pages
from studio.engine.knowledge.readers.text import decoded
from studio.engine.text import Text

SAMPLE = 64_000  # characters in which the separator is looked for


class Csv(Reader):
    """The first line names the columns. Rows count from 1 below it."""

    name: ClassVar[str] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")
    title: ClassVar[Text] = Text.same("CSV")
    unit: ClassVar[Unit] = "rows"

    def read(self, path: Path) -> Iterator[Page]:
        csv.field_size_limit(sys.maxsize)
        text = decoded(path)
        separator = "\t" if path.suffix.lower() == ".tsv" else separator_of(text[:SAMPLE])
        rows = csv.reader(io.StringIO(text), delimiter=separator)
        names = column_names(next(rows, []))
        yield from table_pages((number, cells, cells) for number, cells in _cells(rows, names))


def _cells(rows: Iterator[list[str]], names: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(rows, 1):
        more = [f"column {place}" for place in range(len(names) + 1, len(row) + 1)]
        yield (
            number,
            {name: number_of(value) for name, value in zip([*names, *more], row, strict=False) if value.strip()},
        )


def separator_of(text: str) -> str:
    """The sign that stands equally often in each of the first lines, most often of all."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]

    def fit(sign: str) -> tuple[int, int]:
        counts = [line.count(sign) for line in lines]
        return sum(count == counts[0] and count > 0 for count in counts), counts[0] if counts else 0

    return max([",", ";", "\t", "|"], key=fit)


def column_names(first: list[str]) -> list[str]:
    """The names of a header, each once."""
    names: list[str] = []
    for place, name in enumerate(first, 1):
        name = str(name).strip() or f"column {place}"
        names.append(name if name not in names else f"{name} {place}")
    return names


def number_of(value: str) -> Any:
    """A number where the text is one that is written back the same, so that ranges can be asked for; else the text."""
    words = value.strip()
    try:
        number = float(words) if "." in words else int(words)
    except ValueError:
        return words
    return number if str(number) == words else words
