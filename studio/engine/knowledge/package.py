"""A collection in one file, with its vectors: taken elsewhere, it finds the same without embedding anything.

A zip archive (`collection.json`, `chunks.jsonl`, `pages.jsonl`, `page_lines.jsonl`, `small.bin`, `vectors.f32`, `files/`), followed by a mark and the
SHA-256 of all that stands before: one flipped byte, and nothing of it is taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from studio.engine import ids
from studio.engine.errors import Conflict, Invalid, NotFound
from studio.engine.events import Events
from studio.engine.files import replacing
from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.knowledge.chunks import COLUMNS, ChunkStore, make_words, marks
from studio.engine.knowledge.document import Collection, CollectionsChanged, Document
from studio.engine.knowledge.evaluation import Evaluations
from studio.engine.knowledge.originals import Originals
from studio.engine.knowledge.records import Records
from studio.engine.knowledge.words import for_keyword_index
from studio.engine.text import Text
from studio.engine.vectors.store import VectorStore

KIND = "export_collection"
MARK = b"ODSKNOW1"
TAIL = len(MARK) + 32
BATCH = 500  # chunks that are carried at once
PAGES = 50
PAGE_TABLES = {"pages": ("number", "text"), "page_lines": ("lines",)}  # columns beside the place of a page
FORMAT = 1
MOST_LINE = 64 << 20  # bytes of one line
PIECE = 1 << 20
NAMES = [name.strip() for name in COLUMNS.split(",")]
PLAIN = NAMES[:-2]  # without the vectors


@dataclass(frozen=True, slots=True)
class Packages:
    """Writes and reads such files."""

    records: Records
    chunks: ChunkStore
    vectors: VectorStore
    originals: Originals
    evaluations: Evaluations
    jobs: Jobs
    events: Events

    async def export(self, collection: str, path: Path | str) -> JobState:
        """Write a collection's indexed documents to a file, in the background. It appears whole or not at all."""
        known = await self.records.collection(collection)
        target = Path(path)

        async def work(job: Job) -> dict[str, Any]:
            return await self._export(known, target, job)

        title = Text(f"Export “{known.name}”", f"导出“{known.name}”")
        return (await self.jobs.start(KIND, title, work)).state

    async def take(self, path: Path | str, name: str = "") -> Collection:
        """Read such a file as a new collection. Raises `Invalid` when one byte of it is not as it was written, `Conflict` for a
        taken name."""
        path = Path(path)
        await asyncio.to_thread(verify, path)
        with zipfile.ZipFile(path) as packed:
            told = await asyncio.to_thread(_told, packed, path)
            collection, documents = _new(told, name)
            if any(one.name == collection.name for one in await self.records.collections()):
                raise Conflict(
                    Text(f"A collection named “{collection.name}” exists.", f"已有名为“{collection.name}”的文档集。"),
                    Text("Choose another name.", "请换一个名称。"),
                )
            await self._take_files(packed)
            await self._take_chunks(packed, collection, documents)
        await self.records.add_whole(collection, documents)
        await self.evaluations.take(collection.id, told.get("judged", {}))
        self.events.publish(CollectionsChanged(collection.id))
        return await self.records.collection(collection.id)

    # Writing

    async def _export(self, collection: Collection, target: Path, job: Job) -> dict[str, Any]:
        documents = [one for one in await self.records.all_of([collection.id]) if one.status == "indexed"]
        told = {
            "format": FORMAT, "made_at": time.time(),
            "collection": collection.model_dump(mode="json", exclude={"document_count", "chunk_count"}),
            "documents": [await self._document(one) for one in documents],
            "judged": await self.evaluations.whole(collection.id),
        }  # fmt: skip
        count = 0
        with replacing(target) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                packed.writestr("collection.json", json.dumps(told, ensure_ascii=False))
                count = await self._write_chunks(packed, collection, documents, job)
                for table, columns in PAGE_TABLES.items():
                    await self._write_pages(packed, documents, table, columns)
                for digest in dict.fromkeys(one.digest for one in documents):
                    copy = self.originals.path(digest, "")
                    await asyncio.to_thread(packed.write, copy, f"files/{copy.name}")
            file.flush()
            await asyncio.to_thread(_seal, file)
        return {"path": str(target), "documents": len(documents), "chunks": count, "bytes": target.stat().st_size}

    async def _document(self, document: Document) -> dict[str, Any]:
        values = document.model_dump(mode="json", exclude={"progress", "stale"})
        return {**values, "details": await self.records.details(document.id)}

    async def _write_chunks(
        self, packed: zipfile.ZipFile, collection: Collection, documents: list[Document], job: Job
    ) -> int:
        """Three members at once is more than a zip can: the vectors wait in files beside the archive."""
        import tempfile

        count, whole = 0, max(sum(one.chunk_count for one in documents), 1)
        with tempfile.TemporaryFile() as small, tempfile.TemporaryFile() as exact:
            with packed.open("chunks.jsonl", "w", force_zip64=True) as lines:
                async for rows in self._rows([one.id for one in documents]):
                    vectors = await self.vectors.vectors(collection.id, [row[0] for row in rows])
                    await asyncio.to_thread(_write_rows, rows, vectors, lines, small, exact, collection.dimensions)
                    count += len(rows)
                    job.progress(min(count / whole, 1.0) * 0.9)
            for name, file in (("small.bin", small), ("vectors.f32", exact)):
                file.seek(0)
                await asyncio.to_thread(_store, packed, name, file)
        return count

    async def _rows(self, document_ids: list[str]) -> AsyncIterator[list[Any]]:
        query = (
            f"select position, {', '.join(f'chunks.{name}' for name in NAMES)} from chunks join documents on"
            " documents.id = chunks.document_id and documents.ready = 1 and documents.version = chunks.version"
            " where chunks.document_id = ? and position >= ? order by position limit ?"
        )
        for document_id in document_ids:
            async for rows in self._parts(query, document_id, BATCH):
                yield rows

    async def _write_pages(
        self, packed: zipfile.ZipFile, documents: list[Document], table: str, columns: Sequence[str]
    ) -> None:
        query = (
            f"select place, document_id, {table}.version, place, {', '.join(columns)} from {table} join documents on"
            f" documents.id = document_id and documents.version = {table}.version"
            " where document_id = ? and place >= ? order by place limit ?"
        )
        with packed.open(f"{table}.jsonl", "w", force_zip64=True) as lines:
            for document in documents:
                async for rows in self._parts(query, document.id, PAGES):
                    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                    await asyncio.to_thread(lines.write, content.encode("utf-8", "surrogatepass"))

    async def _parts(self, query: str, document_id: str, most: int) -> AsyncIterator[list[Any]]:
        """What a query finds of a document, `most` rows at a time; it gives the place first, by which it goes on."""
        place = 0
        while rows := await self.chunks.database.read(partial(_found, query, (document_id, place, most))):
            yield [row[1:] for row in rows]
            place = rows[-1][0] + 1

    # Reading

    async def _take_files(self, packed: zipfile.ZipFile) -> None:
        for member in packed.namelist():
            if not member.startswith("files/"):
                continue
            suffix = Path(member).suffix

            async def pieces(member: str = member) -> Any:
                with packed.open(member) as file:
                    while piece := await asyncio.to_thread(file.read, PIECE):
                        yield piece

            digest, _ = await self.originals.keep_lines(pieces(), suffix)
            if Path(member).name != f"{digest}{suffix}":
                raise _damaged(packed.filename or "")

    async def _take_chunks(
        self, packed: zipfile.ZipFile, collection: Collection, documents: dict[str, Document]
    ) -> None:
        for one in documents.values():
            await self.chunks.begin(one.id, collection.id, "coming")
        versions: dict[str, str] = {}
        with _Coming(packed, collection, documents) as coming:
            while rows := await asyncio.to_thread(coming.rows):
                versions |= {row[PLAIN.index("document_id")]: row[PLAIN.index("version")] for row in rows}
                await self.vectors.upsert(collection.id, [row[0] for row in rows], coming.vectors(len(rows)))
                await self.chunks.database.write(partial(_keep_rows, collection_id=collection.id, rows=rows))
        for table, names in PAGE_TABLES.items():
            if f"{table}.jsonl" not in packed.namelist():  # written before pictures were read
                continue
            with packed.open(f"{table}.jsonl") as lines:
                while part := await asyncio.to_thread(_some, lines, PAGES):
                    pages = [[documents[row[0]].id, *row[1:]] for row in part]
                    place = f"{table} values (?, ?, ?, {marks(names)})"
                    await self.chunks.database.write(partial(_keep, place, pages))
        finished = [(one.id, collection.id, versions.get(one.id, ""), one.digest) for one in documents.values()]
        columns = "documents (id, collection_id, ready, version, digest) values (?, ?, 1, ?, ?)"
        await self.chunks.database.write(partial(_keep, columns, finished))


