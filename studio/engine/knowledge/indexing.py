"""The durable job of indexing: file by file, paused, stopped and gone on with; what a kill cut off is finished at the next start."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from studio.engine.errors import NotFound, StudioError, from_unexpected
from studio.engine.events import Events
from studio.engine.jobs import Job, JobChanged, Jobs
from studio.engine.knowledge.document import (
    Collection,
    CollectionsChanged,
    Document,
    DocumentChanged,
)
from studio.engine.knowledge.embeds import PROBE_KEY
from studio.engine.knowledge.index import READ_SHARE, Index
from studio.engine.knowledge.originals import Originals
from studio.engine.knowledge.reader import Unreadable
from studio.engine.knowledge.reading import Limits, Rules
from studio.engine.knowledge.records import DELETING, UNFINISHED, Records
from studio.engine.settings import Settings
from studio.engine.text import Text, plural

log = logging.getLogger(__name__)
KIND = "index"
AT_ONCE = 2  # documents that are read and embedded side by side
ATTEMPTS = 25  # starts of the studio that a document may have been in the middle of without getting on
OLD = "old_digests"  # key in `details`: copies of former versions, to be forgotten once the new one is found


class _Left(Exception):
    """The document was deleted while it was indexed, or has new content, which another job takes."""


@dataclass(slots=True)
class Indexing:
    """Documents on their way into the index."""

    records: Records
    index: Index
    originals: Originals
    jobs: Jobs
    events: Events
    settings: Settings
    progress: dict[str, float] = field(default_factory=dict)
    _leaving: dict[str, Document] = field(default_factory=dict)  # deleted while a job is at them, which takes them out
    _taken: dict[str, asyncio.Event] = field(
        default_factory=dict
    )  # documents that a job is at, and when it is not any more
    _unwritten: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # how documents ended while the disk took nothing
    _pausing: set[str] = field(default_factory=set)
    _repaired: asyncio.Event = field(default_factory=asyncio.Event)  # nothing is indexed before
    _tasks: set[asyncio.Future[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Finish what a kill cut off: litter at once, deletions in the background, documents without a job by a new job."""
        self.jobs.on_resume(KIND, lambda payload, job: self._index_all(payload["documents"], job))
        self.events.subscribe(JobChanged, self._when_cancelled)
        there = await self.index.chunks.documents()
        resumed = {
            document_id
            for job in await self.jobs.list()
            if job.kind == KIND and job.status == "running"
            for document_id in job.payload.get("documents", [])
        }
        bare = [] if await self.index.vectors.written() else list(there)
        whole = there.keys() - bare
        lost = [id for id, _ in await self.records.with_status("indexed") if id not in whole]
        for document_id in lost:  # the index file or the vectors were moved away, or are of an older studio
            await self.records.update_document(document_id, status="queued", chunk_count=0)
        waiting = [id for id, _ in await self.records.with_status(*UNFINISHED) if id not in resumed]
        if waiting:
            await self.queue(waiting)
        known = await self.records.document_ids()
        self.later(self._repair([(id, of) for id, of in there.items() if id not in known], bare))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.index.readers.close()

    async def queue(self, document_ids: list[str], name: str = "") -> Job:
        """Index these in the background; they are marked as waiting already."""
        files = plural(len(document_ids), "document", "documents")
        title = Text(f"Index {name or files}", f"为{f' {name} ' if name else f' {len(document_ids)} 个文档'}建立索引")
        return await self.jobs.start(
            KIND, title, lambda job: self._index_all(document_ids, job), payload={"documents": document_ids}
        )

    async def pause(self, document_ids: Sequence[str]) -> None:
        """Put the work on these documents aside; what is done of them is kept, and it stays paused over a restart."""
        halted = await self._halt(document_ids)
        for document in (await self.records.by_id(list(halted))).values():
            if document.status in UNFINISHED:
                await self.change(document.id, status="paused", reason=None)

    async def stop(self, document_ids: Sequence[str]) -> None:
        """End the work on these documents, also where it is paused: what was not done says so and waits for a retry."""
        others = await self._halt(document_ids) - set(document_ids)
        await self._mark_stopped(document_ids)
        left = [one.id for one in (await self.records.by_id(list(others))).values() if one.status in UNFINISHED]
        if left:
            await self.queue(left)

    async def _halt(self, document_ids: Sequence[str]) -> set[str]:
        """End the jobs that are at these documents without a word about those; the answer are all that these jobs had, too."""
        wanted = set(document_ids)
        for job in self.jobs.running():
            if job.kind == KIND and wanted & set(job.payload.get("documents", [])):
                self._pausing.add(job.id)
                with suppress(NotFound):  # it ended in this moment
                    await self.jobs.cancel(job.id)
                self._pausing.discard(job.id)
                wanted |= set(job.payload["documents"])
        return wanted

    async def leave(self, document: Document) -> None:
        """Nothing of a document can be found from now on. A job that is at it notices and takes it out."""
        await self.records.update_document(document.id, status=DELETING)
        await self.index.chunks.hide(document.id)
        if document.id in self._taken:
            self._leaving[document.id] = document
        else:
            await self.forget(document.id, document.collection_id, [document.digest])

    async def emptied(self, collection_id: str) -> None:
        """Wait until the documents that left a collection are out of it."""
        for document_id, of in await self.records.with_status(DELETING):
            if of != collection_id:
                continue
            if document_id in self._taken:
                await self._taken[document_id].wait()
            await self.forget(document_id, of, [])  # where its job was stopped; twice does no harm

    async def forget(self, document_id: str, collection_id: str, digests: Sequence[str]) -> None:
        """Take a document out of the index and the catalog, and its copy away where nobody else has the same."""
        await self.index.remove(document_id, collection_id)
        await self.records.delete_document(document_id)
        for digest in digests:
            await self._forget_copy(digest)

    async def change(self, document_id: str, **values: Any) -> bool:
        """Write a document's new state, as `Records.update_document` does, then tell."""
        changing = await self.records.update_document(document_id, **values)
        self._unwritten.pop(document_id, None)
        changed = (await self.records.by_id([document_id])).get(document_id)
        if changed is not None:
            self.events.publish(DocumentChanged(self.with_progress(changed)))
        return changing

    def with_progress(self, document: Document) -> Document:
        share = self.progress.get(document.id)
        if share is not None:
            return document.model_copy(update={"progress": share})
        return document.model_copy(update=self._unwritten.get(document.id, {}))

    def rules(self, collection: Collection) -> Rules:
        """How documents of a collection are read and cut: as it says itself, else as the settings do."""
        default = self.settings.knowledge
        return Rules(
            int(collection.settings.get("chunk_characters") or default.chunk_characters),
            int(collection.settings.get("chunk_overlap", default.chunk_overlap)),
            collection.settings.get("ocr", "automatic"),
        )

    def limits(self) -> Limits:
        return Limits(self.settings.knowledge.parse_seconds, self.settings.knowledge.parse_memory_mb)

    async def _index_all(self, document_ids: list[str], job: Job) -> dict[str, int]:
        """Index what is not yet indexed of these; one that fails says so itself and does not stop the rest."""
        await self._repaired.wait()
        shares = dict.fromkeys(document_ids, 0.0)
        total, waiting = len(shares), list(reversed(shares))
        finished, done = 0, 0.0

        async def work() -> None:
            nonlocal finished
            while waiting:
                document_id = waiting.pop()
                await self._index_one(document_id, lambda share, id=document_id: report(id, share))
                finished += 1
                report(document_id, 1.0)

        def report(document_id: str, share: float) -> None:
            nonlocal done
            done += share - shares[document_id]
            shares[document_id] = share
            job.progress(min(done / total, 1.0), Text(f"{finished} of {total} files", f"{finished} / {total} 个文件"))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, total)):
                group.create_task(work())
        ended = await self.records.by_id(document_ids)
        indexed = sum(document.status == "indexed" for document in ended.values())
        return {"indexed": indexed, "failed": len(ended) - indexed}

    async def _index_one(self, document_id: str, report: Any) -> None:
        """Once no other job is at it; what that one brought to its end needs nothing more."""
        while (other := self._taken.get(document_id)) is not None:
            await other.wait()
        self._taken[document_id] = asyncio.Event()
        try:
            document = (await self.records.by_id([document_id])).get(document_id)
            if document is not None and document.status in UNFINISHED:
                await self._index_taken(document, report)
        finally:
            try:
                if (left := self._leaving.pop(document_id, None)) is not None:
                    await self.forget(document_id, left.collection_id, [left.digest])
            finally:
                self._taken.pop(document_id).set()

    async def _index_taken(self, document: Document, report: Any) -> None:
        document_id = document.id
        self.progress[document_id] = 0.0

        def tell(share: float) -> None:
            if document_id in self._leaving:
                raise _Left
            self.progress[document_id] = share
            reading = document.model_copy(update={"status": "reading"})
            self.events.publish(DocumentChanged(self.with_progress(reading)))
            report(share)

        try:
            await self._take_in(document, tell)
        except _Left:
            log.info("%s was deleted or changed while it was indexed", document.file_name)
        except StudioError as error:
            await self._failed(document, error)
        except Exception as error:
            log.exception("indexing %s failed", document_id)
            await self._failed(document, from_unexpected(error))
        finally:
            self.progress.pop(document_id, None)

    async def _take_in(self, document: Document, tell: Any) -> None:
        details = await self.records.details(document.id)
        attempts = details.get("attempts", 0) + 1
        if attempts > ATTEMPTS:
            raise _too_many_attempts(document)
        if not await self.change(document.id, of=document.digest, status="reading", details={"attempts": attempts}):
            raise _Left
        collection = await self._with_probe(await self.records.collection(document.collection_id))
        file = self.originals.path(document.digest, document.file_name)
        got_on: list[asyncio.Future[bool]] = []

        def moved(share: float) -> None:
            tell(share)
            if share > READ_SHARE and not got_on:
                fresh = self.records.update_document(document.id, details={"attempts": 0})
                got_on.append(asyncio.ensure_future(fresh))

        try:
            result = await self.index.add(document, file, collection, self.rules(collection), self.limits(), moved)
        finally:
            if got_on:
                await asyncio.wait(got_on)
        if document.id in self._leaving:
            raise _Left
        self.progress.pop(document.id, None)
        told = {"attempts": 0, "seconds": round(result.seconds, 2), "embedded": result.embedded, OLD: None}
        await self.change(
            document.id, of=document.digest, status="indexed", reason=None, page_count=result.page_count,
            chunk_count=result.chunk_count, indexed_at=time.time(), details=told,
        )  # fmt: skip
        for digest in details.get(OLD, []):
            await self._forget_copy(digest)
        self.events.publish(CollectionsChanged(document.collection_id))

    async def _with_probe(self, collection: Collection) -> Collection:
        """From its first document on a collection knows what its model makes of a known text."""
        if collection.settings.get(PROBE_KEY) or collection.chunk_count:
            return collection
        await self.index.guard.check(collection)
        probe = await self.index.guard.probe(collection.embedder)
        await self.records.update_collection(collection.id, {PROBE_KEY: probe})
        return await self.records.collection(collection.id)

    async def _failed(self, document: Document, error: StudioError) -> None:
        """Say why. What was embedded already stays for a retry, unless the file itself is at fault; nothing of it is found."""
        if document.id in self._leaving:
            return
        status = "quarantined" if isinstance(error, Unreadable) else "failed"
        log.warning("%s was not indexed: %s", document.file_name, error.message.en)
        self.progress.pop(document.id, None)
        try:
            if status == "quarantined":
                await self.index.remove(document.id, document.collection_id)
            else:
                await self.index.chunks.hide(document.id)
            ended = {"status": status, "reason": error.whole(), "chunk_count": 0, "details": {"attempts": 0}}
            await self.change(document.id, of=document.digest, **ended)
        except Exception:
            log.warning("the end of indexing %s was not written", document.file_name, exc_info=True)
            self._unwritten[document.id] = {"status": "failed", "reason": error.whole(), "chunk_count": 0}
            self.events.publish(DocumentChanged(self.with_progress(document)))

    async def _forget_copy(self, digest: str) -> None:
        if digest and not await self.records.digest_is_used(digest):
            await self.originals.forget(digest)

    def _when_cancelled(self, event: JobChanged) -> None:
        job = event.job
        if job.kind == KIND and job.status == "cancelled" and job.id not in self._pausing:
            self.later(self._mark_stopped(job.payload.get("documents", [])))

    async def _mark_stopped(self, document_ids: Sequence[str]) -> None:
        """A person stopped the job: what was not done says so and waits for a retry."""
        stopped = Text("Indexing was stopped.", "索引已停止。")
        for document in (await self.records.by_id(list(document_ids))).values():
            if document.status in (*UNFINISHED, "paused") and document.id not in self._taken:  # else another job has it
                await self.index.chunks.hide(document.id)
                await self.change(document.id, status="failed", reason=stopped, chunk_count=0)

    async def _repair(self, strangers: list[tuple[str, str]], bare: list[str]) -> None:
        try:
            for document_id in bare:  # before a vector is written: a kill in between begins this again
                await self.index.forget_chunks(document_id)
            await self.index.repair()
            for document_id, collection_id in strangers:  # an import that a kill cut off
                await self.index.remove(document_id, collection_id)
        finally:
            self._repaired.set()
        for document_id, collection_id in await self.records.with_status(DELETING):
            await self.forget(document_id, collection_id, [])

    def later(self, work: Any) -> None:
        """Work in the background that ends with the studio."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.warning("work of the index did not end well: %s", task.exception())


def _too_many_attempts(document: Document) -> Unreadable:
    return Unreadable(
        Text(
            f"The studio ended {ATTEMPTS} times while it indexed {document.file_name}.",
            f"为 {document.file_name} 建立索引时程序已中断 {ATTEMPTS} 次。",
        ),
        Text("Retry it on its own.", "请单独重试此文件。"),
    )
