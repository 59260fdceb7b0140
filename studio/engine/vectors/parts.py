"""Which part of a space an id lies in. An index that must be in memory to grow is kept in parts of a bounded size."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from studio.engine.errors import Unavailable
from studio.engine.text import Text

SCHEMA = """
create table if not exists ids (space text not null, id text not null, part integer not null, primary key (space, id))
    without rowid;
"""
ASKED = 500  # ids in one statement


class Parts:
    """A small SQLite file beside the index. Blocking; several threads may ask. What is written is on disk when it returns.

    An id keeps its part for as long as it is there; new ones go into the last part until that holds `size`.
    """

    def __init__(self, file: Path, size: int) -> None:
        self._file, self._size = file, size
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._rows: dict[str, Counter[int]] = {}  # by space: how many ids each part holds

    def open(self, known: Iterable[tuple[str, int, Sequence[str]]]) -> None:
        """Open the file; where it is not there yet, it is made of what is known: space, part, ids."""
        with self._lock:
            if self._connection is not None:
                return
            with self._said(), ExitStack() as undone:
                connection = sqlite3.connect(self._file, timeout=30, check_same_thread=False)
                undone.callback(connection.close)
                for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                    connection.execute(f"PRAGMA {pragma}")
                if not connection.execute("select 1 from sqlite_master where name = 'ids'").fetchone():
                    rows = [(space, id, part) for space, part, ids in known for id in ids]
                    with connection:
                        connection.execute("begin")
                        connection.execute(SCHEMA)
                        connection.executemany("insert or ignore into ids values (?, ?, ?)", rows)
                undone.pop_all()
                self._connection = connection

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._rows.clear()

    def all(self, space: str) -> list[int]:
        """The parts of a space that hold anything, in their order."""
        with self._lock:
            return sorted(part for part, rows in self._counted(space).items() if rows)

    def of(self, space: str, ids: Sequence[str]) -> dict[int, list[str]]:
        """Those of these ids that are there, by part."""
        with self._lock:
            return self._of(space, ids)

    def place(self, space: str, ids: Sequence[str]) -> tuple[dict[int, list[str]], list[str]]:
        """A part for each of these ids, the one where it lies or the last; and which were not there. Many at once may overfill a part."""
        with self._lock:
            placed = self._of(space, ids)
            there = {id for known in placed.values() for id in known}
            if fresh := [id for id in dict.fromkeys(ids) if id not in there]:
                counts = self._counted(space)
                last = max(counts, default=1)
                part = last + 1 if counts[last] >= self._size else last
                self._write("insert into ids values (?, ?, ?)", [(space, id, part) for id in fresh])
                counts[part] += len(fresh)
                placed.setdefault(part, []).extend(fresh)
            return placed, fresh

    def is_full(self, space: str, part: int) -> bool:
        with self._lock:
            return self._counted(space)[part] >= self._size

    def forget(self, space: str, ids: Sequence[str]) -> None:
        """These ids are not there any more."""
        with self._lock:
            counts = self._counted(space)
            for part, gone in self._of(space, ids).items():
                counts[part] -= len(gone)
            self._write("delete from ids where space = ? and id = ?", [(space, id) for id in ids])

    def drop(self, space: str) -> None:
        with self._lock:
            self._write("delete from ids where space = ?", [(space,)])
            self._rows.pop(space, None)

    def _of(self, space: str, ids: Sequence[str]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for start in range(0, len(ids), ASKED):
            asked = list(ids[start : start + ASKED])
            marks = ", ".join("?" * len(asked))
            query = f"select part, id from ids where space = ? and id in ({marks})"
            for part, id in self._read(query, [space, *asked]):
                found.setdefault(part, []).append(id)
        return found

    def _counted(self, space: str) -> Counter[int]:
        if space not in self._rows:
            query = "select part, count(*) from ids where space = ? group by part"
            self._rows[space] = Counter(dict(self._read(query, [space])))
        return self._rows[space]

    def _read(self, query: str, given: list[str]) -> list[tuple[Any, Any]]:
        with self._said():
            return self._open().execute(query, given).fetchall()

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        with self._said(), self._open() as connection:
            connection.executemany(statement, rows)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What SQLite cannot do, in words."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _broken(self._file, error) from error

    def _open(self) -> sqlite3.Connection:
        assert self._connection is not None, "open() comes first"
        return self._connection


def _broken(file: Path, error: sqlite3.DatabaseError) -> Unavailable:
    return Unavailable(
        Text(f"{file.name} of the vector store cannot be used: {error}.", f"向量库的 {file.name} 无法使用：{error}。"),
        Text(
            f"Free some space, or move {file} away: it is made again.",
            f"请腾出磁盘空间，或移走 {file}：程序会重新生成。",
        ),
    )
