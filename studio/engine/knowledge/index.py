"""Taking one document in: read, cut, embed, keep. And taking it out again.

What is there of a document already is not made again: chunks whose words have not changed keep their ids and their vectors, and
work that a kill or a pause cut off goes on where it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.engine.errors import BadState
from studio.engine.knowledge.chunks import ChunkStore, Decision, Made
from studio.engine.knowledge.document import Collection, Document
from studio.engine.knowledge.embeds import Embeds, Guard
from studio.engine.knowledge.reader import Page, Unreadable
from studio.engine.knowledge.reading import Limits, Readers, Reading, Rules
from studio.engine.knowledge.small import packed
from studio.engine.knowledge.split import Piece
from studio.engine.text import Text
from studio.engine.vectors.store import VectorStore

BATCH = 64  # texts embedded at once: half a second of one thread, so progress moves and a cancel is quick
HELD = 256  # chunks that are kept without embedding, at most, before they are written
READ_SHARE = 0.1  # of the progress bar
VERSION = 2  # of how documents are cut and embedded; another one makes all of them anew
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What came of a document. `embedded` counts the chunks that were not there before."""

    page_count: int | None
    chunk_count: int
    embedded: int
    seconds: float


@dataclass(slots=True)
class _Batch:
    """Chunks and pages on their way to the disk."""

    chunks: list[Made] = field(default_factory=list)
    pages: list[tuple[int, Page]] = field(default_factory=list)
    texts: int = 0

    def full(self) -> bool:
        return self.texts >= BATCH or len(self.chunks) + len(self.pages) >= HELD


def version_of(digest: str, rules: Rules) -> str:
    """The name of what a file's content becomes when it is cut by these rules."""
    content = f"{VERSION}|{digest}|{rules.characters}|{rules.overlap}" + (
        "" if rules.ocr == "never" else f"|{rules.ocr}"
    )
    return hashlib.blake2b(content.encode(), digest_size=12).hexdigest()