class _Coming:
    """The chunks of a file as they are to be kept here, part by part, with their vectors."""

    def __init__(self, packed: zipfile.ZipFile, collection: Collection, documents: dict[str, Document]) -> None:
        self._collection, self._documents = collection, documents
        self._open = ExitStack()
        self._lines, self._small, self._exact = (
            self._open.enter_context(packed.open(name)) for name in ("chunks.jsonl", "small.bin", "vectors.f32")
        )

    def __enter__(self) -> _Coming:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def rows(self) -> list[list[Any]]:
        """The next ones, under the ids of their documents here; none at the end."""
        return [self._row(*one) for one in _some(self._lines, BATCH)]

    def vectors(self, count: int) -> Any:
        """The exact ones of as many chunks."""
        import numpy

        size = self._collection.dimensions
        return numpy.frombuffer(self._exact.read(count * size * 4), numpy.float32).reshape(count, size)

    def _row(self, plain: list[Any], parts: int) -> list[Any]:
        values = dict(zip(PLAIN, plain, strict=True))
        old, new = values["document_id"], self._documents[values["document_id"]].id
        own = {"id": new + values["id"][len(old) :], "document_id": new, "collection_id": self._collection.id}
        size = self._collection.dimensions
        return [*(values | own).values(), self._small.read(size), self._small.read(size * parts)]


