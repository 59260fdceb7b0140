"""The knowledge room: collections of documents that are read, kept, found and shown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.errors import BadParameter, BadState, StudioError, from_unexpected
from studio.engine.events import Events
from studio.engine.jobs import Job, JobChanged, Jobs, JobState
from studio.engine.knowledge import reader, reading
from studio.engine.knowledge.chunks import ChunkStore
from studio.engine.knowledge.document import (
    Chunk,
    Collection,
    CollectionsChanged,
    Document,
    DocumentChanged,
    DocumentDeleted,
    Found,
    Mode,
    PageImage,
)
from studio.engine.knowledge.embeds import Embeds
from studio.engine.knowledge.index import Index
from studio.engine.knowledge.originals import Originals, files_under
from studio.engine.knowledge.records import DELETING, MODIFIED, UNFINISHED, Records
from studio.engine.knowledge.search import Search
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.settings import Settings
from studio.engine.text import Text, plural
from studio.engine.vectors.store import VectorStore, stores

log = logging.getLogger(__name__)
KIND = "index"
AT_ONCE = 2  # documents that are read and embedded side by side
ATTEMPTS = 3  # starts of the studio that a document may have been in the middle of


class _Left(Exception):
    """The document was deleted while it was indexed."""


class Knowledge:
    """Collections, documents and search. What a method returned from is on disk."""

    def __init__(
        self, catalog: Catalog, events: Events, jobs: Jobs, paths: Paths, settings: Settings, embeds: Embeds,
        vectors: VectorStore | None = None,
    ) -> None:  # fmt: skip
        self._events = events
        self._jobs = jobs
        self._settings = settings
        self._embeds = embeds
        self._records = Records(catalog)
        self._originals = Originals(paths.knowledge / "files")
        self._chunks = ChunkStore(paths.knowledge / "chunks.db")
        self._vectors = vectors or stores.get("chroma").at(paths.knowledge / "vectors")
        self._index = Index(self._chunks, self._vectors, embeds)
        self._search = Search(self._chunks, self._vectors, embeds)
        self._progress: dict[str, float] = {}
        self._leaving: set[str] = set()
        self._unwritten: dict[str, dict[str, Any]] = {}  # how documents ended while the disk took nothing
        self._images: dict[tuple[Any, ...], PageImage] = {}
        self._repair: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Finish what a kill cut off: deletions in the background, documents without a job by a new job."""
        self._jobs.on_resume(KIND, lambda payload, job: self._index_all(payload["documents"], job))
        self._events.subscribe(JobChanged, self._when_cancelled)
        resumed = {
            document_id
            for job in await self._jobs.list()
            if job.kind == KIND and job.status == "running"
            for document_id in job.payload.get("documents", [])
        }
        waiting = [id for id, _ in await self._records.with_status(*UNFINISHED) if id not in resumed]
        if waiting:
            await self._start_job(waiting)
        if await self._records.with_status(DELETING):
            self._repair = asyncio.create_task(self._finish_deletions(), name="finish deletions")

    async def close(self) -> None:
        if self._repair:
            self._repair.cancel()
            await asyncio.wait([self._repair])
        await self._chunks.close()
        await self._vectors.close()

    def plugin_failures(self) -> list[PluginFailure]:
        return [*reader.readers.failures, *stores.failures]

    # Collections

    async def collections(self) -> list[Collection]:
        """All of them, by name."""
        return await self._records.collections()

    async def collection(self, id_or_name: str) -> Collection:
        """Raises `NotFound`."""
        return await self._records.collection(id_or_name)

    async def create(self, name: str, description: str = "", embedder: str = "") -> Collection:
        """A new, empty collection. Raises `Conflict` for a taken name, `NotFound` for an unknown embedding model."""
        if not name.strip():
            raise BadParameter(Text("A collection needs a name.", "文档集需要一个名称。"))
        info = await self._embeds.embedder(embedder)
        made = await self._records.add_collection(name.strip(), description, info.id, info.dimensions)
        self._events.publish(CollectionsChanged(made.id))
        return made

    async def delete(self, id_or_name: str) -> None:
        """Forget a collection with all its documents and vectors. Cannot be undone."""
        collection = await self.collection(id_or_name)
        for document in await self._records.documents(collection.id):
            await self.delete_document(document.id)
        await self._vectors.drop(collection.id)
        await self._records.delete_collection(collection.id)
        self._events.publish(CollectionsChanged(collection.id))

    async def reindex(self, id_or_name: str, embedder: str = "") -> JobState:
        """Read and embed every document again, with the settings and the embedding model of now (or another one)."""
        collection = await self.collection(id_or_name)
        info = await self._embeds.embedder(embedder)
        documents = await self._records.documents(collection.id)
        for document in documents:
            await self._index.remove(document.id, collection.id)
            await self._change(document.id, status="queued", reason=None, chunk_count=0)
        await self._vectors.drop(collection.id)
        await self._records.update_collection(collection.id, embedder=info.id, dimensions=info.dimensions)
        self._events.publish(CollectionsChanged(collection.id))
        return await self._start_job([document.id for document in documents])

    # Documents

    async def add_files(self, collection: str, paths: Sequence[Path | str]) -> JobState:
        """Copy files (folders with all that can be read in them) and index them in the background.

        The files may go away once this returns. One that is there already with the same content is not added twice; one
        whose content changed takes the place of the old. A file that cannot be read becomes a document that says why.
        """
        target = await self.collection(collection)
        files = await asyncio.to_thread(files_under, [Path(path) for path in paths])
        if not files:
            raise BadParameter(
                Text("There is nothing in it that can be read.", "其中没有可读取的文件。"),
                Text(f"These can: {' '.join(reader.suffixes())}.", f"支持的类型：{' '.join(reader.suffixes())}。"),
            )
        there = {(one.source_path, one.digest): one for one in await self._records.documents(target.id)}
        documents = [await self._add_file(target, path, there) for path in files]
        waiting = [one.id for one in documents if one.status == "queued"]
        self._events.publish(CollectionsChanged(target.id))
        return await self._start_job(waiting)

    async def add_text(self, collection: str, text: str, file_name: str, title: str = "") -> Document:
        """Index a text at once; it is found when this returns. `file_name` says its format (.md, .txt, .html)."""
        target = await self.collection(collection)
        kind = reader.reader_for(file_name if Path(file_name).suffix else f"{file_name}.txt")
        digest = await self._originals.keep_bytes(text.encode(), kind.suffixes[0])
        same = [
            one
            for one in await self._records.documents(target.id)
            if one.digest == digest and one.file_name == file_name
        ]
        document = (
            same[0]
            if same
            else await self._record(
                target, file_name, kind.name, digest=digest, size_bytes=len(text.encode()), title=title
            )
        )
        if document.status != "indexed":
            await (await self._start(document.id, [document.id])).wait()
        self._events.publish(CollectionsChanged(target.id))
        return await self.document(document.id)

    async def documents(self, collection: str | None = None) -> list[Document]:
        """Newest first, of one collection or of all."""
        target = (await self.collection(collection)).id if collection else None
        return [self._with_progress(one) for one in await self._records.documents(target)]

    async def document(self, document_id: str) -> Document:
        """Raises `NotFound`."""
        return self._with_progress(await self._records.document(document_id))

    async def retry(self, document_id: str) -> JobState:
        """Index a document again; from its source file where that is still there, as it is now."""
        document = await self.document(document_id)
        if document.status in UNFINISHED:
            raise BadState(Text(f"{document.file_name} is being indexed.", f"{document.file_name} 正在建立索引。"))
        await self._refresh(document)
        return await self._start_job([document_id])

    async def delete_document(self, document_id: str) -> None:
        """Forget a document: nothing of it can be found from now on. Cannot be undone."""
        document = await self.document(document_id)
        await self._records.update_document(document_id, status=DELETING)
        if document_id in self._progress:
            self._leaving.add(document_id)  # whoever indexes it notices and takes it out
        else:
            await self._forget(document_id, document.collection_id, document.digest)
        self._events.publish(DocumentDeleted(document_id, document.collection_id))
        self._events.publish(CollectionsChanged(document.collection_id))

    async def chunks(self, document_id: str) -> list[Chunk]:
        """In the order they stand."""
        await self.document(document_id)
        return await self._chunks.chunks_of(document_id)

    # Finding and showing

    async def search(
        self, query: str, collections: Sequence[str], limit: int = 6, mode: Mode = "hybrid"
    ) -> list[Found]:
        """The chunks that answer best, by ids or names of collections. Raises `BadState` when one must be indexed again."""
        targets = [await self.collection(name) for name in dict.fromkeys(collections)]
        return await self._search.find(query, targets, limit, mode, self._records.by_id)

    async def page_text(self, document_id: str, page: int | None = None) -> str:
        """The text that spans count in."""
        await self.document(document_id)
        return (await self._chunks.page(document_id, page)).text

    async def page_image(
        self, document_id: str, page: int, spans: Sequence[tuple[int, int]] = (), width: int = 800
    ) -> PageImage:
        """A page of a PDF with the rectangles of spans of its text. Takes a process and about 0.3 s; the last ones are kept."""
        document = await self.document(document_id)
        if document.format != "pdf":
            raise BadState(
                Text(f"{document.file_name} has no pages to show.", f"{document.file_name} 没有可显示的页面。")
            )
        key = (document.digest, page, tuple(spans), width)
        if key not in self._images:
            text = (await self._chunks.page(document_id, page)).text
            file = self._originals.path(document.digest, document.file_name)
            self._images[key] = await reading.render(file, page, list(spans), width, text, self._limits())
            self._images.pop(next(iter(self._images))) if len(self._images) > 24 else None
        return self._images[key]

    def suffixes(self) -> list[str]:
        """The file endings that can be read."""
        return reader.suffixes()

    # Indexing

    async def _add_file(self, target: Collection, path: Path, there: dict[tuple[str, str], Document]) -> Document:
        source = str(path)
        try:
            kind = reader.reader_for(path.name)
            digest, size = await self._originals.keep(path)
        except StudioError as error:
            return await self._record(target, path.name, "", source_path=source, status="failed", reason=error.whole())
        same = next((one for (_, known), one in there.items() if known == digest and one.file_name == path.name), None)
        if same is not None:
            if same.status not in ("indexed", *UNFINISHED):
                await self._change(same.id, status="queued", reason=None)
            return await self.document(same.id)
        old = next((one.id for (place, _), one in there.items() if place == source), None)
        return await self._record(
            target, path.name, kind.name, source_path=source, digest=digest, size_bytes=size,
            details={MODIFIED: path.stat().st_mtime, **({"replaces": old} if old else {})},
        )  # fmt: skip

    async def _record(
        self, target: Collection, file_name: str, format: str, *, details: dict[str, Any] | None = None, **values: Any
    ) -> Document:
        document = Document(
            id=ids.new("doc", 12), collection_id=target.id, file_name=file_name, format=format, added_at=time.time(),
            **{"status": "queued", **values},
        )  # fmt: skip
        await self._records.add_document(document, details or {})
        self._events.publish(DocumentChanged(document))
        return document

    async def _refresh(self, document: Document) -> None:
        """Take the source file as it is now, where it is still there."""
        changes: dict[str, Any] = {"status": "queued", "reason": None}
        details = {**await self._records.details(document.id), "attempts": 0}
        source = Path(document.source_path)
        if document.source_path and source.is_file():
            kind = reader.reader_for(source.name)
            digest, size = await self._originals.keep(source)
            changes |= {"digest": digest, "size_bytes": size, "format": kind.name}
            details[MODIFIED] = source.stat().st_mtime
        await self._change(document.id, **changes, details=details)

    async def _start_job(self, document_ids: list[str]) -> JobState:
        files = plural(len(document_ids), "document", "documents")
        return (await self._start(files, document_ids)).state

    async def _start(self, name: str, document_ids: list[str]) -> Job:
        title = Text(f"Index {name}", f"为 {len(document_ids)} 个文档建立索引")
        return await self._jobs.start(
            KIND, title, lambda job: self._index_all(document_ids, job), payload={"documents": document_ids}
        )

    async def _index_all(self, document_ids: list[str], job: Job) -> dict[str, int]:
        """Index what is not yet indexed of these; one that fails says so itself and does not stop the rest."""
        gate = asyncio.Semaphore(AT_ONCE)
        shares = dict.fromkeys(document_ids, 0.0)

        async def one(document_id: str) -> None:
            def progress(share: float) -> None:
                shares[document_id] = share
                job.progress(sum(shares.values()) / len(shares))

            async with gate:
                await self._index_one(document_id, progress)
            progress(1.0)

        async with asyncio.TaskGroup() as group:
            for document_id in document_ids:
                group.create_task(one(document_id))
        done = await self._records.by_id(document_ids)
        indexed = sum(document.status == "indexed" for document in done.values())
        return {"indexed": indexed, "failed": len(done) - indexed}

    async def _index_one(self, document_id: str, progress: Any) -> None:
        document = (await self._records.by_id([document_id])).get(document_id)
        if document is None or document.status not in UNFINISHED or document_id in self._progress:
            return
        self._progress[document_id] = 0.0

        def tell(share: float) -> None:
            if document_id in self._leaving:
                raise _Left
            self._progress[document_id] = share
            self._events.publish(
                DocumentChanged(self._with_progress(document.model_copy(update={"status": "reading"})))
            )
            progress(share)

        try:
            await self._take_in(document, tell)
        except _Left:
            self._leaving.discard(document_id)
            await self._forget(document_id, document.collection_id, document.digest)
        except StudioError as error:
            await self._failed(document, error)
        except Exception as error:
            log.exception("indexing %s failed", document_id)
            await self._failed(document, from_unexpected(error))
        finally:
            self._progress.pop(document_id, None)

    async def _take_in(self, document: Document, tell: Any) -> None:
        details = await self._records.details(document.id)
        attempts = details.get("attempts", 0) + 1
        if attempts > ATTEMPTS:
            raise _too_many_attempts(document)
        await self._change(document.id, status="reading", details={**details, "attempts": attempts})
        collection = await self.collection(document.collection_id)
        file = self._originals.path(document.digest, document.file_name)
        result = await self._index.add(document, file, collection, self._settings.knowledge, tell)
        if document.id in self._leaving:
            raise _Left
        self._progress.pop(document.id, None)
        await self._change(
            document.id, status="indexed", reason=None, page_count=result.page_count, chunk_count=result.chunk_count,
            indexed_at=time.time(), details={**details, "attempts": 0, "seconds": round(result.seconds, 2)},
        )  # fmt: skip
        if (replaced := details.get("replaces")) and replaced in await self._records.by_id([replaced]):
            await self.delete_document(replaced)
        self._events.publish(CollectionsChanged(document.collection_id))

    async def _failed(self, document: Document, error: StudioError) -> None:
        status = "quarantined" if isinstance(error, reader.Unreadable) else "failed"
        log.warning("%s was not indexed: %s", document.file_name, error.message.en)
        self._progress.pop(document.id, None)
        try:
            await self._index.remove(document.id, document.collection_id)
            details = {**await self._records.details(document.id), "attempts": 0}
            await self._change(document.id, status=status, reason=error.whole(), chunk_count=0, details=details)
        except Exception:
            log.warning("the end of indexing %s was not written", document.file_name, exc_info=True)
            self._unwritten[document.id] = {"status": "failed", "reason": error.whole(), "chunk_count": 0}
            self._events.publish(DocumentChanged(self._with_progress(document)))

    async def _change(self, document_id: str, **values: Any) -> None:
        """Write a document's new state, then tell."""
        await self._records.update_document(document_id, **values)
        self._unwritten.pop(document_id, None)
        changed = (await self._records.by_id([document_id])).get(document_id)
        if changed is not None:
            self._events.publish(DocumentChanged(self._with_progress(changed)))

    def _with_progress(self, document: Document) -> Document:
        share = self._progress.get(document.id)
        if share is not None:
            return document.model_copy(update={"progress": share})
        return document.model_copy(update=self._unwritten.get(document.id, {}))

    def _limits(self) -> reading.Limits:
        return reading.Limits(self._settings.knowledge.parse_seconds, self._settings.knowledge.parse_memory_mb)

    # Repair

    def _when_cancelled(self, event: JobChanged) -> None:
        if event.job.kind == KIND and event.job.status == "cancelled":
            task = asyncio.ensure_future(self._mark_stopped(event.job.payload.get("documents", [])))
            self._stopping = task

    _stopping: asyncio.Future[None] | None = None

    async def _mark_stopped(self, document_ids: list[str]) -> None:
        """A person stopped the job: what was not done says so and waits for a retry."""
        stopped = Text("Indexing was stopped.", "索引已停止。")
        for document in (await self._records.by_id(document_ids)).values():
            if document.status in UNFINISHED:
                await self._index.remove(document.id, document.collection_id)
                await self._change(document.id, status="failed", reason=stopped, chunk_count=0)

    async def _finish_deletions(self) -> None:
        for document_id, collection_id in await self._records.with_status(DELETING):
            await self._forget(document_id, collection_id, "")

    async def _forget(self, document_id: str, collection_id: str, digest: str) -> None:
        await self._index.remove(document_id, collection_id)
        await self._records.delete_document(document_id)
        if digest and not await self._records.digest_is_used(digest):
            await self._originals.forget(digest)


def _too_many_attempts(document: Document) -> reader.Unreadable:
    return reader.Unreadable(
        Text(
            f"The studio ended {ATTEMPTS} times while it indexed {document.file_name}.",
            f"为 {document.file_name} 建立索引时程序已中断 {ATTEMPTS} 次。",
        ),
        Text("Retry it on its own.", "请单独重试此文件。"),
    )
