"""The truth about what can be found: pages, chunks, sentences, their small vectors and the keyword index.

A document has at most one version that is found, and one in the making beside it. A chunk is written only when its vector is
on disk; the version in the making takes the place of the other in one step. So a kill at any moment leaves either, whole.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from studio.engine.errors import NotFound
from studio.engine.knowledge import page_lines
from studio.engine.knowledge.database import Database
from studio.engine.knowledge.document import Chunk
from studio.engine.knowledge.reader import Page
from studio.engine.knowledge.split import Piece
from studio.engine.knowledge.words import for_keyword_index
from studio.engine.text import Text

T = TypeVar("T")
CHUNK = (
    "chunks.id, chunks.document_id, chunks.collection_id, position, page, row, start, end, heading, text, original,"
    " excluded, fields, documents.digest"
)
NAMES = [
    "id", "document_id", "collection_id", "position", "page", "row", "start", "end", "heading", "text", "original", "excluded",
    "fields", "digest",
]  # fmt: skip
LISTED = [
    "id", "document_id", "collection_id", "position", "page", "row", "heading", "text", "excluded", "edited", "fields",
]  # fmt: skip
FOUND = (
    "join documents on documents.id = chunks.document_id and documents.ready = 1 and documents.version = chunks.version"
)
COLUMNS = (
    "id, document_id, version, collection_id, position, place, page, row, start, end, heading, text, original, excluded,"
    " fields, sentences, vector, parts"
)
UNNEEDED = (  # of chunks and pages: no version of their document has them
    "version not in (select version from documents where id = document_id"
    " union select next from documents where id = document_id)"
)
KEPT = "text, original, excluded, sentences, vector, parts"  # what an unchanged chunk takes into the next version


@dataclass(frozen=True, slots=True)
class Made:
    """A chunk that is ready to be kept: its piece, its id, and its vectors, or those of the same chunk of another version."""

    id: str
    position: int
    piece: Piece
    text: str = ""
    excluded: bool = False
    vector: bytes = b""
    parts: bytes = b""
    like: int | None = None  # number of the row whose words and vectors are taken


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a chunk: to leave it out, or to give it other words."""

    excluded: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Which of some chunk ids are there: in the version in the making, or in another with the row's number."""

    done: set[str] = field(default_factory=set)
    like: dict[str, int] = field(default_factory=dict)


