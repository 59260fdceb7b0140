"""Rows of a query as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from studio.engine.datasets import writing
from studio.engine.datasets.locked import Locked

FormatName = Literal["csv", "parquet", "arrow", "jsonl", "excel"]


def write(locked: Locked, sql: str, path: Path, format: FormatName) -> int:
    """Write all rows; the file appears whole or not at all. The answer is the number of rows."""
    writing.kind_of(format)
    reader = locked.reader(sql)
    return writing.write(path, format, reader.schema, locked.all(reader))
