"""The journal's file: one SQLite database in WAL mode. Everything here blocks; the journal's threads call it."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from studio.engine.errors import StudioError, Unavailable, from_unexpected, says_full
from studio.engine.text import Text
from studio.engine.workflows.run_event import Row, RunEvent

PAGE = 1_000_000  # bytes of events that are read at once
BLOCKS = (128, 16, 4, 1)  # rows of one statement: the thread gives the interpreter up once for each

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  execution TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (execution, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, outputs TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""


class JournalFile:
    """Where it lies, and how it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def last(self, connection: sqlite3.Connection, execution: str) -> int:
        """The number of the last event that an execution has there."""
        found = connection.execute("SELECT max(seq) FROM events WHERE execution = ?", (execution,)).fetchone()
        return int(found[0] or 0)

    def last_moment(self, connection: sqlite3.Connection, execution: str) -> float:
        """When the last event came that an execution has there; 0 without any."""
        query = "SELECT at FROM events WHERE execution = ? ORDER BY seq DESC LIMIT 1"
        found = connection.execute(query, (execution,)).fetchone()
        return float(found[0]) if found else 0.0

    def page(self, execution: str, after: int, kinds: tuple[str, ...]) -> list[RunEvent]:
        """The next of an execution's events, some megabyte of them."""
        wanted = f" AND kind IN ({','.join('?' * len(kinds))})" if kinds else ""
        query = f"SELECT seq, at, kind, step, data FROM events WHERE execution = ? AND seq > ?{wanted} ORDER BY seq"
        page, size = [], 0
        with closing(self.connect()) as connection:
            for seq, at, kind, step, data in connection.execute(query, (execution, after, *kinds)):
                page.append(RunEvent(seq, at, kind, step, json.loads(data)))
                size += len(data) + 100
                if size > PAGE:
                    break
        return page

    def ends_of_steps(self, limit: int) -> list[Row]:
        query = (
            "SELECT execution, seq, at, kind, step, data FROM events "
            "WHERE kind IN ('finished', 'failed', 'skipped') ORDER BY at DESC LIMIT ?"
        )
        with closing(self.connect()) as connection:
            rows = connection.execute(query, (limit,)).fetchall()
        return [(run, RunEvent(seq, at, kind, step, json.loads(data))) for run, seq, at, kind, step, data in rows]

    def tokens(self, executions: list[str]) -> dict[str, int]:
        query = "SELECT data FROM events WHERE execution = ? ORDER BY seq DESC LIMIT 1"
        connection = self.connect()
        try:
            last = {name: connection.execute(query, (name,)).fetchone() for name in executions}
        finally:
            connection.close()
        return {name: int(json.loads(found[0]).get("tokens") or 0) for name, found in last.items() if found}

    def make(self) -> None:
        """Make it where it is not there yet. `Unavailable` for one that cannot be read."""
        try:
            with closing(self.connect()) as connection:
                connection.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise _unusable(self._path, error) from error
        self._path.chmod(0o600)


def insert(connection: sqlite3.Connection, items: list[Any]) -> None:
    """Events and answers of the cache, in one transaction."""
    now = time.time()
    answers = [(item[1], as_json(item[2]), now) for item in items if len(item) == 3]
    with connection:
        _insert_events(connection, [_as_row(*item) for item in events_of(items)])
        connection.executemany("INSERT OR REPLACE INTO cache VALUES (?,?,?)", answers)


def events_of(items: list[Any]) -> list[Row]:
    """What is no answer of the cache."""
    return [item for item in items if len(item) == 2]


def _insert_events(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    """Write rows in blocks: between two statements the thread would wait for the interpreter, up to 5 ms each time."""
    start = 0
    for size in BLOCKS:
        statement = f"INSERT OR REPLACE INTO events VALUES {','.join(['(?,?,?,?,?,?)'] * size)}"
        while len(rows) - start >= size:
            connection.execute(statement, [value for row in rows[start : start + size] for value in row])
            start += size


def _unusable(file: Path, error: sqlite3.DatabaseError) -> StudioError:
    if says_full(error):
        return from_unexpected(error)
    return Unavailable(
        Text(f"The history of runs {file} is damaged.", f"运行记录 {file} 已损坏。"),
        Text(
            "Move that file away to start with an empty history; workflows, data and threads stay.",
            "请移走该文件，从空的运行记录开始；工作流、数据和对话都会保留。",
        ),
        details=str(error),
    )


def as_json(data: Any) -> str:
    """Compact JSON. pydantic's encoder is ten times as fast; what it refuses (half a character) the standard one takes."""
    try:
        return to_json(data, inf_nan_mode="null").decode()
    except (PydanticSerializationError, UnicodeError):
        return json.dumps(data, separators=(",", ":"), default=str)


def _as_row(execution: str, event: RunEvent) -> tuple[Any, ...]:
    return (execution, event.seq, event.at, event.kind, event.step, as_json(event.data))
