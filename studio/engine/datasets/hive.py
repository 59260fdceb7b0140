"""Columns that stand in the names of folders: `year=2025/region=south/part.parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

EMPTY = "__HIVE_DEFAULT_PARTITION__"  # how an empty value is written in a folder's name
MOST_DIGITS = 18


def fields(files: Sequence[Path], root: Path, schema: Any) -> list[Any]:
    """The keys that every file below `root` has and no file holds itself, as Arrow fields in their folders' order."""
    import pyarrow

    found = [_keys(file, root) for file in files]
    names = list(found[0]) if found else []
    if any(list(each) != names for each in found):
        return []
    return [
        pyarrow.field(name, _type([each[name] for each in found])) for name in names if name not in set(schema.names)
    ]


def schema_of(schema: Any, partitions: Sequence[str]) -> Any:
    """The Arrow schema of the partition columns alone."""
    import pyarrow

    return pyarrow.schema([schema.field(name) for name in partitions])


def types(schema: Any, partitions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The partition columns with DuckDB's names of their types."""
    known = {"int64": "BIGINT", "date32[day]": "DATE"}
    return ((name, known.get(str(schema.field(name).type), "VARCHAR")) for name in partitions)


def _keys(file: Path, root: Path) -> dict[str, str]:
    """`key=value` of the folders between root and file."""
    parts = file.relative_to(root).parts[:-1]
    pairs = [part.partition("=") for part in parts if "=" in part]
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _type(values: Sequence[str]) -> Any:
    import pyarrow

    there = {value for value in values if value != EMPTY}
    if there and all(_is_whole(value) for value in there):
        return pyarrow.int64()
    return pyarrow.date32() if there and all(_is_date(value) for value in there) else pyarrow.string()


def _is_whole(value: str) -> bool:
    """A number that looks the same when it is written again: 007 stays text."""
    return len(value) <= MOST_DIGITS and value.removeprefix("-").isdecimal() and str(int(value)) == value


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
