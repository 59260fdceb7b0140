"""Looking at chunks before a document is indexed and after, leaving some out, giving some other words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from studio.engine.errors import BadParameter
from studio.engine.knowledge import reader
from studio.engine.knowledge.chunks import ChunkStore, Decision, Made
from studio.engine.knowledge.document import Chunk, Preview
from studio.engine.knowledge.index import Index, key_of
from studio.engine.knowledge.indexing import Indexing
from studio.engine.knowledge.reading import Rules
from studio.engine.knowledge.records import Records
from studio.engine.knowledge.split import Piece
from studio.engine.text import Text
from studio.engine.vectors.store import VectorStore

LONGEST = 20_000  # characters of a chunk
PREVIEWED = 2000  # chunks of a preview


@dataclass(frozen=True, slots=True)
class Editing:
    """What people decide about chunks. It holds for later versions of the file too, as long as the words stay."""

    records: Records
    chunks: ChunkStore
    vectors: VectorStore
    index: Index
    indexing: Indexing

    async def preview(self, collection: str, path: Path | str, characters: int = 0, overlap: int = -1) -> list[Preview]:
        """The chunks that a file would become, nothing of it kept. Raises `Unreadable` with the reason."""
        usual = self.indexing.rules(await self.records.collection(collection))
        rules = Rules(characters or usual.characters, usual.overlap if overlap < 0 else overlap, usual.ocr)
        kind, path = reader.reader_for(str(path)), Path(path)
        shown: list[Preview] = []
        times: Counter[str] = Counter()
        async with self.index.readers.read(path, kind.name, self.indexing.limits(), rules) as reading:
            async for part in reading.pages():
                shown += [
                    _preview(piece, len(shown) + n, times)
                    for n, piece in enumerate(p for one in part for p in one.pieces)
                ]
                if len(shown) >= PREVIEWED:
                    break
        return shown[:PREVIEWED]

    async def decide(self, document_id: str, excluded: list[str], texts: dict[str, str]) -> None:
        """Before a document is indexed: keys of a preview to leave out, and other words for some."""
        keys = {*excluded, *texts}
        await self.chunks.decide(document_id, {key: Decision(key in excluded, texts.get(key)) for key in keys})

    async def exclude(self, chunk_id: str, excluded: bool = True) -> Chunk:
        """Leave a chunk out of every search, or take it in again."""
        chunk = await self.chunks.chunk(chunk_id)
        await self.chunks.decide(chunk.document_id, {_key(chunk): Decision(excluded, _words(chunk))})
        await self.chunks.exclude(chunk_id, excluded)
        return await self.chunks.chunk(chunk_id)

    async def reword(self, chunk_id: str, text: str) -> Chunk:
        """Give a chunk other words, which are what is searched and answered from; its place stays. Its own words undo it."""
        chunk = await self.chunks.chunk(chunk_id)
        text = text.strip()
        if not text or len(text) > LONGEST:
            raise BadParameter(
                Text(f"A chunk has 1 to {LONGEST:,} characters.", f"片段应有 1 到 {LONGEST:,} 个字符。"),
                Text("Leave it out instead, if it says nothing.", "如无内容可改为排除该片段。"),
            )
        collection = await self.records.collection(chunk.collection_id)
        piece = Piece(0, chunk.page, 0, len(text), text, chunk.heading, [(0, len(text))])
        ((made, whole),) = await self.index.embedded(collection, [Made(chunk.id, chunk.position, piece, text)])
        await self.chunks.decide(chunk.document_id, {_key(chunk): Decision(chunk.excluded, text)})
        await self.vectors.upsert(collection.id, [chunk.id], whole.reshape(1, -1))
        await self.chunks.reword(chunk.id, text, made.vector, made.parts, [(0, len(text))])
        return await self.chunks.chunk(chunk_id)


def _key(chunk: Chunk) -> str:
    return chunk.id.removeprefix(f"{chunk.document_id}-")


def _words(chunk: Chunk) -> str | None:
    return chunk.text if chunk.original is not None else None


def _preview(piece: Piece, position: int, times: Counter[str]) -> Preview:
    return Preview(
        key=key_of(piece, times), position=position, text=piece.text, page=piece.page, row=piece.row, start=piece.start, end=piece.end,
        heading=piece.heading,
    )  # fmt: skip
