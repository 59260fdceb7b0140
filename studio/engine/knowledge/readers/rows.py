"""Rows of a dataset, as they were taken out of it: each a chunk of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Page, Reader, Row, Unit
from studio.engine.text import Text

BLOCK = 200  # rows of one page


class Rows(Reader):
    """JSON lines: the first names the text columns, each other is a row. Not a format that people add: it has no ending."""

    name: ClassVar[str] = "rows"
    suffixes: ClassVar[tuple[str, ...]] = ()
    title: ClassVar[Text] = Text("Dataset", "数据集")
    unit: ClassVar[Unit] = "rows"

    def read(self, path: Path) -> Iterator[Page]:
        with path.open(encoding="utf-8") as file:
            text_columns = json.loads(file.readline())["text"]
            rows = (json.loads(line) for line in file)
            yield from table_pages(
                (number, {name: row[name] for name in text_columns if name in row}, row)
                for number, row in enumerate(rows, 1)
            )


def table_pages(rows: Iterable[tuple[int, Mapping[str, Any], dict[str, Any]]], first: int = 1) -> Iterator[Page]:
    """Pages of some hundred rows each, from (number, what is said, cells). A row that says nothing is left out."""
    number, text, marks = first, "", list[Row]()
    parts: list[str] = []
    length = 0
    for row, said, fields in rows:
        words = row_text(said)
        if not words:
            continue
        marks.append(Row(length, row, fields))
        parts.append(words + "\n\n")
        length += len(parts[-1])
        if len(marks) == BLOCK:
            yield Page(number, "".join(parts).rstrip("\n"), [], marks)
            number, parts, marks, length = number + 1, [], [], 0
    text = "".join(parts).rstrip("\n")
    if text:
        yield Page(number, text, [], marks)


def row_text(said: Mapping[str, Any]) -> str:
    """A row in words: a line for each cell that holds something, with its column's name; of a single column only the cell."""
    cells = {name: str(value).strip() for name, value in said.items() if value is not None and str(value).strip()}
    if len(said) == 1:
        return next(iter(cells.values()), "")
    return "\n".join(f"{name}: {value}" for name, value in cells.items())
