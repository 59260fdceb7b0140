"""A selection as text and as a table for the clipboard, with limits that are told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from PySide6.QtCore import QMimeData

from studio.engine.text import Text
from studio.ui.widgets.cells import Page
from studio.ui.widgets.pages import Fetch

MOST_CELLS = 1_000_000
MOST_STYLED = 50_000  # cells that are put there as an HTML table too


@dataclass(frozen=True)
class Copied:
    """What goes on the clipboard: lines with tabs, and a table where it is not too long."""

    lines: str
    html: str = ""

    def mime(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.lines)
        if self.html:
            data.setHtml(self.html)
        return data


def room(rows: int, columns: int) -> int:
    """How many of these rows are copied."""
    return min(rows, max(1, MOST_CELLS // max(1, columns)))


def too_many(rows: int, copied: int) -> Text:
    """The word for a selection that is longer than what is copied."""
    return Text(
        f"Copied the first {copied:,} of {rows:,} rows. Export writes all of them.",
        f"已复制 {rows:,} 行中的前 {copied:,} 行。可用“导出”写出全部。",
    )


async def read(
    fetch: Fetch, first: int, count: int, names: Sequence[str], columns: Sequence[int] | None, head: bool
) -> Copied:
    """Rows of a source; `columns` are places for a source that gives out all of them, None for a lazy one."""
    if columns is None:
        table = await fetch(first, count, list(names))
        columns = range(len(names))
    else:
        table = await fetch(first, count)
    return await asyncio.to_thread(copied, table, names, columns, head)


def copied(table: Any, names: Sequence[str], columns: Sequence[int], head: bool) -> Copied:
    """Full values, without thousands separators; NULL is empty. Tabs and line breaks inside values become spaces."""
    page = Page(table)
    rows = [[page.raw(row, column) for column in columns] for row in range(page.rows)]
    lines = [[flat(text) for text in row] for row in ([list(names), *rows] if head else rows)]
    styled = _table(names, rows) if len(rows) * len(columns) <= MOST_STYLED else ""
    return Copied("\n".join("\t".join(row) for row in lines), styled)


def flat(text: str) -> str:
    return " ".join(text.replace("\t", " ").splitlines()) if "\t" in text or "\n" in text or "\r" in text else text


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<meta charset="utf-8"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