class ChunkStore:
    """Reads and writes the chunks of all collections."""

    def __init__(self, file: Path) -> None:
        self.database = Database(file)

    async def begin(self, document_id: str, collection_id: str, version: str) -> None:
        """A version is in the making from now on; what there is of it already is kept."""
        await self.database.write(
            lambda connection: connection.execute(
                "insert into documents (id, collection_id, next) values (?, ?, ?)"
                " on conflict (id) do update set next = excluded.next",
                (document_id, collection_id, version),
            )
        )

    async def known(self, document_id: str, version: str, ids: Sequence[str]) -> Known:
        """Which of these chunks need no embedding."""
        return await self.database.read(lambda connection: _known(connection, version, ids))

    async def expect(self, document_id: str, collection_id: str, ids: Sequence[str]) -> None:
        """Vectors of these are about to be written: until their chunks are kept, a start after a kill takes them out."""
        rows = [(id, document_id, collection_id) for id in ids]
        await self.database.write(
            lambda connection: connection.executemany("insert into pending values (?, ?, ?)", rows)
        )

    async def keep(
        self,
        document_id: str,
        collection_id: str,
        version: str,
        pages: Sequence[tuple[int, Page]],
        made: Sequence[Made],
    ) -> None:
        """Keep pages with their places and chunks of the version in the making."""
        await self.database.write(
            lambda connection: _keep(connection, document_id, collection_id, version, pages, made)
        )

    async def finish(self, document_id: str, digest: str) -> None:
        """The version in the making is found from now on, and the other is not."""
        await self.database.write(
            lambda connection: connection.execute(
                "update documents set ready = 1, version = next, digest = ?, next = '' where id = ?",
                (digest, document_id),
            )
        )

    async def hide(self, document_id: str) -> None:
        """From now on nothing of the document is found."""
        await self.database.write(
            lambda connection: connection.execute("update documents set ready = 0 where id = ?", (document_id,))
        )

    async def stale_ids(self, document_id: str, everything: bool = False, limit: int = 2000) -> list[str]:
        """Ids of chunks that no version needs any more (all, of a document that goes), at most `limit`, with repetitions."""
        return await self.database.read(lambda connection: _stale(connection, document_id, everything, limit))

    async def shared(self, ids: Sequence[str]) -> set[str]:
        """Those of these chunks that the version which is found, or the one in the making, holds too."""
        return await self.database.read(lambda connection: _shared(connection, ids))

    async def drop_stale(self, document_id: str, ids: Sequence[str], everything: bool = False) -> None:
        """Forget rows that no version needs; their vectors are gone already."""
        await self.database.write(lambda connection: _drop_stale(connection, document_id, ids, everything))

    async def forget(self, document_id: str) -> None:
        """The last step of taking a document out. No error when it is not there."""
        await self.database.write(lambda connection: _forget(connection, document_id))

    async def drop_words(self, collection_id: str) -> None:
        """Forget the keyword index of a collection without documents."""
        await self.database.write(
            lambda connection: connection.execute(f"drop table if exists {words_table(collection_id)}")
        )

    async def documents(self) -> dict[str, str]:
        """The collection of each document that there is anything of."""
        query = "select id, collection_id from documents"
        return await self.database.read(lambda connection: dict(connection.execute(query).fetchall()))

    async def littered(self) -> list[tuple[str, str]]:
        """Document and collection ids of documents of which a kill left rows that no version needs."""
        query = (
            "select distinct documents.id, documents.collection_id from chunks join documents on"
            " documents.id = chunks.document_id where chunks.version not in (documents.version, documents.next)"
        )
        return await self.database.read(lambda connection: connection.execute(query).fetchall())

    async def pending(self) -> list[tuple[str, str]]:
        """Chunk and collection ids of vectors that may have been written without their chunks."""
        query = "select distinct id, collection_id from pending"
        return await self.database.read(lambda connection: connection.execute(query).fetchall())

    async def clear_pending(self, ids: Sequence[str]) -> None:
        await self.database.write(
            lambda connection: connection.executemany("delete from pending where id = ?", [(id,) for id in ids])
        )

    # What people decide

    async def decisions(self, document_id: str) -> dict[str, Decision]:
        query = "select key, excluded, text from decisions where document_id = ?"
        return await self.database.read(
            lambda connection: {
                key: Decision(bool(excluded), text) for key, excluded, text in connection.execute(query, (document_id,))
            }
        )

    async def decide(self, document_id: str, decisions: dict[str, Decision]) -> None:
        """What holds for chunks of this document in every version that has the same words."""
        rows = [(document_id, key, one.excluded, one.text) for key, one in decisions.items()]
        await self.database.write(
            lambda connection: connection.executemany("insert or replace into decisions values (?, ?, ?, ?)", rows)
        )

    async def exclude(self, chunk_id: str, excluded: bool) -> None:
        await self.database.write(lambda connection: _exclude(connection, chunk_id, excluded))

    async def reword(self, chunk_id: str, text: str, vector: bytes, parts: bytes, spans: list[tuple[int, int]]) -> None:
        """Give a chunk other words; it stands where it stood."""
        await self.database.write(lambda connection: _reword(connection, chunk_id, text, vector, parts, spans))

    # Reading

    async def chunks_of(self, document_id: str, start: int = 0, limit: int = -1) -> list[Chunk]:
        """Of the version that is found, in their order, those left out too."""
        query = f"select {CHUNK} from chunks {FOUND} where chunks.document_id = ? order by position limit ? offset ?"
        return await self.database.read(
            lambda connection: [chunk_of(row) for row in connection.execute(query, (document_id, limit, start))]
        )

    async def table(self, limit: int) -> Any:
        """Those of all documents as an Arrow table with the columns `LISTED`, the newest first; `fields` are JSON."""
        return await self.database.read(lambda connection: _table(connection, limit))

    async def chunk(self, chunk_id: str) -> Chunk:
        """One that is in a version that is found, left out or not. Raises `NotFound`."""
        query = f"select {CHUNK} from chunks {FOUND} where chunks.id = ?"
        row = await self.database.read(lambda connection: connection.execute(query, (chunk_id,)).fetchone())
        if row is None:
            raise NotFound(Text(f"There is no chunk {chunk_id}.", f"没有片段 {chunk_id}。"))
        return chunk_of(row)

    async def page(self, document_id: str, page: int | None) -> Page:
        """A page by its number (any where the format has no pages); `NotFound` when there is none."""
        return await self.database.read(lambda connection: _page(connection, document_id, page))

    async def count(self, collections: Sequence[str] | None = None) -> int:
        """How many chunks can be found."""
        where = f"and chunks.collection_id in ({marks(collections)})" if collections is not None else ""
        statement = f"select count(*) from chunks {FOUND} where excluded = 0 {where}"
        return await self.database.read(
            lambda connection: int(connection.execute(statement, list(collections or [])).fetchone()[0])
        )

    async def close(self) -> None:
        await self.database.close()


