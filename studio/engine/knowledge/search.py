"""Finding chunks: by meaning, by words, and by both fused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.engine.knowledge.chunks import ChunkStore, Sentence
from studio.engine.knowledge.document import Chunk, Collection, Document, Found, Mode
from studio.engine.knowledge.embeds import Embeds, check_embedder
from studio.engine.knowledge.words import one_line, tokens
from studio.engine.vectors.store import Hit, Vectors, VectorStore

BEST = 50  # chunks of each kind that are fused
RRF = 60  # the constant of reciprocal rank fusion
SENTENCES = 4  # sentence vectors asked for each chunk wanted
WORD_SHARE = 0.35  # weight of shared words when the best sentence of a chunk is chosen

DocumentsById = Callable[[list[str]], Awaitable[dict[str, Document]]]


@dataclass(slots=True)
class Ranking:
    """What each kind of search says: chunk ids from the best down, and their scores."""

    dense: dict[str, float] = field(default_factory=dict)
    keyword: dict[str, float] = field(default_factory=dict)

    def fused(self) -> list[tuple[str, float]]:
        """Reciprocal rank fusion, scaled so that the first of every list scores 1."""
        lists = [scores for scores in (self.dense, self.keyword) if scores]
        scores: dict[str, float] = {}
        for ranked in lists:
            for rank, id in enumerate(ranked, 1):
                scores[id] = scores.get(id, 0.0) + (RRF + 1) / (RRF + rank) / len(lists)
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, slots=True)
class Search:
    """Search over chunks and vectors. Dense search folds sentences to chunks: a chunk is as near as its nearest sentence."""

    chunks: ChunkStore
    vectors: VectorStore
    embeds: Embeds

    async def find(
        self, query: str, collections: Sequence[Collection], limit: int, mode: Mode, documents: DocumentsById
    ) -> list[Found]:
        """The best chunks first. An empty query or no collections find nothing."""
        if not query.strip() or not collections or limit < 1:
            return []
        vectors = {} if mode == "keyword" else await self._query_vectors(query, collections)
        best = max(BEST, limit)
        dense, keyword = await asyncio.gather(
            self._dense(collections, vectors, best),
            self.chunks.keyword_search(query, [one.id for one in collections] if mode != "dense" else [], best),
        )
        ranking = Ranking(dense, dict(keyword))
        fused = ranking.fused()
        kept = await self.chunks.chunks([id for id, _ in fused])
        best_ids = [(id, score) for id, score in fused if id in kept][:limit]
        known = await documents([kept[id].document_id for id, _ in best_ids])
        scores = await self._sentence_scores([kept[id] for id, _ in best_ids], vectors)
        wanted = set(tokens(query))
        return [
            _found(kept[id], known[kept[id].document_id], score, ranking, scores.get(id, []), wanted)
            for id, score in best_ids
            if kept[id].document_id in known
        ]

    async def _query_vectors(self, query: str, collections: Sequence[Collection]) -> dict[str, Vectors]:
        """The query's vector by collection id; each embedding model is asked once."""
        by_model: dict[str, Any] = {}
        for collection in collections:
            await check_embedder(self.embeds, collection)
            if collection.embedder not in by_model:
                by_model[collection.embedder] = (await self.embeds.embed(collection.embedder, [query], purpose="query"))[0]
        return {collection.id: by_model[collection.embedder] for collection in collections}

    async def _dense(self, collections: Sequence[Collection], vectors: dict[str, Vectors], best: int) -> dict[str, float]:
        if not vectors:
            return {}
        hits = await asyncio.gather(*(self.vectors.search(one.id, vectors[one.id], best * SENTENCES) for one in collections))
        return _folded((hit for many in hits for hit in many), best)

    async def _sentence_scores(
        self, chunks: Sequence[Chunk], vectors: dict[str, Vectors]
    ) -> dict[str, list[tuple[Sentence, float | None]]]:
        """Every sentence of these chunks with its exact cosine, None without vectors."""
        sentences = await self.chunks.sentences([chunk.id for chunk in chunks])
        scores: dict[str, float] = {}
        for collection_id, vector in vectors.items():
            ids = [one.id for chunk in chunks if chunk.collection_id == collection_id for one in sentences[chunk.id]]
            scores |= {hit.id: hit.score for hit in await self.vectors.search(collection_id, vector, len(ids), ids=ids)}
        return {id: [(one, scores.get(one.id)) for one in many] for id, many in sentences.items()}


def _folded(hits: Iterable[Hit], best: int) -> dict[str, float]:
    """Sentence hits as chunks, each with its best sentence's score, best first."""
    scores: dict[str, float] = {}
    for hit in hits:
        id = hit.id.rpartition("#")[0]
        scores[id] = max(hit.score, scores.get(id, -1.0))
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:best])


def _found(
    chunk: Chunk, document: Document, score: float, ranking: Ranking,
    sentences: list[tuple[Sentence, float | None]], wanted: set[str],
) -> Found:  # fmt: skip
    matched = max(sentences, key=lambda item: _fit(*item, wanted), default=(None, None))[0]
    cosines = [cosine for _, cosine in sentences if cosine is not None]
    return Found(
        chunk=chunk, document=document, score=round(score, 6),
        dense=max(cosines) if cosines else ranking.dense.get(chunk.id), keyword=ranking.keyword.get(chunk.id),
        dense_rank=_rank(ranking.dense, chunk.id), keyword_rank=_rank(ranking.keyword, chunk.id),
        matched=one_line(matched.text) if matched else "",
        matched_start=matched.start if matched else chunk.start, matched_end=matched.end if matched else chunk.end,
    )  # fmt: skip


def _fit(sentence: Sentence, cosine: float | None, wanted: set[str]) -> float:
    """How well a sentence answers: its nearness and the share of the query's words that it holds."""
    shared = len(wanted & set(tokens(sentence.text))) / max(len(wanted), 1)
    return (cosine or 0.0) + WORD_SHARE * shared


def _rank(scores: dict[str, float], id: str) -> int | None:
    return list(scores).index(id) + 1 if id in scores else None