def verify(path: Path) -> None:
    """Raise `Invalid` unless every byte is as it was written, `NotFound` when there is no such file."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest, left = hashlib.sha256(), size - TAIL
            while left > 0 and (piece := file.read(min(PIECE, left))):
                digest.update(piece)
                left -= len(piece)
            if size <= TAIL or file.read(TAIL) != MARK + digest.digest():
                raise _damaged(path.name)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise NotFound(Text(f"{path} cannot be opened: {why}.", f"无法打开 {path}：{why}。")) from error


def _seal(file: BinaryIO) -> None:
    """Put the digest of all that was written at the end."""
    digest, place = hashlib.sha256(), 0
    while piece := os.pread(file.fileno(), PIECE, place):
        digest.update(piece)
        place += len(piece)
    file.seek(place)
    file.write(MARK + digest.digest())


def _write_rows(
    rows: list[Any], vectors: dict[str, Any], lines: Any, small: BinaryIO, exact: BinaryIO, size: int
) -> None:
    import numpy

    for row in rows:
        vector, parts = row[-2:]
        lines.write(
            (json.dumps([row[:-2], len(parts) // size], ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        )
        small.write(vector + parts)
        whole = vectors.get(row[0])
        if whole is None:
            whole = numpy.frombuffer(vector, numpy.int8).astype(numpy.float32) / 127
        exact.write(numpy.asarray(whole, numpy.float32).tobytes())


def _store(packed: zipfile.ZipFile, name: str, file: BinaryIO) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED
    with packed.open(info, "w", force_zip64=True) as member:
        while piece := file.read(PIECE):
            member.write(piece)


def _some(lines: Any, count: int) -> list[Any]:
    found: list[Any] = []
    while len(found) < count and (line := lines.readline(MOST_LINE)):
        found.append(json.loads(line.decode("utf-8", "surrogatepass")))
    return found


def _told(packed: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    told = json.loads(packed.read("collection.json"))
    if told.get("format") != FORMAT:
        raise Invalid(
            Text(f"{path.name} was written by a newer studio.", f"{path.name} 由更新版本的程序写成。"),
            Text("Update this one, or export it again.", "请更新本程序，或重新导出。"),
        )
    return dict(told)


def _new(told: dict[str, Any], name: str) -> tuple[Collection, dict[str, Document]]:
    """The collection and its documents with ids of their own here; watched folders stay behind."""
    try:
        settings = {key: value for key, value in told["collection"]["settings"].items() if key != "folders"}
        now = time.time()
        changed = {"id": ids.new("kb"), "settings": settings, "created_at": now, "updated_at": now}
        collection = Collection.model_validate({**told["collection"], **changed})
        if name:
            collection.name = name
        documents: dict[str, Document] = {}
        for one in told["documents"]:
            fresh = {**one, "id": ids.new("doc", 12), "collection_id": collection.id, "folder": "", "status": "indexed"}
            documents[one["id"]] = Document.model_validate(fresh)
        return collection, documents
    except (KeyError, ValidationError) as error:
        raise Invalid(
            Text("The file does not describe a collection.", "文件内容不是文档集。"), details=str(error)
        ) from error


def _found(query: str, given: tuple[Any, ...], connection: Any) -> list[Any]:
    return list(connection.execute(query, given))


def _keep(columns: str, rows: Sequence[Sequence[Any]], connection: Any) -> None:
    connection.executemany(f"insert or replace into {columns}", rows)


def _keep_rows(connection: Any, collection_id: str, rows: list[list[Any]]) -> None:
    words = make_words(connection, collection_id)
    heading, text = NAMES.index("heading"), NAMES.index("text")
    for row in rows:
        cursor = connection.execute(f"insert or replace into chunks ({COLUMNS}) values ({marks(NAMES)})", row)
        tokens = for_keyword_index(f"{row[heading]}\n{row[text]}")
        connection.execute(f"insert into {words} (rowid, tokens) values (?, ?)", (cursor.lastrowid, tokens))


def _damaged(name: str) -> Invalid:
    return Invalid(
        Text(f"{Path(name).name} is not as it was written.", f"{Path(name).name} 与写入时不一致。"),
        Text("Copy or export it again; nothing of it was taken.", "请重新复制或导出，未导入任何内容。"),
    )
