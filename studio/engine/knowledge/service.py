"""The knowledge room: collections of documents that are read, kept, found and shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, BadState
from studio.engine.events import Events
from studio.engine.jobs import Jobs, JobState
from studio.engine.knowledge import reader
from studio.engine.knowledge.background import Background
from studio.engine.knowledge.chunks import ChunkStore
from studio.engine.knowledge.document import (
    Chunk,
    Collection,
    CollectionsChanged,
    Document,
    DocumentDeleted,
    Filter,
    Found,
    Mode,
    PageImage,
)
from studio.engine.knowledge.editing import Editing
from studio.engine.knowledge.embeds import PROBE_KEY, EmbedderInfo, Embeds, Guard
from studio.engine.knowledge.evaluation import Evaluations
from studio.engine.knowledge.index import Index
from studio.engine.knowledge.indexing import Indexing
from studio.engine.knowledge.narrow import narrowed
from studio.engine.knowledge.originals import Originals, files_under
from studio.engine.knowledge.package import Packages
from studio.engine.knowledge.page_images import PageImages
from studio.engine.knowledge.reading import Readers
from studio.engine.knowledge.records import TAGS, UNFINISHED, Records
from studio.engine.knowledge.rows_of import HasRows
from studio.engine.knowledge.search import Search
from studio.engine.knowledge.sources import Sources, readable_in
from studio.engine.knowledge.watching import Watching
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.settings import Settings
from studio.engine.text import Text
from studio.engine.vectors.store import VectorStore, stores

FOLDERS = "folders"  # key in a collection's settings: the watched ones
OCR = ("automatic", "never")


class Knowledge:
    """Collections, documents and search. What a method returned from is on disk.

    `editing` looks at chunks before and after, `evaluations` keeps labelled queries and what they measured, `packages` writes a
    collection to one file and reads it back.
    """

    def __init__(
        self, catalog: Catalog, events: Events, jobs: Jobs, paths: Paths, settings: Settings, embeds: Embeds,
        vectors: VectorStore | None = None, egress: Egress | None = None, rows: HasRows | None = None,
    ) -> None:  # fmt: skip
        self._events = events
        self._embeds = embeds
        self._records = Records(catalog)
        self._originals = Originals(paths.knowledge / "files")
        self._chunks = ChunkStore(paths.knowledge / "chunks.db")
        self._vectors = vectors or stores.get("chroma").at(paths.knowledge / "vectors")
        guard = Guard(embeds)
        index = Index(self._chunks, self._vectors, embeds, guard, Readers(paths.temporary))
        self._search = Search(self._chunks, self._vectors, embeds, Background(embeds), guard)
        self._indexing = Indexing(self._records, index, self._originals, jobs, events, settings)
        self._sources = Sources(self._records, self._originals, self._indexing, events, egress, rows)
        self._watching = Watching(self._follow)
        self.editing = Editing(self._records, self._chunks, self._vectors, index, self._indexing)
        self.evaluations = Evaluations(paths.knowledge / "judged", self)
        self.packages = Packages(
            self._records, self._chunks, self._vectors, self._originals, self.evaluations, jobs, events
        )
        self._images = PageImages(self._chunks, self._originals, self._indexing)

    async def start(self) -> None:
        """Finish what a kill cut off, and follow the watched folders again."""
        await self._indexing.start()
        for collection_id in await self._records.hidden():
            self._indexing.later(self._clear_out(collection_id))
        for collection in await self._records.collections():
            for folder in collection.settings.get(FOLDERS, []):
                self._watching.watch(collection.id, folder)

    async def close(self) -> None:
        await self._watching.close()
        await self._indexing.close()
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

    async def create(self, name: str, description: str = "", embedder: str = "", **settings: Any) -> Collection:
        """A new, empty collection. Raises `Conflict` for a taken name, `NotFound` for an unknown embedding model."""
        if not name.strip():
            raise BadParameter(Text("A collection needs a name.", "文档集需要一个名称。"))
        info = await self._embeds.embedder(embedder)
        made = await self._records.add_collection(
            name.strip(), description, info.id, info.dimensions, checked_settings(settings)
        )
        self._events.publish(CollectionsChanged(made.id))
        return made

    async def update(
        self, id_or_name: str, name: str | None = None, description: str | None = None, **settings: Any
    ) -> Collection:
        """Change what a collection is called and how it is cut and ranked; `reindex` applies a new cut to what is there."""
        collection = await self.collection(id_or_name)
        values = {"description": description} if description is not None else {}
        named = (name or "").strip() or None
        await self._records.update_collection(collection.id, checked_settings(settings), named, **values)
        self._events.publish(CollectionsChanged(collection.id))
        return await self.collection(collection.id)

    async def delete(self, id_or_name: str) -> None:
        """Forget a collection with all its documents and vectors. Cannot be undone."""
        collection = await self.collection(id_or_name)
        await self._records.hide_collection(collection.id)
        await self._clear_out(collection.id)
        self._events.publish(CollectionsChanged(collection.id))

    async def _clear_out(self, collection_id: str) -> None:
        """What was in a collection that nobody sees any more, and then itself."""
        await self._watching.leave(collection_id)
        for document in await self._records.all_of([collection_id]):
            await self._indexing.leave(document)
            self._events.publish(DocumentDeleted(document.id, collection_id))
        await self._indexing.emptied(collection_id)
        await self._vectors.drop(collection_id)
        await self._chunks.drop_words(collection_id)
        await self.evaluations.forget(collection_id)
        await self._records.delete_collection(collection_id)

    async def reindex(self, id_or_name: str, embedder: str = "") -> JobState:
        """Index every document again, as the settings are now. Chunks whose words stay keep their vectors, unless another
        embedding model is asked for or vectors were lost: then all are embedded anew."""
        collection = await self.collection(id_or_name)
        info = await self._embeds.embedder(embedder or collection.embedder)
        documents = await self._records.documents(collection.id)
        lost = await self._vectors.count(collection.id) < collection.chunk_count
        other = lost or not await self._embeds_as(collection, info)
        for document in documents:
            if other:
                await self._indexing.index.remove(document.id, collection.id)
            await self._indexing.change(document.id, status="queued", reason=None)
        if other:
            await self._vectors.drop(collection.id)
            await self._records.update_collection(
                collection.id, {PROBE_KEY: None}, embedder=info.id, dimensions=info.dimensions
            )
        self._events.publish(CollectionsChanged(collection.id))
        return (await self._indexing.queue([document.id for document in documents])).state

    async def _embeds_as(self, collection: Collection, info: EmbedderInfo) -> bool:
        """Whether a model makes the vectors that a collection has, by its name and by what it answers."""
        if (info.id, info.dimensions) != (collection.embedder, collection.dimensions):
            return False
        try:
            await self._indexing.index.guard.check(collection)
        except BadState:
            return False
        return True

    async def pause(self, id_or_name: str) -> None:
        """Put indexing aside, until `resume`, over a restart too. What is done stays done."""
        collection = await self.collection(id_or_name)
        waiting = [one.id for one in await self._records.all_of([collection.id]) if one.status in UNFINISHED]
        await self._indexing.pause(waiting)
        self._events.publish(CollectionsChanged(collection.id))

    async def stop(self, id_or_name: str) -> None:
        """End indexing, also where it is paused. What is done stays; the other documents are marked as stopped, for a retry."""
        collection = await self.collection(id_or_name)
        waiting = (*UNFINISHED, "paused")
        await self._indexing.stop(
            [one.id for one in await self._records.all_of([collection.id]) if one.status in waiting]
        )
        self._events.publish(CollectionsChanged(collection.id))

    async def resume(self, id_or_name: str) -> JobState:
        """Go on with what was paused."""
        collection = await self.collection(id_or_name)
        paused = [one.id for one in await self._records.all_of([collection.id]) if one.status == "paused"]
        for document_id in paused:
            await self._indexing.change(document_id, status="queued")
        return (await self._indexing.queue(paused)).state

    # Documents

    async def add_files(
        self, collection: str, paths: Sequence[Path | str], watch: bool = False, tags: Sequence[str] = (),
        excluded: Sequence[str] = (), texts: dict[str, str] | None = None,
    ) -> JobState:  # fmt: skip
        """Copy files (folders with all that can be read in them) and index them in the background.

        The files may go away once this returns. One that is there already with the same content is not added twice; one
        whose content changed takes the place of the old. A file that cannot be read becomes a document that says why.
        With `watch`, files that are added to, changed in and deleted from the folders are followed from now on. `excluded`
        and `texts` are keys of a preview: chunks to leave out, and other words for some.
        """
        target = await self.collection(collection)
        folders = [Path(path).absolute() for path in paths if watch and Path(path).is_dir()]
        files = await asyncio.to_thread(files_under, [Path(path) for path in paths], readable_in(target))
        if not files and not folders:
            raise BadParameter(
                Text("There is nothing in it that can be read.", "其中没有可读取的文件。"),
                Text(f"These can: {' '.join(reader.suffixes())}.", f"支持的类型：{' '.join(reader.suffixes())}。"),
            )
        documents = []
        for folder in folders:
            inside = [path for path in files if path.is_relative_to(folder)]
            documents += await self._sources.files(target, inside, str(folder), tags)
            files = [path for path in files if path not in inside]
        documents += await self._sources.files(target, files, "", tags)
        if excluded or texts:
            for one in documents:
                await self.editing.decide(one.id, list(excluded), texts or {})
        if folders:
            await self._watch(target, [str(folder) for folder in folders])
        return await self._queue(target, documents)

    async def _watch(self, target: Collection, folders: Sequence[str]) -> None:
        await self._records.watch(target.id, FOLDERS, folders)
        for folder in folders:
            self._watching.watch(target.id, folder)

    async def unwatch(self, collection: str, folder: str) -> None:
        """Follow a folder no longer; its documents stay."""
        target = await self.collection(collection)
        await self._watching.leave(target.id, folder)
        await self._records.watch(target.id, FOLDERS, [], gone=folder)
        self._events.publish(CollectionsChanged(target.id))

    async def add_page(self, collection: str, url: str) -> JobState:
        """Fetch a web page (or another document by its address) through the egress guard, and index it in the background."""
        target = await self.collection(collection)
        return await self._queue(target, [await self._sources.page(target, url.strip())])

    async def add_dataset(
        self, collection: str, dataset: str, text_columns: Sequence[str], fields: Sequence[str] | None = None
    ) -> JobState:
        """Index a dataset's rows, each a chunk of its own: the words of the text columns, to be filtered by the fields."""
        target = await self.collection(collection)
        return await self._queue(target, [await self._sources.dataset(target, dataset, text_columns, fields)])

    async def add_text(self, collection: str, text: str, file_name: str, title: str = "") -> Document:
        """Index a text at once; it is found when this returns. `file_name` says its format (.md, .txt, .html)."""
        target = await self.collection(collection)
        document = await self._sources.text(target, text, file_name, title)
        if document.status != "indexed":
            if document.status not in UNFINISHED:
                await self._indexing.change(document.id, status="queued", reason=None)
            await (await self._indexing.queue([document.id], document.file_name)).wait()
        self._events.publish(CollectionsChanged(target.id))
        return await self.document(document.id)

    async def documents(self, collection: str | None = None) -> list[Document]:
        """Newest first, of one collection or of all."""
        target = (await self.collection(collection)).id if collection else None
        return [await self._as_it_is(one) for one in await self._records.documents(target)]

    async def document(self, document_id: str) -> Document:
        """Raises `NotFound`."""
        return await self._as_it_is(await self._records.document(document_id))

    async def tag(self, document_id: str, tags: Sequence[str]) -> Document:
        """Give a document these tags in place of those it had."""
        await self.document(document_id)
        kept = sorted({tag.strip() for tag in tags if tag.strip()})
        await self._indexing.change(document_id, details={TAGS: kept})
        return await self.document(document_id)

    async def retry(self, document_id: str) -> JobState:
        """Index a document again; from its source file where that is still there, as it is now."""
        document = await self.document(document_id)
        if document.status in UNFINISHED:
            raise BadState(Text(f"{document.file_name} is being indexed.", f"{document.file_name} 正在建立索引。"))
        await self._sources.refresh(document)
        return (await self._indexing.queue([document_id], document.file_name)).state

    async def delete_document(self, document_id: str) -> None:
        """Forget a document: nothing of it can be found from now on. Cannot be undone."""
        document = await self.document(document_id)
        await self._indexing.leave(document)
        self._events.publish(DocumentDeleted(document_id, document.collection_id))
        self._events.publish(CollectionsChanged(document.collection_id))

    async def chunks(self, document_id: str, start: int = 0, limit: int = -1) -> list[Chunk]:
        """In the order they stand; those left out too, marked so."""
        await self._records.document(document_id)
        return await self._chunks.chunks_of(document_id, start, limit)

    async def chunks_table(self, limit: int) -> Any:
        """The chunks that can be found and those left out, of all collections, as an Arrow table: for SQL."""
        return await self._chunks.table(limit)

    # Finding and showing

    async def search(
        self, query: str, collections: Sequence[str], limit: int = 6, mode: Mode = "hybrid", filter: Filter | None = None,
        rerank: str | None = None,
    ) -> list[Found]:  # fmt: skip
        """The chunks that answer best, by ids or names of collections. Raises `BadState` when one must be indexed again.

        `rerank` names a rerank model, "" none; without it the first collection's own is taken, where it has one.
        """
        targets = [await self.collection(name) for name in dict.fromkeys(collections)]
        documents = await self._records.all_of([one.id for one in targets]) if filter and not filter.empty else []
        own = next((str(one.settings["reranker"]) for one in targets if one.settings.get("reranker")), "")
        return await self._search.find(
            query,
            targets,
            limit,
            mode,
            self._records.by_id,
            narrowed(filter, documents),
            own if rerank is None else rerank,
        )

    async def page_text(self, document_id: str, page: int | None = None) -> str:
        """The text that spans count in."""
        await self._records.document(document_id)
        return (await self._chunks.page(document_id, page)).text

    async def page_image(
        self, document_id: str, page: int, spans: Sequence[tuple[int, int]] = (), width: int = 800
    ) -> PageImage:
        """A page of a PDF or a picture with the rectangles of spans of its text. Takes a process and about 0.3 s; the last ones are kept."""
        return await self._images.image(await self.document(document_id), page, spans, width)

    def suffixes(self) -> list[str]:
        """The file endings that can be read."""
        return reader.suffixes()

    async def _queue(self, target: Collection, documents: Sequence[Document]) -> JobState:
        waiting = [one.id for one in documents if one.status == "queued"]
        self._events.publish(CollectionsChanged(target.id))
        name = documents[0].file_name if len(documents) == 1 else ""
        return (await self._indexing.queue(waiting, name)).state

    async def _follow(self, collection_id: str, folder: str) -> None:
        target = await self.collection(collection_id)
        before = target.document_count
        waiting = await self._sources.follow(target, folder)
        if waiting:
            await self._indexing.queue(waiting)
        if waiting or (await self.collection(collection_id)).document_count != before:
            self._events.publish(CollectionsChanged(collection_id))

    async def _as_it_is(self, document: Document) -> Document:
        if await self._sources.is_stale(document):
            document = document.model_copy(update={"stale": True})
        return self._indexing.with_progress(document)


def checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """What a collection may decide for itself: `chunk_characters`, `chunk_overlap`, `reranker`, and by `ocr` whether text is looked
    for in pictures, "automatic" or "never"."""
    bounds = {"chunk_characters": (100, 8000), "chunk_overlap": (0, 2000)}
    checked: dict[str, Any] = {}
    for name, value in settings.items():
        if value is None:
            continue
        if name in bounds:
            low, high = bounds[name]
            if not isinstance(value, int) or not low <= value <= high:
                raise BadParameter(
                    Text(f"{name} is a number from {low} to {high:,}.", f"{name} 应为 {low} 到 {high:,}。")
                )
        elif name == "ocr":
            if value not in OCR:
                raise BadParameter(Text(f"ocr is one of {', '.join(OCR)}.", f"ocr 应为 {'、'.join(OCR)} 之一。"))
        elif name != "reranker":
            raise BadParameter(Text(f"A collection has no setting “{name}”.", f"文档集没有设置项“{name}”。"))
        checked[name] = value
    return checked