@dataclass(slots=True)
class Index:
    """Chunks in SQLite and their vectors beside them, kept in step."""

    chunks: ChunkStore
    vectors: VectorStore
    embeds: Embeds
    guard: Guard
    readers: Readers

    async def add(
        self, document: Document, file: Path, collection: Collection, rules: Rules, limits: Limits, progress: Progress
    ) -> Indexed:
        """Take a document in. The moment this returns it is found, and what its older version said is not."""
        began = time.monotonic()
        await self.guard.check(collection)
        version = version_of(document.digest, rules)
        await self.chunks.begin(document.id, collection.id, version)
        await self._prune(document.id, collection.id)
        name = document.file_name

        def told(share: float) -> None:
            progress(READ_SHARE * share)

        async with self.readers.read(file, document.format, limits, rules, name, told=told) as reading:
            progress(READ_SHARE)
            if not reading.piece_count:
                raise _empty(document) if document.format != "image" else _unrecognised(document)
            embedded = await self._take(document, collection, version, reading, progress)
            await self.chunks.finish(document.id, document.digest)
            await self._prune(document.id, collection.id)
            return Indexed(reading.numbered or None, reading.piece_count, embedded, time.monotonic() - began)

    async def remove(self, document_id: str, collection_id: str) -> None:
        """Take a document out. It is not found from the first step on, and no step needs the one before to be repeated."""
        await self.chunks.hide(document_id)
        await self._prune(document_id, collection_id, everything=True)
        await self.chunks.forget(document_id)

    async def forget_chunks(self, document_id: str) -> None:
        """The same where the vectors are gone already, so that all of it is embedded anew. What people decided about it stays."""
        await self.chunks.hide(document_id)
        while ids := list(dict.fromkeys(await self.chunks.stale_ids(document_id, everything=True))):
            await self.chunks.drop_stale(document_id, ids, everything=True)
        await self.chunks.forget(document_id)

    async def repair(self) -> None:
        """Make good what a kill left: vectors without chunks, chunks that no version needs."""
        for id, collection_id in await self.chunks.pending():
            there = await self.chunks.shared([id])
            if not there:
                await self.vectors.delete(collection_id, [id])
            await self.chunks.clear_pending([id])
        for document_id, collection_id in await self.chunks.littered():
            await self._prune(document_id, collection_id)

    async def embedded(self, collection: Collection, made: Sequence[Made]) -> list[tuple[Made, Any]]:
        """Chunks with their vectors, and the whole vector of each for the store."""
        texts, counts = [], []
        for one in made:
            windows = _windows(one)
            texts += windows
            counts.append(len(windows))
        vectors = await self.embeds.embed(collection.embedder, texts, purpose="passage")
        done, place = [], 0
        for one, count in zip(made, counts, strict=True):
            whole, parts = vectors[place], vectors[place + 1 : place + count]
            done.append((replace(one, vector=packed(whole), parts=packed(parts) if count > 1 else b""), whole))
            place += count
        return done

    async def _take(
        self, document: Document, collection: Collection, version: str, reading: Reading, progress: Progress
    ) -> int:
        """Embed and keep batch after batch; the disk writes one while the next is embedded."""
        embedded, seen = 0, 0
        writing: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches(document, version, reading):
                fresh = [one for one in batch.chunks if one.like is None]
                if fresh:
                    await self.chunks.expect(document.id, collection.id, [one.id for one in fresh])
                done = await self.embedded(collection, fresh) if fresh else []
                if writing:
                    await writing
                writing = asyncio.create_task(self._write(document.id, collection.id, version, batch, done))
                embedded += len(fresh)
                seen = max([seen, *(one.position + 1 for one in batch.chunks)])
                progress(READ_SHARE + (1 - READ_SHARE) * seen / reading.piece_count)
        finally:
            if writing:
                await asyncio.shield(writing)
        progress(1.0)
        return embedded

    async def _write(
        self, document_id: str, collection_id: str, version: str, batch: _Batch, done: list[tuple[Made, Any]]
    ) -> None:
        import numpy

        if done:
            await self.vectors.upsert(collection_id, [one.id for one, _ in done], numpy.stack([one for _, one in done]))
        made = {one.id: one for one, _ in done}
        await self.chunks.keep(
            document_id, collection_id, version, batch.pages, [made.get(one.id, one) for one in batch.chunks]
        )

    async def _batches(self, document: Document, version: str, reading: Reading) -> AsyncIterator[_Batch]:
        """What is not there yet, in the order it stands."""
        decisions = await self.chunks.decisions(document.id)
        times: Counter[str] = Counter()
        batch, place, position = _Batch(), 0, 0
        async for part in reading.pages():
            named = []
            for one in part:
                batch.pages.append((place, one.page))
                place += 1
                for piece in one.pieces:
                    named.append(_named(document.id, position, piece, times, decisions))
                    position += 1
            known = await self.chunks.known(document.id, version, [one.id for one in named])
            for made in named:
                if made.id in known.done:
                    continue
                like = known.like.get(made.id)
                batch.chunks.append(replace(made, like=like))
                batch.texts += 0 if like is not None else 1 + len(made.piece.sentences)
                if batch.full():
                    yield batch
                    batch = _Batch()
        if batch.chunks or batch.pages:
            yield batch

    async def _prune(self, document_id: str, collection_id: str, everything: bool = False) -> None:
        """Forget chunks that no version needs, their vectors first."""
        while ids := list(dict.fromkeys(await self.chunks.stale_ids(document_id, everything))):
            shared = set() if everything else await self.chunks.shared(ids)
            if gone := [id for id in ids if id not in shared]:
                await self.vectors.delete(collection_id, gone)
            await self.chunks.drop_stale(document_id, ids, everything)


def key_of(piece: Piece, times: Counter[str]) -> str:
    """What a chunk is called in its document: by its words, and by a number where the same words come again."""
    times[piece.key] += 1
    return piece.key if times[piece.key] == 1 else f"{piece.key}~{times[piece.key]}"


def _named(document_id: str, position: int, piece: Piece, times: Counter[str], decisions: dict[str, Decision]) -> Made:
    """A chunk's id is its document and its key."""
    key = key_of(piece, times)
    decided = decisions.get(key, Decision())
    return Made(f"{document_id}-{key}", position, piece, decided.text or piece.text, decided.excluded)


def _windows(made: Made) -> list[str]:
    """What of a chunk gets a vector: the whole, and each sentence where there are several."""
    piece = made.piece
    if made.text != piece.text or len(piece.sentences) < 2:
        return [made.text]
    sentences = [piece.text[start - piece.start : end - piece.start] for start, end in piece.sentences]
    return [made.text, *sentences]


def _unrecognised(document: Document) -> Unreadable:
    return Unreadable(
        Text(
            f"No text could be recognised in {document.file_name}.",
            f"未能在 {document.file_name} 中识别出文字。",
        ),
        Text("Take a sharper or larger picture, if there is text in it.", "如图中有文字，请换用更清晰的图片。"),
    )


def _empty(document: Document) -> BadState:
    return BadState(Text(f"{document.file_name} holds no text.", f"{document.file_name} 没有文字内容。"))
