"""Files of DuckDB; each table and view is a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.engine.datasets.format import FIRST_ROWS, Choice, Copied, chosen_table, not_empty
from studio.engine.datasets.reading import connection, literal, quoted
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.errors import StudioError, Unavailable
from studio.engine.text import Text

TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'source'
    UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'source' AND NOT internal
    ORDER BY ALL
"""


DECIMAL = "DECIMAL(38, 0)"
LIMIT = f"{'1' + '0' * 37}::HUGEINT * 10"


class DuckDb(Copied):
    """Opened for reading only. A view in it can reach its own tables and nothing else of this computer."""

    name = "duckdb"
    title = Text.same("DuckDB")
    suffixes = (".duckdb", ".ddb")
    several_tables = True

    def beside(self, path: Path) -> list[Path]:
        log = path.with_name(f"{path.name}.wal")
        return [log] if log.exists() else []

    def tables(self, path: Path) -> list[str]:
        with _opened(path) as database:
            return list(_tables(database))

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        parts = [target.with_name(f"{number}.part.parquet") for number in range(len(paths))]
        try:
            for place, (path, part) in enumerate(zip(paths, parts, strict=True)):
                _copy(path, part, choice, watch.part(place / len(paths), (place + 1) / len(paths)))
            _join(parts, target)
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        return {}

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        with _opened(paths[0], copy) as database:
            table = exactly(database, _chosen(database, paths[0], choice))
            return database.execute(f"{table} LIMIT {FIRST_ROWS}").to_arrow_table(), {}


def _copy(path: Path, part: Path, choice: Choice, watch: Watch) -> None:
    with _opened(path, part.parent) as database, watch.over(database):
        table = exactly(database, _chosen(database, path, choice))
        database.execute(f"COPY ({table}) TO {literal(part)} (FORMAT parquet)")


def exactly(database: Any, table: str) -> str:
    """The query for all of a table, with what neither Parquet nor Arrow holds exactly as text.

    Parquet would take HUGEINT for a float, and Arrow UHUGEINT for something negative. A HUGEINT of up to 38 digits is a
    decimal; looking whether all are costs one scan of those columns.
    """
    kinds = [(row[0], str(row[1])) for row in database.execute(f"DESCRIBE FROM {table}").fetchall()]
    huge = [name for name, kind in kinds if kind == "HUGEINT"]
    fits: tuple[bool, ...] = ()
    if huge:
        tests = ", ".join(f"coalesce(bool_and(abs({quoted(name)}) < {LIMIT}), true)" for name in huge)
        fits = database.execute(f"SELECT {tests} FROM {table}").fetchone()
    types = {name: DECIMAL if whole else "VARCHAR" for name, whole in zip(huge, fits, strict=True)}
    types |= {name: "VARCHAR" for name, kind in kinds if "HUGEINT" in kind and kind != "HUGEINT"}
    if not types:
        return f"FROM {table}"
    changed = ", ".join(f"{quoted(name)}::{kind} AS {quoted(name)}" for name, kind in types.items())
    return f"SELECT * REPLACE ({changed}) FROM {table}"


def _chosen(database: Any, path: Path, choice: Choice) -> str:
    tables = _tables(database)
    return tables[chosen_table(path, list(tables), choice.table)]


def _tables(database: Any) -> dict[str, str]:
    """The names that people see, with the names for SQL."""
    found = database.execute(TABLES).fetchall()
    return {
        name if schema == "main" else f"{schema}.{name}": f"source.{quoted(schema)}.{quoted(name)}"
        for schema, name in found
    }


@contextmanager
def _opened(path: Path, folder: Path | None = None) -> Iterator[Any]:
    """The file as the database “source”, in a connection that reads no other file and writes to the folder alone."""
    import duckdb

    not_empty([path], "DuckDB")
    try:
        with connection(folder) as database:
            database.execute(f"ATTACH {literal(path)} AS source (TYPE duckdb, READ_ONLY)")
            if folder is not None:
                database.execute(f"SET allowed_directories=[{literal(folder)}]")
            database.execute("SET enable_external_access=false")
            yield database
    except duckdb.Error as error:
        raise _explained(path, error) from error


def _explained(path: Path, error: Exception) -> StudioError:
    if "lock" in str(error).lower() and path.exists():
        return Unavailable(
            Text(f"“{path.name}” is open for writing in another program.", f"“{path.name}”正被其他程序写入。"),
            Text("Close it there, then refresh.", "请在那里关闭它，然后刷新。"),
        )
    return cannot_read(path, "DuckDB", str(error))


def _join(parts: Sequence[Path], target: Path) -> None:
    if len(parts) == 1:
        parts[0].replace(target)
        return
    files = ", ".join(map(literal, parts))
    with connection(target.parent) as database:
        joined = f"FROM read_parquet([{files}], union_by_name=true)"
        database.execute(f"COPY ({joined}) TO {literal(target)} (FORMAT parquet)")


duckdb_ = DuckDb()