def words_table(collection_id: str) -> str:
    """The name of a collection's keyword index, quoted: one for each, so that how rare a word is counts within it."""
    return '"words-' + "".join(letter for letter in collection_id if letter.isalnum() or letter in "-_") + '"'


def make_words(connection: sqlite3.Connection, collection_id: str) -> str:
    """The keyword index of a collection, made where it is not there."""
    table = words_table(collection_id)
    connection.execute(f"create virtual table if not exists {table} using fts5 (tokens, tokenize = 'porter unicode61')")
    return table


def chunk_of(row: Sequence[Any]) -> Chunk:
    values = dict(zip(NAMES, row, strict=True))
    return Chunk(**{**values, "fields": json.loads(values["fields"]) if values["fields"] else None})


def parts_of(values: Sequence[T], size: int = 500) -> Iterable[list[T]]:
    return (list(values[start : start + size]) for start in range(0, len(values), size))


def marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _known(connection: sqlite3.Connection, version: str, ids: Sequence[str]) -> Known:
    known = Known()
    for part in parts_of(ids):
        query = f"select id, version, number from chunks where id in ({marks(part)})"
        for id, of, number in connection.execute(query, part):
            if of == version:
                known.done.add(id)
            else:
                known.like[id] = number
    return known


def _keep(
    connection: sqlite3.Connection, document_id: str, collection_id: str, version: str,
    pages: Sequence[tuple[int, Page]], made: Sequence[Made],
) -> None:  # fmt: skip
    words = make_words(connection, collection_id)
    connection.executemany(
        "insert or replace into pages values (?, ?, ?, ?, ?)",
        [(document_id, version, place, page.number, page.text) for place, page in pages],
    )
    page_lines.keep(connection, document_id, version, pages)
    for one in made:
        piece = one.piece
        kept = _kept(connection, one)
        cursor = connection.execute(
            f"insert or ignore into chunks ({COLUMNS}) values ({marks(COLUMNS.split(','))})",
            (one.id, document_id, version, collection_id, one.position, piece.page_index, piece.page, piece.row,
             piece.start, piece.end, piece.heading, kept[0], kept[1], kept[2],
             json.dumps(piece.fields, ensure_ascii=False) if piece.fields is not None else None, *kept[3:]),
        )  # fmt: skip
        if cursor.rowcount:
            tokens = for_keyword_index(f"{piece.heading}\n{kept[0]}")
            connection.execute(f"insert into {words} (rowid, tokens) values (?, ?)", (cursor.lastrowid, tokens))
    connection.executemany("delete from pending where id = ?", [(one.id,) for one in made])


def _kept(connection: sqlite3.Connection, made: Made) -> tuple[Any, ...]:
    """Words and vectors of a chunk: `text, original, excluded, sentences, vector, parts`. Spans of sentences count in the chunk."""
    if made.like is not None:
        row = connection.execute(f"select {KEPT} from chunks where number = ?", (made.like,)).fetchone()
        return tuple(row)
    piece = made.piece
    spans = [(start - piece.start, end - piece.start) for start, end in piece.sentences]
    if made.text and made.text != piece.text:
        spans = [(0, len(made.text))]
        return made.text, piece.text, made.excluded, json.dumps(spans), made.vector, made.parts
    return piece.text, None, made.excluded, json.dumps(spans), made.vector, made.parts


