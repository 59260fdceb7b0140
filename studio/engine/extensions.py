"""DuckDB's extensions. They come as packages with the studio and are loaded from there; nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from studio.engine.errors import Unavailable
from studio.engine.text import Text


def load(database: Any, name: str) -> None:
    """Load an extension (httpfs, mysql_scanner, postgres_scanner, sqlite_scanner) into a connection of our own.

    Raises `Unavailable` when its package is missing or was made for another DuckDB.
    """
    import duckdb

    file = str(_file(name)).replace("'", "''")
    try:
        database.execute(f"LOAD '{file}'")
    except duckdb.Error as error:
        raise _missing(name, str(error)) from error


@cache
def _file(name: str) -> Path:
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    places = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    files = [file for place in places for file in place.rglob(f"{name}.duckdb_extension")]
    if not files:
        raise _missing(name, "")
    return files[0]


def _missing(name: str, details: str) -> Unavailable:
    package = f"duckdb-extension-{name.replace('_', '-')}"
    return Unavailable(
        Text(f"The part of DuckDB for this ({name}) is missing.", f"缺少 DuckDB 组件（{name}）。"),
        Text(f"Install the package {package} and start again.", f"请安装软件包 {package} 后重新启动。"),
        details,
    )
