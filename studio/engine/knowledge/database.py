"""The one SQLite file behind collections: a connection that writes, one that reads beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from studio.engine.errors import Unavailable
from studio.engine.text import Text

T = TypeVar("T")
VERSION = 2  # of the tables below; a file of another version is an index to be made again
TABLES = ("documents", "pages", "page_lines", "chunks", "words", "pending", "decisions")
SCHEMA = """
create table if not exists documents (
    id text primary key, collection_id text not null, ready integer not null default 0,
    version text not null default '', digest text not null default '', next text not null default '');
create table if not exists pages (
    document_id text not null, version text not null, place integer not null, number integer, text text not null,
    primary key (document_id, version, place)) without rowid;
create table if not exists page_lines (
    document_id text not null, version text not null, place integer not null, lines text not null,
    primary key (document_id, version, place)) without rowid;
create table if not exists chunks (
    number integer primary key, id text not null, document_id text not null, version text not null,
    collection_id text not null, position integer not null, place integer not null, page integer, row integer,
    start integer not null, end integer not null, heading text not null, text text not null, original text,
    excluded integer not null default 0, fields text, sentences text not null, vector blob not null, parts blob not null);
create unique index if not exists chunks_by_id on chunks (id, version);
create index if not exists chunks_by_document on chunks (document_id, version, position);
create table if not exists pending (id text not null, document_id text not null, collection_id text not null);
create table if not exists decisions (
    document_id text not null, key text not null, excluded integer not null default 0, text text,
    primary key (document_id, key)) without rowid;
"""


class Database:
    """Blocking SQLite behind async methods; opened at the first use. Writes are on disk when they return."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        self._reading = threading.Lock()

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._read, work)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction. It ends as it began to, whoever stops waiting for it."""
        return await asyncio.shield(asyncio.ensure_future(asyncio.to_thread(self._write, work)))

    async def close(self) -> None:
        with self._writing, self._reading:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._writing:
            try:
                connection = self._opened()
                with connection:
                    return _closed(work(connection))
            except sqlite3.DatabaseError as error:
                raise _broken(self._file, error) from error

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._reader is None:
            with self._writing:
                try:
                    self._opened()
                except sqlite3.DatabaseError as error:
                    raise _broken(self._file, error) from error
        with self._reading:
            try:
                if self._reader is None:
                    self._reader = _connect(self._file)
                    for pragma in (
                        "mmap_size=1073741824",
                        "query_only=1",
                    ):  # mapped for reading only: merging words would map it all
                        self._reader.execute(f"PRAGMA {pragma}")
                return _closed(work(self._reader))
            except sqlite3.DatabaseError as error:
                raise _broken(self._file, error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._writer is None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = _connect(self._file)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            _drop_other_version(connection)
            connection.executescript(SCHEMA)
            connection.execute(f"PRAGMA user_version={VERSION}")
            self._writer = connection
        return self._writer


def _closed(result: T) -> T:
    """A cursor ends here, under the lock: one that ends later on another thread would meet the connection at work."""
    if isinstance(result, sqlite3.Cursor):
        result.close()
    return result


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA cache_size=-32000")
    return connection


def _drop_other_version(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for table in TABLES:
            connection.execute(f"drop table if exists {table}")


def _broken(file: Path, error: sqlite3.DatabaseError) -> Unavailable:
    return Unavailable(
        Text(f"The index {file.name} cannot be used: {error}.", f"索引文件 {file.name} 无法使用：{error}。"),
        Text(
            f"Free some space, or move {file} away and index the documents again.",
            f"请腾出磁盘空间，或移走 {file} 后重新建立索引。",
        ),
    )