def _stale(connection: sqlite3.Connection, document_id: str, everything: bool, limit: int) -> list[str]:
    query = "select id from chunks where document_id = ?" + ("" if everything else f" and {UNNEEDED}")
    return [row[0] for row in connection.execute(f"{query} limit ?", (document_id, limit))]


def _shared(connection: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in parts_of(ids):
        query = (
            "select chunks.id from chunks join documents on documents.id = chunks.document_id and"
            f" chunks.version in (documents.version, documents.next) where chunks.id in ({marks(part)})"
        )
        found |= {row[0] for row in connection.execute(query, part)}
    return found


def _drop_stale(connection: sqlite3.Connection, document_id: str, ids: Sequence[str], everything: bool) -> None:
    only = "" if everything else f"and {UNNEEDED}"
    for part in parts_of(ids):
        query = f"select number, collection_id from chunks where id in ({marks(part)}) {only}"
        numbers = connection.execute(query, part).fetchall()
        for number, collection_id in numbers:
            connection.execute(f"delete from {make_words(connection, collection_id)} where rowid = ?", (number,))
        connection.executemany("delete from chunks where number = ?", [(number,) for number, _ in numbers])
    for table in ("pages", "page_lines"):
        connection.execute(f"delete from {table} where document_id = ? and {UNNEEDED}", (document_id,))


def _forget(connection: sqlite3.Connection, document_id: str) -> None:
    for table in ("pages", "page_lines", "pending"):
        connection.execute(f"delete from {table} where document_id = ?", (document_id,))
    connection.execute("delete from documents where id = ?", (document_id,))


def _exclude(connection: sqlite3.Connection, chunk_id: str, excluded: bool) -> None:
    connection.execute("update chunks set excluded = ? where id = ?", (excluded, chunk_id))


def _reword(
    connection: sqlite3.Connection, chunk_id: str, text: str, vector: bytes, parts: bytes, spans: list[tuple[int, int]]
) -> None:
    query = "select number, collection_id, heading, text, original from chunks where id = ?"
    for number, collection_id, heading, before, original in connection.execute(query, (chunk_id,)).fetchall():
        first = before if original is None else original
        connection.execute(
            "update chunks set text = ?, original = ?, vector = ?, parts = ?, sentences = ? where number = ?",
            (text, None if text == first else first, vector, parts, json.dumps(spans), number),
        )
        words = make_words(connection, collection_id)
        tokens = for_keyword_index(f"{heading}\n{text}")
        connection.execute(f"update {words} set tokens = ? where rowid = ?", (tokens, number))
    connection.execute("delete from pending where id = ?", (chunk_id,))


def _table(connection: sqlite3.Connection, limit: int) -> Any:
    import pyarrow

    query = (
        "select chunks.id, chunks.document_id, chunks.collection_id, position, page, row, heading, text, excluded,"
        f" original is not null, fields from chunks {FOUND} order by number desc limit ?"
    )
    rows = connection.execute(query, (limit,)).fetchall()
    columns = zip(*rows, strict=True) if rows else ([] for _ in LISTED)
    table = pyarrow.table(dict(zip(LISTED, map(list, columns), strict=True)))
    for name in ("excluded", "edited"):
        table = table.set_column(LISTED.index(name), name, table[name].cast(pyarrow.bool_()))
    return table


def _page(connection: sqlite3.Connection, document_id: str, page: int | None) -> Page:
    query = (
        "select number, text, pages.version, place from pages join documents on documents.id = document_id"
        " and pages.version = case documents.version when '' then documents.next else documents.version end"
        " where document_id = ? and (? is null or number is null or number = ?) order by place limit 1"
    )
    row = connection.execute(query, (document_id, page, page)).fetchone()
    if row is None:
        raise NotFound(Text(f"Document {document_id} has no page {page}.", f"文档 {document_id} 没有第 {page} 页。"))
    return Page(row[0], row[1], printed=page_lines.lines_of(connection, document_id, *row[2:]))
