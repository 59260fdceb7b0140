"""Where documents come from: files, watched folders, web pages, datasets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from studio.engine import ids
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.knowledge import reader
from studio.engine.knowledge.document import Collection, Document, DocumentChanged
from studio.engine.knowledge.indexing import OLD, Indexing
from studio.engine.knowledge.originals import Originals, files_under
from studio.engine.knowledge.records import DATASET, FOLDER, MODIFIED, TAGS, UNFINISHED, UNIT, Records
from studio.engine.knowledge.rows_of import PREFIX, HasRows, lines_of
from studio.engine.knowledge.web_page import fetch
from studio.engine.text import Text

log = logging.getLogger(__name__)
MOST_FIELDS = 50  # columns of a dataset that are kept to filter by, unless others are named


@dataclass(slots=True)
class Sources:
    """Copies what it is given, and writes a document for each: queued, or failed with the reason."""

    records: Records
    originals: Originals
    indexing: Indexing
    events: Events
    egress: Egress | None = None
    rows: HasRows | None = None
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def files(
        self, target: Collection, paths: Sequence[Path], folder: str = "", tags: Sequence[str] = ()
    ) -> list[Document]:
        """A document for each file: the one there is where the content is the same, or whose source it is."""
        async with self._alone(target.id):
            return await self._files(target, paths, folder, tags)

    async def _files(
        self, target: Collection, paths: Sequence[Path], folder: str = "", tags: Sequence[str] = ()
    ) -> list[Document]:
        known = await self.records.documents(target.id)
        return [await self._file(target, path, known, folder, tags) for path in paths]

    async def text(self, target: Collection, text: str, file_name: str, title: str) -> Document:
        kind = reader.reader_for(file_name if Path(file_name).suffix else f"{file_name}.txt")
        content = text.encode()
        digest = await self.originals.keep_bytes(content, kind.suffixes[0])
        async with self._alone(target.id):
            for one in await self.records.documents(target.id):
                if one.file_name == file_name and one.digest == digest:
                    return one
            return await self.record(
                target, file_name, kind.name, digest=digest, size_bytes=len(content), title=title,
                details={UNIT: kind.unit},
            )  # fmt: skip

    async def page(self, target: Collection, url: str) -> Document:
        """A web page as it is now, through the egress guard. Raises what the guard or the server says."""
        name, digest, size, title = await self._fetch(url)
        kind = reader.reader_for(name)
        details = {UNIT: kind.unit, "fetched_at": time.time()}
        return await self._of_source(target, url, name, kind, digest, size, details, title=title)

    async def dataset(
        self, target: Collection, name: str, text_columns: Sequence[str], fields: Sequence[str] | None
    ) -> Document:
        """A dataset's rows as they are now: the text columns are searched, the fields are what a search can be filtered by."""
        table = await self._table(name)
        columns = [column.name for column in table.columns]
        if missing := [one for one in (*text_columns, *(fields or ())) if one not in columns]:
            raise BadParameter(
                Text(f"“{table.name}” has no column “{missing[0]}”.", f"“{table.name}”没有“{missing[0]}”列。"),
                Text(f"It has: {', '.join(columns[:30])}.", f"它有：{'、'.join(columns[:30])}。"),
            )
        if not text_columns:
            raise BadParameter(Text("Choose at least one text column.", "请至少选择一个文本列。"))
        chosen = {"id": table.id, "text": list(text_columns), "fields": list(fields or columns[:MOST_FIELDS])}
        digest, size = await self._rows(chosen)
        kind = reader.readers.get("rows")
        details = {UNIT: kind.unit, DATASET: {**chosen, "version": table.version}}
        return await self._of_source(target, PREFIX + table.id, table.name, kind, digest, size, details)

    async def refresh(self, document: Document) -> None:
        """Take the source as it is now, where it is still there, and let the document wait to be indexed."""
        details = await self.records.details(document.id)
        source = Path(document.source_path)
        if DATASET in details:
            chosen = details[DATASET]
            table = await self._table(chosen["id"])
            digest, size = await self._rows(chosen)
            told = {DATASET: {**chosen, "version": table.version}}
            await self._renew(document, digest, size, reader.readers.get("rows"), told)
        elif "://" in document.source_path:
            name, digest, size, _ = await self._fetch(document.source_path)
            await self._renew(document, digest, size, reader.reader_for(name), {"fetched_at": time.time()})
        elif document.source_path and source.is_file():
            kind = reader.reader_for(source.name)
            digest, size = await self.originals.keep(source)
            await self._renew(document, digest, size, kind, {MODIFIED: source.stat().st_mtime})
        else:
            await self._renew(document, document.digest, document.size_bytes, None, {})

    async def is_stale(self, document: Document) -> bool:
        """Whether a dataset has another version than the one whose rows were taken."""
        if document.dataset_version is None or self.rows is None:
            return False
        try:
            return await self.rows.moved_on(document.dataset_id, document.dataset_version)
        except StudioError:
            return False

    async def follow(self, target: Collection, folder: str) -> list[str]:
        """Make the documents of a watched folder what its files are. Returns those that wait to be indexed."""
        async with self._alone(target.id):
            if not Path(folder).is_dir():
                return []  # unplugged or renamed: nothing is forgotten for that
            files = await asyncio.to_thread(files_under, [Path(folder)], readable_in(target))
            known = {one.source_path: one for one in await self.records.documents(target.id) if one.folder == folder}
            there = {str(path) for path in files}
            for gone in [one for path, one in known.items() if path not in there]:
                await self.indexing.leave(gone)
            fresh = [path for path in files if str(path) not in known]
            changed = [
                one for path, one in known.items() if path in there and one.stale and one.status not in UNFINISHED
            ]
            refreshed = [one.id for one in changed if await self._refreshed(one)]
            added = await self._files(target, fresh, folder)
            return [one.id for one in added if one.status in UNFINISHED] + refreshed

    async def _refreshed(self, document: Document) -> bool:
        """Whether its source could be taken as it is now; where not, the document says why and the rest goes on."""
        try:
            await self.refresh(document)
        except StudioError as error:
            await self.indexing.change(document.id, status="failed", reason=error.whole())
            return False
        return True

    async def _of_source(
        self, target: Collection, source: str, name: str, kind: type[reader.Reader], digest: str, size: int,
        details: dict[str, Any], **values: Any,
    ) -> Document:  # fmt: skip
        """The document of a source: the one that is there, with new content, or a new one."""
        async with self._alone(target.id):
            there = next((one for one in await self.records.documents(target.id) if one.source_path == source), None)
            if there is not None:
                await self._renew(there, digest, size, kind, details)
                return await self.records.document(there.id)
            return await self.record(
                target, name, kind.name, source_path=source, digest=digest, size_bytes=size, details=details, **values
            )

    async def record(
        self, target: Collection, file_name: str, format: str, *, details: dict[str, Any] | None = None, **values: Any
    ) -> Document:
        document = Document(
            id=ids.new("doc", 12), collection_id=target.id, file_name=file_name, format=format, added_at=time.time(),
            **{"status": "queued", **values},
        )  # fmt: skip
        await self.records.add_document(document, details or {})
        document = (await self.records.by_id([document.id])).get(document.id, document)
        self.events.publish(DocumentChanged(document))
        return document

    def _alone(self, collection_id: str) -> asyncio.Lock:
        """Whoever has it is the only one who looks what a collection holds and adds to it: nothing is added twice."""
        return self._locks.setdefault(collection_id, asyncio.Lock())

    async def _file(
        self, target: Collection, path: Path, known: Sequence[Document], folder: str, tags: Sequence[str]
    ) -> Document:
        source = str(path)
        try:
            kind = reader.reader_for(path.name)
            digest, size = await self.originals.keep(path)
            modified = path.stat().st_mtime
        except (StudioError, OSError) as error:
            reason = error.whole() if isinstance(error, StudioError) else Text.same(str(error))
            said = next((one for one in known if one.source_path == source and one.status == "failed"), None)
            if said is not None:
                await self.indexing.change(said.id, reason=reason)
                return await self.records.document(said.id)
            return await self.record(
                target, path.name, "", source_path=source, status="failed", reason=reason, details={FOLDER: folder}
            )
        details = {MODIFIED: modified, UNIT: kind.unit, TAGS: list(tags), FOLDER: folder}
        old = next((one for one in known if one.source_path == source), None)
        same = old or next((one for one in known if one.digest == digest and one.file_name == path.name), None)
        if same is None:
            return await self.record(
                target, path.name, kind.name, source_path=source, digest=digest, size_bytes=size, details=details
            )
        if same.digest != digest or same.status not in ("indexed", *UNFINISHED):
            await self._renew(same, digest, size, kind, {MODIFIED: modified})
        if folder or tags:
            told = {FOLDER: folder or same.folder, TAGS: sorted({*same.tags, *tags})}
            await self.records.update_document(same.id, details=told)
        return await self.records.document(same.id)

    async def _renew(
        self, document: Document, digest: str, size: int, kind: type[reader.Reader] | None, told: dict[str, Any]
    ) -> None:
        """The document gets new content; what it said before is found until the new is."""
        details = {**told, "attempts": 0}
        if digest != document.digest and document.digest:
            known = await self.records.details(document.id)
            details[OLD] = [*known.get(OLD, []), document.digest]
        changes: dict[str, Any] = {"status": "queued", "reason": None, "digest": digest, "size_bytes": size}
        if kind is not None:
            details[UNIT], changes["format"] = kind.unit, kind.name
        await self.indexing.change(document.id, **changes, details=details)

    async def _table(self, name: str) -> Any:
        if self.rows is None:
            raise Unavailable(Text("There are no datasets here.", "此处没有数据集。"))
        return await self.rows.get(name)

    async def _rows(self, chosen: dict[str, Any]) -> tuple[str, int]:
        assert self.rows is not None
        columns = list(dict.fromkeys([*chosen["text"], *chosen["fields"]]))
        batches: AsyncIterator[Any] = self.rows.batches(chosen["id"], columns)
        return await self.originals.keep_lines(lines_of(batches, chosen["text"]), ".rows")

    async def _fetch(self, url: str) -> tuple[str, str, int, str]:
        """File name, digest, size and title of what lies at an address."""
        if self.egress is None:
            raise Unavailable(Text("Web pages cannot be fetched here.", "此处无法获取网页。"))
        page = await fetch(self.egress, url, "knowledge")
        digest = await self.originals.keep_bytes(page.content, Path(page.name).suffix)
        return page.name, digest, len(page.content), page.title


def readable_in(target: Collection) -> Callable[[str], bool]:
    """Which names of files a collection takes from folders: pictures only where text is looked for in them."""
    known = set(reader.suffixes(target.settings.get("ocr") != "never"))
    return lambda name: Path(name).suffix.lower() in known
