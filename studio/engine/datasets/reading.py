"""DuckDB for files that the studio itself opens. No text of a person or a model ever becomes SQL here: see locked.py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

OWN = {
    "threads": 2,
    "memory_limit": "2GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",  # nobody's ~/.duckdb is read
}


def connection(spill: Path | None = None) -> Any:
    """A connection of our own in memory, that may read files and installs nothing. What does not fit goes to `spill`."""
    import duckdb

    config = {**OWN, "python_enable_replacements": "false", "temp_directory": str(spill or "")}
    return duckdb.connect(":memory:", config=config)


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text literal for SQL, where a parameter cannot stand."""
    return "'" + str(value).replace("'", "''") + "'"


def chosen(columns: Sequence[str] | None) -> str:
    return "*" if columns is None else ", ".join(quoted(name) for name in columns)
