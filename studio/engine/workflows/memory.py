"""What workflows remember: variables and messages that outlive a step, a run or the program.

Every write says who made it (`by`: a run, its step and the row). Made again by the same, after a crash, it changes nothing and
gives what it gave: so a run that goes on counts nothing twice, and needs to ask nobody.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from studio.engine.errors import Unavailable
from studio.engine.text import Text
from studio.engine.workflows.values import plain

T = TypeVar("T")
Change = Callable[[Any], Any]

TABLES = """
CREATE TABLE IF NOT EXISTS variables (
    seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, by TEXT NOT NULL, value TEXT NOT NULL, at REAL NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS variables_by ON variables (owner, name, by);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, by TEXT NOT NULL, value TEXT NOT NULL, at REAL NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS messages_by ON messages (owner, name, by);
"""


class Memory:
    """One file of the studio. `owner` is whose it is: "run:…", "conversation:…", "workflow:…"."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def get(self, owner: str, name: str, default: Any = None) -> Any:
        """A variable's value, or `default` where it was never set."""

        def read(database: sqlite3.Connection) -> Any:
            found = _latest(database, owner, name)
            return default if found is None else json.loads(found)

        return await self._do(read)

    async def change(self, owner: str, name: str, by: str, change: Change, default: Any = None) -> Any:
        """Put what `change` makes of the value in its place, and give it. Nobody else writes meanwhile."""

        def write(database: sqlite3.Connection) -> Any:
            made = database.execute(
                "SELECT value FROM variables WHERE owner = ? AND name = ? AND by = ?", (owner, name, by)
            ).fetchone()
            if made is not None:
                return json.loads(made[0])
            before = _latest(database, owner, name)
            value = plain(change(default if before is None else json.loads(before)))
            _insert(database, "variables", owner, name, by, value)
            return value

        return await self._do(write)

    async def add(self, owner: str, name: str, by: str, items: list[Any], *, instead: bool = False) -> int:
        """Append, or put them in place of all that was there, and give how many there are now."""

        def write(database: sqlite3.Connection) -> int:
            again = database.execute(f"SELECT 1 {_OF} AND by = ?", (owner, name, f"{by}/0")).fetchone()
            if instead and not again:
                database.execute(f"DELETE {_OF}", (owner, name))
            for number, item in enumerate(items):
                _insert(database, "messages", owner, name, f"{by}/{number}", plain(item))
            return int(database.execute(f"SELECT count(*) {_OF}", (owner, name)).fetchone()[0])

        return await self._do(write)

    async def last(self, owner: str, name: str, limit: int) -> list[Any]:
        """The newest items, the oldest of them first."""

        def read(database: sqlite3.Connection) -> list[Any]:
            rows = database.execute(f"SELECT value {_OF} ORDER BY seq DESC LIMIT ?", (owner, name, limit)).fetchall()
            return [json.loads(value) for (value,) in reversed(rows)]

        return await self._do(read)

    async def take_over(self, source: str, target: str, steps: set[str]) -> None:
        """Give a run what those steps of another run wrote for it, in their order: it branched off after them."""

        def copy(database: sqlite3.Connection) -> None:
            for table in ("variables", "messages"):
                rows = database.execute(
                    f"SELECT name, by, value FROM {table} WHERE owner = ? ORDER BY seq", (f"run:{source}",)
                ).fetchall()
                for name, by, value in rows:
                    run, step, *rest = by.split("/")
                    if run == source and step in steps:
                        _insert(
                            database, table, f"run:{target}", name, "/".join([target, step, *rest]), json.loads(value)
                        )

        await self._do(copy)

    async def forget(self, workflow_ids: list[str]) -> None:
        """What workflows that are gone remembered, of themselves and of their conversations."""

        def erase(database: sqlite3.Connection) -> None:
            for table in ("variables", "messages"):
                for each in workflow_ids:
                    owners = f"workflow:{each}", f"conversation:{each}:"
                    database.execute(
                        f"DELETE FROM {table} WHERE owner = ? OR substr(owner, 1, ?) = ?",
                        (owners[0], len(owners[1]), owners[1]),
                    )

        await self._do(erase)

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._now, work)

    def _now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._open() as database:
                return work(database)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(
                Text(f"The memory of workflows cannot be used: {error}.", f"无法使用工作流的记忆：{error}。"),
                Text("Check the disk, then run again.", "请检查磁盘后重新运行。"),
            ) from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection whose work is one transaction: all of it is on disk when this ends, or none."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(TABLES)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        finally:
            database.close()


_OF = "FROM messages WHERE owner = ? AND name = ?"


def _latest(database: sqlite3.Connection, owner: str, name: str) -> str | None:
    found = database.execute(
        "SELECT value FROM variables WHERE owner = ? AND name = ? ORDER BY seq DESC LIMIT 1", (owner, name)
    ).fetchone()
    return None if found is None else str(found[0])


def _insert(database: sqlite3.Connection, table: str, owner: str, name: str, by: str, value: Any) -> None:
    """Nothing happens where the same was written by the same already."""
    said = json.dumps(value, ensure_ascii=False)
    database.execute(
        f"INSERT OR IGNORE INTO {table} (owner, name, by, value, at) VALUES (?, ?, ?, ?, ?)",
        (owner, name, by, said, time.time()),
    )
