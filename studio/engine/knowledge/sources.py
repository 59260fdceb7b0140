"""Where documents come from: files, watched folders, web pages, datasets."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from studio.engine import ids
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.knowledge import reader
from studio.engine.knowledge.document import Collection, Document, DocumentChanged
from studio.engine.knowledge.indexing import OLD, Indexing
from studio.engine.knowledge.originals import Originals, files_under
from studio.engine.knowledge.records import FOLDER, MODIFIED, TAGS, UNFINISHED, UNIT, Records
from studio.engine.knowledge.rows_of import PREFIX, HasRows, lines_of
from studio.engine.text import Text

log = logging.getLogger(__name__)
LONGEST_PAGE = 64 << 20  # bytes of a web page
SECONDS = 30  # of silence of a web server
MOST_FIELDS = 50  # columns of a dataset that are kept to filter by, unless others are named
ENDINGS = {
    "text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md", "application/pdf": ".pdf",
    "text/csv": ".csv", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml", "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}  # fmt: skip
DATASET = "dataset"  # key in `details`: {"id", "version", "text", "fields"}


@dataclass(slots=True)
class Sources:
    """Copies what it is given, and writes a document for each: queued, or failed with the reason."""

    records: Records
    originals: Originals
    indexing: Indexing
    events: Events
    egress: Egress | None = None
    rows: HasRows | None = None
    _alone: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def files(
        self, target: Collection, paths: Sequence[Path], folder: str = "", tags: Sequence[str] = ()
    ) -> list[Document]:
        """A document for each file: the one there is where the content is the same, or whose source it is."""
        known = await self.records.documents(target.id)
        return [await self._file(target, path, known, folder, tags) for path in paths]

    async def text(self, target: Collection, text: str, file_name: str, title: str) -> Document:
        kind = reader.reader_for(file_name if Path(file_name).suffix else f"{file_name}.txt")
        content = text.encode()
        digest = await self.originals.keep_bytes(content, kind.suffixes[0])
        for one in await self.records.documents(target.id):
            if one.file_name == file_name and one.digest == digest:
                return one
        return await self.record(
            target, file_name, kind.name, digest=digest, size_bytes=len(content), title=title, details={UNIT: kind.unit}
        )

    async def page(self, target: Collection, url: str) -> Document:
        """A web page as it is now, through the egress guard. Raises what the guard or the server says."""
        name, digest, size, title = await self._fetch(url)
        kind = reader.reader_for(name)
        details = {UNIT: kind.unit, "fetched_at": time.time()}
        there = next((one for one in await self.records.documents(target.id) if one.source_path == url), None)
        if there is not None:
            await self._renew(there, digest, size, kind, details)
            return await self.records.document(there.id)
        return await self.record(
            target, name, kind.name, source_path=url, digest=digest, size_bytes=size, title=title, details=details
        )

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
        source = PREFIX + table.id
        digest, size = await self._rows(chosen)
        kind = reader.readers.get("rows")
        details = {UNIT: kind.unit, DATASET: {**chosen, "version": table.version}}
        there = next((one for one in await self.records.documents(target.id) if one.source_path == source), None)
        if there is not None:
            await self._renew(there, digest, size, kind, details)
            return await self.records.document(there.id)
        return await self.record(
            target, table.name, kind.name, source_path=source, digest=digest, size_bytes=size, details=details
        )

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
        details = (await self.records.details(document.id)).get(DATASET)
        if details is None or self.rows is None:
            return False
        try:
            return bool((await self.rows.known(details["id"])).version != details["version"])
        except StudioError:
            return False

    async def follow(self, target: Collection, folder: str) -> list[str]:
        """Make the documents of a watched folder what its files are. Returns those that wait to be indexed."""
        async with self._alone.setdefault(f"{target.id} {folder}", asyncio.Lock()):
            if not Path(folder).is_dir():
                return []  # unplugged or renamed: nothing is forgotten for that
            files = await asyncio.to_thread(files_under, [Path(folder)])
            known = {one.source_path: one for one in await self.records.documents(target.id) if one.folder == folder}
            there = {str(path) for path in files}
            for gone in [one for path, one in known.items() if path not in there]:
                await self.records.update_document(gone.id, status="deleting")
                await self._gone(gone)
            fresh = [path for path in files if str(path) not in known]
            changed = [
                one for path, one in known.items() if path in there and one.stale and one.status not in UNFINISHED
            ]
            for one in changed:
                await self.refresh(one)
            added = await self.files(target, fresh, folder)
            return [one.id for one in added if one.status in UNFINISHED] + [one.id for one in changed]

    async def _gone(self, document: Document) -> None:
        if document.id in self.indexing.progress:
            self.indexing.leaving.add(document.id)
        else:
            await self.indexing.forget(document.id, document.collection_id, [document.digest])

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
        unchanged = same.digest == digest and same.status in ("indexed", *UNFINISHED)
        if not unchanged:
            await self._renew(same, digest, size, kind, {MODIFIED: modified})
        if folder or tags:
            told = {FOLDER: folder or same.folder, TAGS: sorted({*same.tags, *tags})}
            kept = await self.records.details(same.id)
            await self.records.update_document(same.id, details={**kept, **told})
        return await self.records.document(same.id)

    async def _renew(
        self, document: Document, digest: str, size: int, kind: type[reader.Reader] | None, told: dict[str, Any]
    ) -> None:
        """The document gets new content; what it said before is found until the new is."""
        details = {**await self.records.details(document.id), **told, "attempts": 0}
        if digest != document.digest and document.digest:
            details[OLD] = [*details.get(OLD, []), document.digest]
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
        import httpx

        if self.egress is None:
            raise Unavailable(Text("Web pages cannot be fetched here.", "此处无法获取网页。"))
        try:
            async with (
                self.egress.client(purpose="knowledge", timeout=SECONDS) as client,
                client.stream("GET", url, follow_redirects=True) as answer,
            ):
                if not answer.is_success:
                    raise _unreachable(url, f"HTTP {answer.status_code}")
                parts, size = [], 0
                async for part in answer.aiter_bytes():
                    size += len(part)
                    if size > LONGEST_PAGE:
                        raise _unreachable(url, f"it is longer than {LONGEST_PAGE >> 20} MB")
                    parts.append(part)
                kind, charset = answer.headers.get("content-type", "text/html"), answer.charset_encoding
        except httpx.HTTPError as error:
            raise _unreachable(url, str(error) or type(error).__name__) from error
        content = b"".join(parts)
        name = _name(url, kind)
        if name.endswith(".html"):
            content = await asyncio.to_thread(_as_utf8, content, charset)
        digest = await self.originals.keep_bytes(content, Path(name).suffix)
        return name, digest, len(content), _title(content) if name.endswith(".html") else ""


def _name(url: str, kind: str) -> str:
    parts = urlsplit(url)
    ending = ENDINGS.get(kind.partition(";")[0].strip().lower(), "")
    name = Path(unquote(parts.path)).name.replace("\\", "_")[-150:] or parts.hostname or "page"
    if ending and Path(name).suffix.lower() != ending:
        return f"{name}{ending}"
    return name if Path(name).suffix else f"{name}.html"


def _as_utf8(content: bytes, charset: str | None) -> bytes:
    """A page in the encoding that its server or its head names, as UTF-8."""
    named = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", content[:4096], re.IGNORECASE)
    for encoding in (charset, named.group(1).decode("ascii", "replace") if named else None):
        try:
            if encoding:
                return content.decode(encoding).encode()
        except (LookupError, UnicodeDecodeError):
            continue
    return content


def _title(content: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title>", content[:200_000], re.IGNORECASE | re.DOTALL)
    import html

    return html.unescape(" ".join(found.group(1).decode("utf-8", "replace").split()))[:200] if found else ""


def _unreachable(url: str, reason: str) -> Unavailable:
    return Unavailable(
        Text(f"{url} cannot be fetched: {reason}.", f"无法获取 {url}：{reason}。"),
        Text("Check the address and the connection, then try again.", "请检查网址和网络连接，然后重试。"),
    )
