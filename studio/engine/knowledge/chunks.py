"""The truth about what can be found: pages, chunks, sentences and the keyword index, in one SQLite file.

A document is found only once it is `ready`, which is set when its vectors are on disk too; what a kill left half done is
taken out by `remove` and done again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from studio.engine.errors import NotFound, Unavailable
from studio.engine.knowledge.document import Chunk
from studio.engine.knowledge.reader import Page
from studio.engine.knowledge.split import Piece
from studio.engine.knowledge.words import for_keyword_index, keyword_query
from studio.engine.text import Text

T = TypeVar("T")
SCHEMA = """
create table if not exists documents (id text primary key, collection_id text not null, ready integer not null default 0);
create table if not exists pages (
    document_id text not null, place integer not null, number integer, text text not null, headings text not null,
    primary key (document_id, place)) without rowid;
create table if not exists chunks (
    number integer primary key, id text not null unique, document_id text not null, collection_id text not null,
    position integer not null, place integer not null, page integer, row integer,
    start integer not null, end integer not null, heading text not null, text text not null, sentences text not null);
create index if not exists chunks_by_document on chunks (document_id, position);
create virtual table if not exists words using fts5 (tokens, tokenize = 'porter unicode61');
"""
CHUNK = "chunks.id, document_id, chunks.collection_id, position, page, row, start, end, heading, text"
READY = "join documents on documents.id = chunks.document_id and documents.ready = 1"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a chunk that has a vector of its own, named `id`: one sentence, or the whole. The span is in the page's text."""

    id: str
    start: int
    end: int
    text: str
    whole: bool = False


class ChunkStore:
    """Blocking SQLite behind async methods; opened at the first use. Writes are on disk when they return."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    async def add(
        self, document_id: str, collection_id: str, pages: Sequence[Page], pieces: Sequence[Piece]
    ) -> list[str]:
        """Keep a document's pages and chunks, not yet to be found. Returns the chunks' ids in order."""
        return await self._write(lambda connection: _add(connection, document_id, collection_id, pages, pieces))

    async def set_ready(self, document_id: str, ready: bool) -> None:
        """From now on the document is found, or is not."""
        await self._write(
            lambda connection: connection.execute("update documents set ready = ? where id = ?", (ready, document_id))
        )

    async def remove(self, document_id: str) -> None:
        """Forget a document: pages, chunks and words. No error when it is not there."""
        await self._write(lambda connection: _remove(connection, document_id))

    async def windows(self, chunk_ids: Sequence[str]) -> dict[str, list[Window]]:
        """The sentences of chunks by chunk id, and the whole of each chunk that has more than one."""
        return await self._read(lambda connection: _windows(connection, "chunks.id", chunk_ids))

    async def windows_of(self, document_id: str) -> dict[str, list[Window]]:
        """The windows of a document by chunk id, in order, whether it is ready or not."""
        return await self._read(lambda connection: _windows(connection, "document_id", [document_id]))

    async def chunks_of(self, document_id: str) -> list[Chunk]:
        query = f"select {CHUNK} from chunks where document_id = ? order by position"
        return await self._read(lambda connection: _chunks(connection.execute(query, (document_id,))))

    async def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """Those of these chunks that can be found, by id."""
        return await self._read(
            lambda connection: {
                chunk.id: chunk
                for part in _parts(chunk_ids)
                for chunk in _chunks(
                    connection.execute(f"select {CHUNK} from chunks {READY} where chunks.id in ({_marks(part)})", part)
                )
            }
        )

    async def page(self, document_id: str, page: int | None) -> Page:
        """A page by its number (any where the format has no pages); `NotFound` when there is none."""
        return await self._read(lambda connection: _page(connection, document_id, page))

    async def keyword_search(self, query: str, collections: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Chunk ids with their BM25 weight (higher is better), best first."""
        expression = keyword_query(query)
        if not expression or not collections:
            return []
        return await self._read(lambda connection: _keyword_search(connection, expression, collections, limit))

    async def count(self, collections: Sequence[str] | None = None) -> int:
        """How many chunks can be found."""
        where = f"where chunks.collection_id in ({_marks(collections)})" if collections is not None else ""
        statement = f"select count(*) from chunks {READY} {where}"
        return await self._read(
            lambda connection: int(connection.execute(statement, list(collections or [])).fetchone()[0])
        )

    async def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._run, work)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.shield(asyncio.ensure_future(asyncio.to_thread(self._run, work)))

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                connection = self._opened()
                with connection:
                    return work(connection)
            except sqlite3.DatabaseError as error:
                raise _broken(self._file, error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self._file, timeout=30, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(SCHEMA)
            self._connection = connection
        return self._connection


def _add(
    connection: sqlite3.Connection, document_id: str, collection_id: str, pages: Sequence[Page], pieces: Sequence[Piece]
) -> list[str]:
    _remove(connection, document_id)
    connection.execute("insert into documents values (?, ?, 0)", (document_id, collection_id))
    connection.executemany(
        "insert into pages values (?, ?, ?, ?, ?)",
        [
            (document_id, place, page.number, page.text, json.dumps(page.as_dict()["headings"], ensure_ascii=False))
            for place, page in enumerate(pages)
        ],
    )
    ids = []
    for position, piece in enumerate(pieces):
        ids.append(f"{document_id}-{position}")
        cursor = connection.execute(
            "insert into chunks (id, document_id, collection_id, position, place, page, row, start, end, heading, text,"
            " sentences) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                ids[-1],
                document_id,
                collection_id,
                position,
                piece.page_index,
                piece.page,
                None,
                piece.start,
                piece.end,
                piece.heading,
                piece.text,
                json.dumps(piece.sentences),
            ),
        )
        words = for_keyword_index(f"{piece.heading}\n{piece.text}")
        connection.execute("insert into words (rowid, tokens) values (?, ?)", (cursor.lastrowid, words))
    return ids


