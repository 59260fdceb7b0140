"""Where the lines of pages stand that were read from pictures, beside the pages' texts: those of PDFs with text are in the files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from studio.engine.knowledge.reader import Page, Printed

COLUMNS = "page_lines (document_id, version, place, lines)"


def keep(connection: sqlite3.Connection, document_id: str, version: str, pages: Iterable[tuple[int, Page]]) -> None:
    connection.executemany(
        f"insert or replace into {COLUMNS} values (?, ?, ?, ?)",
        [
            (document_id, version, place, json.dumps([asdict(line) for line in page.printed]))
            for place, page in pages
            if page.printed
        ],
    )


def lines_of(connection: sqlite3.Connection, document_id: str, version: str, place: int) -> list[Printed]:
    query = "select lines from page_lines where document_id = ? and version = ? and place = ?"
    row = connection.execute(query, (document_id, version, place)).fetchone()
    return [Printed.from_dict(line) for line in json.loads(row[0])] if row else []
