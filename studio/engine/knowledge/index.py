"""Taking one document in: read, split, keep, embed, ready. And taking it out again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.engine.errors import BadState
from studio.engine.knowledge.chunks import ChunkStore
from studio.engine.knowledge.document import Collection, Document
from studio.engine.knowledge.embeds import Embeds, check_embedder
from studio.engine.knowledge.reader import readers
from studio.engine.knowledge.reading import Limits, read
from studio.engine.knowledge.split import split
from studio.engine.settings import KnowledgeSettings
from studio.engine.text import Text
from studio.engine.vectors.store import VectorStore

BATCH = 48  # windows embedded at once: half a second of one thread, so progress moves and a cancel is quick
READ_SHARE = 0.15  # of the progress bar
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What came of a document."""

    page_count: int | None
    chunk_count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Index:
    """Chunks in SQLite and the vectors of their windows, kept in step."""

    chunks: ChunkStore
    vectors: VectorStore
    embeds: Embeds

    async def add(
        self, document: Document, file: Path, collection: Collection, settings: KnowledgeSettings, progress: Progress
    ) -> Indexed:
        """Take a document in, in place of whatever was there of it. It is found from the moment this returns."""
        began = time.monotonic()
        await check_embedder(self.embeds, collection)
        await self.remove(document.id, collection.id)
        limits = Limits(settings.parse_seconds, settings.parse_memory_mb)
        pages = await read(file, document.format, limits, document.file_name)
        progress(READ_SHARE)
        markdown = readers.get(document.format).markdown
        pieces = split(pages, settings.chunk_characters, settings.chunk_overlap, markdown)
        if not pieces:
            raise _empty(document)
        await self.chunks.add(document.id, collection.id, pages, pieces)
        await self._embed(document.id, collection, progress)
        await self.chunks.set_ready(document.id, True)
        numbered = sum(page.number is not None for page in pages)
        return Indexed(numbered or None, len(pieces), time.monotonic() - began)

    async def remove(self, document_id: str, collection_id: str) -> None:
        """Take a document out. It is not found from the first step on, and no step needs the one before to be repeated."""
        await self.chunks.set_ready(document_id, False)
        windows = await self.chunks.windows_of(document_id)
        if windows:
            await self.vectors.delete(collection_id, [one.id for many in windows.values() for one in many])
        await self.chunks.remove(document_id)

    async def _embed(self, document_id: str, collection: Collection, progress: Progress) -> None:
        by_chunk = await self.chunks.windows_of(document_id)
        windows = [window for many in by_chunk.values() for window in many]
        for start in range(0, len(windows), BATCH):
            part = windows[start : start + BATCH]
            vectors = await self.embeds.embed(collection.embedder, [one.text for one in part], purpose="passage")
            await self.vectors.upsert(collection.id, [one.id for one in part], vectors)
            progress(READ_SHARE + (1 - READ_SHARE) * (start + len(part)) / len(windows))


def _empty(document: Document) -> BadState:
    return BadState(Text(f"{document.file_name} holds no text.", f"{document.file_name} 没有文字内容。"))
