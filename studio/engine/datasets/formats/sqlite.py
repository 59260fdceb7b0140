"""Files of SQLite; each table and view is a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studio.engine.datasets.cells import all_names, batches, named, schema_of, together, write_parquet
from studio.engine.datasets.format import FIRST_ROWS, Choice, Copied, chosen_table, not_empty
from studio.engine.datasets.reading import quoted
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.errors import StudioError, Unavailable
from studio.engine.text import Text

LOOK_EVERY = 100_000  # SQLite's steps between two looks whether the reading was stopped
TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class Sqlite(Copied):
    """SQLite lets every cell have a type of its own: a column's is the one that all its values fit, else text.

    Columns declared as DATE, DATETIME, TIMESTAMP or BOOLEAN are read as such where every value is one.
    """

    name = "sqlite"
    title = Text.same("SQLite")
    suffixes = (".sqlite", ".sqlite3", ".db", ".db3")
    several_tables = True
    weight = 2

    def beside(self, path: Path) -> list[Path]:
        """What was committed and is not in the file itself yet."""
        log = path.with_name(f"{path.name}-wal")
        return [log] if log.exists() else []

    def tables(self, path: Path) -> list[str]:
        with _opened(path, Watch()) as database:
            return _tables(database)

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        tables = [_Table(path, choice, watch) for path in paths]
        schema = schema_of(all_names(tables), together(tables, watch.part(0, 0.5)))
        count = sum(table.count() for table in tables)
        write_parquet(together(tables, Watch()), schema, target, count, watch.part(0.5, 1))
        return {}

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        import pyarrow

        table = _Table(paths[0], choice, Watch(), FIRST_ROWS)
        rows = list(table.rows())
        schema = schema_of(table.names, rows)
        return pyarrow.Table.from_batches(batches(rows, schema), schema), {}


class _Table:
    """One table of a file, or its first rows, with the types that were declared for its columns."""

    def __init__(self, path: Path, choice: Choice, watch: Watch, most: int = -1) -> None:
        self._path, self._watch, self._most = path, watch, most
        with _opened(path, watch) as database:
            self._table = chosen_table(path, _tables(database), choice.table)
            columns = database.execute(f"PRAGMA table_xinfo({quoted(self._table)})").fetchall()
            self._columns = [(each[1], (each[2] or "").upper()) for each in columns if each[6] != 1]
        self.names = named([name for name, _ in self._columns])
        self._typed: list[Any] = [None] * len(self.names)
        self._typed = self._fitting_types()

    def count(self) -> int:
        with _opened(self._path, self._watch) as database:
            return int(database.execute(f"SELECT count(*) FROM {quoted(self._table)}").fetchone()[0])

    def rows(self) -> Iterator[list[Any]]:
        chosen = ", ".join(quoted(name) for name, _ in self._columns)
        with _opened(self._path, self._watch) as database:
            for row in database.execute(f"SELECT {chosen} FROM {quoted(self._table)} LIMIT {self._most}"):
                yield [
                    read(value) if read and value is not None else value
                    for read, value in zip(self._typed, row, strict=True)
                ]

    def _fitting_types(self) -> list[Any]:
        """How declared dates, times and truths are read; None where a value is something else."""
        readers = [_reader(declared) for _, declared in self._columns]
        if not any(readers):
            return readers
        for row in self.rows():
            for place, (read, value) in enumerate(zip(readers, row, strict=True)):
                if read is not None and value is not None and not _reads(read, value):
                    readers[place] = None
        return readers


def _reader(declared: str) -> Any:
    if declared.startswith(("DATETIME", "TIMESTAMP")):
        return datetime.fromisoformat
    if declared == "DATE":
        return date.fromisoformat
    return _truth if declared.startswith("BOOL") else None


def _truth(value: Any) -> bool:
    if value in (0, 1) and isinstance(value, int):
        return bool(value)
    raise ValueError(value)


def _reads(read: Any, value: Any) -> bool:
    try:
        found = read(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(found, datetime) or found.tzinfo is None


def _tables(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute(TABLES)]


@contextmanager
def _opened(path: Path, watch: Watch) -> Iterator[sqlite3.Connection]:
    """The file, for reading only. Without a log beside it nothing is locked, and nothing is written beside it either."""
    not_empty([path], "SQLite")
    still = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=ro{still}", uri=True, timeout=5, check_same_thread=False)
        ) as database:
            database.text_factory = lambda text: text.decode(errors="replace")
            database.execute("PRAGMA trusted_schema=OFF")
            database.set_progress_handler(lambda: int(watch.stopped), LOOK_EVERY)
            yield database
    except sqlite3.Error as error:
        watch.step(0)  # raises when it was stopped
        raise _explained(path, error) from error


def _explained(path: Path, error: sqlite3.Error) -> StudioError:
    if "locked" in str(error):
        return Unavailable(
            Text(f"“{path.name}” is locked by another program.", f"“{path.name}”正被其他程序锁定。"),
            Text("Try again when that is done.", "请在其完成后重试。"),
        )
    return cannot_read(path, "SQLite", str(error))


sqlite = Sqlite()