def _remove(connection: sqlite3.Connection, document_id: str) -> None:
    numbers = "select number from chunks where document_id = ?"
    connection.execute(f"delete from words where rowid in ({numbers})", (document_id,))
    for table, column in (("chunks", "document_id"), ("pages", "document_id"), ("documents", "id")):
        connection.execute(f"delete from {table} where {column} = ?", (document_id,))


def _windows(connection: sqlite3.Connection, column: str, values: Sequence[str]) -> dict[str, list[Window]]:
    found: dict[str, list[Window]] = {}
    for part in _parts(values):
        query = f"select id, start, text, sentences from chunks where {column} in ({_marks(part)}) order by position"
        for id, begin, text, spans in connection.execute(query, part):
            found[id] = _windows_of(id, begin, text, json.loads(spans))
    return found


def _windows_of(id: str, begin: int, text: str, spans: list[tuple[int, int]]) -> list[Window]:
    sentences = [
        Window(f"{id}#{number}", start, end, text[start - begin : end - begin])
        for number, (start, end) in enumerate(spans)
    ]
    whole = Window(f"{id}#whole", begin, begin + len(text), text, True)
    return [*sentences, whole] if len(sentences) > 1 else sentences


def _keyword_search(
    connection: sqlite3.Connection, expression: str, collections: Sequence[str], limit: int
) -> list[tuple[str, float]]:
    query = (
        f"select chunks.id, -bm25(words) from words join chunks on chunks.number = words.rowid {READY}"
        f" where words match ? and chunks.collection_id in ({_marks(collections)}) order by bm25(words), chunks.number limit ?"
    )
    return connection.execute(query, (expression, *collections, limit)).fetchall()


def _page(connection: sqlite3.Connection, document_id: str, page: int | None) -> Page:
    query = "select number, text, headings from pages where document_id = ? and (number is null or number = ?) order by place"
    row = connection.execute(query, (document_id, 1 if page is None else page)).fetchone()
    if row is None:
        raise NotFound(Text(f"Document {document_id} has no page {page}.", f"文档 {document_id} 没有第 {page} 页。"))
    return Page.from_dict({"number": row[0], "text": row[1], "headings": json.loads(row[2])})


def _chunks(rows: Iterable[Any]) -> list[Chunk]:
    names = ("id", "document_id", "collection_id", "position", "page", "row", "start", "end", "heading", "text")
    return [Chunk(**dict(zip(names, row, strict=True))) for row in rows]


def _parts(values: Sequence[str], size: int = 500) -> Iterable[list[str]]:
    return (list(values[start : start + size]) for start in range(0, len(values), size))


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _broken(file: Path, error: sqlite3.DatabaseError) -> Unavailable:
    return Unavailable(
        Text(f"The index {file.name} cannot be used: {error}.", f"索引文件 {file.name} 无法使用：{error}。"),
        Text(
            f"Free some space, or move {file} away and index the documents again.",
            f"请腾出磁盘空间，或移走 {file} 后重新建立索引。",
        ),
    )
