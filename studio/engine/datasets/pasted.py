"""A table from the clipboard: what programs put there as HTML or as text becomes a file of the project's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

from studio.engine.errors import BadParameter
from studio.engine.files import write_text
from studio.engine.text import Text

LONGEST = 64 << 20  # characters
CELLS = ("td", "th")


def rows_of(text: str, html: str = "") -> list[list[str]]:
    """The rows of the first table in the HTML, else of the text; none where it is no table of two columns or two rows."""
    rows = _in_html(html) if "<table" in html.lower() else []
    return rows or _in_text(text)


def keep(rows: Sequence[Sequence[str]], folder: Path) -> Path:
    """Write rows as a CSV file of its own name in the folder."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    stem = f"{datetime.now():%Y-%m-%d %H-%M-%S}"
    names = (f"Pasted {stem}.csv" if number == 1 else f"Pasted {stem} {number}.csv" for number in range(1, 10_000))
    path = next(path for path in (folder / name for name in names) if not path.exists())
    write_text(path, out.getvalue())
    return path


def no_table() -> BadParameter:
    return BadParameter(
        Text("There is no table in the clipboard.", "剪贴板中没有表格。"),
        Text(
            "Copy cells of a spreadsheet, a table of a web page, a path or an address.",
            "请复制电子表格的单元格、网页中的表格、路径或网址。",
        ),
    )


def _in_text(text: str) -> list[list[str]]:
    """Tabs as spreadsheets copy them, else what separates most evenly."""
    lines = text.strip("\r\n")
    if not lines.strip() or len(lines) > LONGEST:
        return []
    first = lines.splitlines()[0]
    separator = next((sign for sign in "\t;|," if sign in first), "")
    if not separator:
        return []
    rows = [row for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator) if row]
    widths = {len(row) for row in rows}
    return rows if len(rows) > 1 and (len(widths) == 1 or separator == "\t") else []


def _in_html(html: str) -> list[list[str]]:
    reader = _FirstTable()
    reader.feed(html[:LONGEST])
    reader.close()
    return [row for row in reader.rows if any(cell for cell in row)]


class _FirstTable(HTMLParser):
    """The cells of the first table; one that spans several columns stands in the first of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._depth, self._over = 0, False
        self._cell: list[str] | None = None
        self._empty = 0  # cells that the open one spans beyond its own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
        if self._over or self._depth != 1:
            return
        if tag == "tr":
            self._close_cell()
            self.rows.append([])
        elif tag in CELLS and self.rows:
            self._close_cell()
            span = dict(attrs).get("colspan") or "1"
            self._cell, self._empty = [], min(int(span), 1000) - 1 if span.isdecimal() else 0
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in (*CELLS, "tr") and self._depth == 1:
            self._close_cell()
        if tag == "table":
            self._close_cell()
            self._depth -= 1
            self._over = self._over or self._depth == 0

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        words = "\n".join(" ".join(line.split()) for line in "".join(self._cell).split("\n")).strip()
        self.rows[-1] += [words, *[""] * max(self._empty, 0)]
        self._cell = None
