"""Finding chunks: by meaning, by words, and by both fused; why each was found is told with it.

How the two are fused, and what was measured: docs/decisions/search-fusion.md. The store's index names candidates by the vector of
the whole chunk; these and those that the words name are then compared exactly, sentence by sentence.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.engine.knowledge.background import Background
from studio.engine.knowledge.chunks import CHUNK, FOUND, ChunkStore, chunk_of, marks, parts_of
from studio.engine.knowledge.document import Chunk, Collection, Document, Found, Mode
from studio.engine.knowledge.embeds import Embeds, Guard
from studio.engine.knowledge.keyword import COMMON, keyword_search
from studio.engine.knowledge.narrow import Narrow
from studio.engine.knowledge.small import cosines
from studio.engine.knowledge.words import one_line, tokens
from studio.engine.vectors.store import Vectors, VectorStore

BEST = 50  # chunks of each kind that are fused
NEAR = 100  # candidates that the store's index is asked for
EXACT = 20_000  # chunks that a filter leaves, up to which all are compared
DENSE_SHARE = 0.6  # weight of meaning beside 1 for words
WORD_SHARE = 0.35  # weight of shared words when the best sentence of a chunk is chosen
RERANKED = 30  # of the best that a reranker reads
DocumentsById = Callable[[list[str]], Awaitable[dict[str, Document]]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk with its sentences (spans in the chunk's text) and how near each and the whole are; 0 without vectors."""

    chunk: Chunk
    spans: list[tuple[int, int]]
    sentences: list[float]
    whole: float

    @property
    def sentence(self) -> float:
        return max(self.sentences, default=self.whole)

    @property
    def nearness(self) -> float:
        """The mean of the nearest sentence and the whole: better than either."""
        return (self.sentence + self.whole) / 2


@dataclass(frozen=True, slots=True)
class Ranking:
    """What each kind of search says: scores by chunk id, from the best down, at most `BEST` each."""

    dense: dict[str, float] = field(default_factory=dict)
    keyword: dict[str, float] = field(default_factory=dict)

    def shares(self) -> dict[str, tuple[float, float]]:
        """What meaning and words add to each score, each scaled to 0…1 by its own best. The best sum first."""
        dense, keyword = _scaled(self.dense, min(self.dense.values(), default=0.0)), _scaled(self.keyword, 0.0)
        weights = (DENSE_SHARE if dense else 0.0, 1.0 if keyword else 0.0)
        total = sum(weights) or 1.0
        shares = {
            id: (weights[0] * dense.get(id, 0.0) / total, weights[1] * keyword.get(id, 0.0) / total)
            for id in {**dense, **keyword}
        }
        return dict(sorted(shares.items(), key=lambda item: (-sum(item[1]), item[0])))


@dataclass(frozen=True, slots=True)
class Search:
    """Search over chunks and vectors."""

    chunks: ChunkStore
    vectors: VectorStore
    embeds: Embeds
    background: Background
    guard: Guard

    async def find(
        self, query: str, collections: Sequence[Collection], limit: int, mode: Mode, documents: DocumentsById,
        narrow: Narrow | None = None, reranker: str = "",
    ) -> list[Found]:  # fmt: skip
        """The best chunks first. An empty query or no collections find nothing."""
        if not query.strip() or not collections or limit < 1:
            return []
        best = max(BEST, limit)
        (vectors, near), keyword = await asyncio.gather(
            self._meaning(query, collections if mode != "keyword" else [], max(NEAR, 2 * limit), narrow),
            self._keyword(query, collections if mode != "dense" else [], best, narrow),
        )
        candidates = await self.candidates([*dict.fromkeys([*near, *keyword])], vectors)
        dense = await self._comparable(collections, vectors, [candidates[id] for id in near if id in candidates])
        ranking = Ranking(_best(dense, best), {id: score for id, score in keyword.items() if id in candidates})
        shares = ranking.shares()
        chosen = list(shares)[: max(limit, RERANKED) if reranker else limit]
        known = await documents([candidates[id].chunk.document_id for id in chosen])
        wanted = set(tokens(query))
        found = [
            _found(candidates[id], known[candidates[id].chunk.document_id], shares[id], ranking, wanted, bool(vectors))
            for id in chosen
            if candidates[id].chunk.document_id in known
        ]
        return (await self._reranked(query, found, reranker))[:limit] if reranker and found else found

    async def candidates(self, ids: Sequence[str], vectors: dict[str, Vectors]) -> dict[str, Candidate]:
        """Those of these chunks that can be found, by id, compared exactly with the query's vectors by collection id."""
        return await self.chunks.database.read(lambda connection: _candidates(connection, ids, vectors))

    async def _meaning(
        self, query: str, collections: Sequence[Collection], best: int, narrow: Narrow | None
    ) -> tuple[dict[str, Vectors], list[str]]:
        """The query's vectors by collection id, and the ids of chunks near them: for each embedding model the best ones."""
        groups: dict[str, list[Collection]] = {}
        for one in collections:
            await self.guard.check(one)
            groups.setdefault(one.embedder, []).append(one)
        asked = (self.embeds.embed(model, [query], purpose="query") for model in groups)
        vectors = dict(zip(groups, [many[0] for many in await asyncio.gather(*asked)], strict=True))
        found = await asyncio.gather(
            *(self._near([one.id for one in group], vectors[model], best, narrow) for model, group in groups.items())
        )
        by_collection = {one.id: vectors[one.embedder] for one in collections}
        return by_collection, [id for many in found for id in many]

    async def _comparable(
        self, collections: Sequence[Collection], vectors: dict[str, Vectors], near: Sequence[Candidate]
    ) -> dict[str, float]:
        """How near each is by id; where several models tell it, how far above what each says of texts that are of no concern."""
        models = {one.id: one.embedder for one in collections if one.id in vectors}
        if len(set(models.values())) < 2:
            return {one.chunk.id: one.nearness for one in near}
        levels = {id: await self.background.level(model, vectors[id]) for id, model in models.items()}
        return {one.chunk.id: levels[one.chunk.collection_id].above(one.nearness) for one in near}

    async def _keyword(
        self, query: str, collections: Sequence[Collection], best: int, narrow: Narrow | None
    ) -> dict[str, float]:
        if not collections:
            return {}
        only, values = narrow.condition() if narrow else ("", [])
        ids = [one.id for one in collections]
        return dict(
            await self.chunks.database.read(
                lambda connection: keyword_search(connection, query, ids, best, only, values)
            )
        )

    async def _near(self, collections: list[str], vector: Vectors, best: int, narrow: Narrow | None) -> list[str]:
        """Ids of chunks near the query; of those that a filter leaves, all are compared where they are few."""
        read = self.chunks.database.read
        if narrow is not None:
            found = await read(lambda connection: _compared(connection, narrow, collections, vector, best))
            if found is not None:
                return found
            best *= 10
        hits = await asyncio.gather(*(self.vectors.search(id, vector, best) for id in collections))
        nearest = sorted((hit for many in hits for hit in many), key=lambda hit: -hit.score)[:best]
        ids = list(dict.fromkeys(hit.id for hit in nearest))
        return ids if narrow is None else await read(lambda connection: _allowed(connection, narrow, ids))

    async def _reranked(self, query: str, found: list[Found], reranker: str) -> list[Found]:
        """The same in the order that a reranker gives, which reads query and chunk together."""
        texts = [one.chunk.text for one in found]
        body = {"query": query, "documents": texts}
        answer = await self.embeds.answer(reranker, "/v1/rerank", body)
        scores = {int(row["index"]): float(row["relevance_score"]) for row in answer["results"]}
        order = sorted(range(len(found)), key=lambda place: (-scores.get(place, float("-inf")), place))
        return [found[place].model_copy(update={"rerank": scores.get(place)}) for place in order]


def _candidates(connection: Any, ids: Sequence[str], vectors: dict[str, Vectors]) -> dict[str, Candidate]:
    rows = []
    for part in parts_of(ids):
        query = f"select {CHUNK}, sentences, vector, parts from chunks {FOUND} where excluded = 0 and chunks.id in"
        rows += connection.execute(f"{query} ({marks(part)})", part).fetchall()
    found: dict[str, Candidate] = {}
    for collection_id in dict.fromkeys(row[2] for row in rows):
        mine = [row for row in rows if row[2] == collection_id]
        vector = vectors.get(collection_id)
        scores = cosines([row[-2] + row[-1] for row in mine], vector) if vector is not None else [[0.0]] * len(mine)
        for row, given in zip(mine, scores, strict=True):
            whole, *sentences = (float(score) for score in given)
            spans = [(start, end) for start, end in json.loads(row[-3])]
            found[row[0]] = Candidate(chunk_of(row[:-3]), spans, sentences or [whole] * len(spans), whole)
    return found


def _compared(
    connection: Any, narrow: Narrow, collections: list[str], vector: Vectors, best: int
) -> list[str] | None:  # fmt: skip
    """The nearest of all that the filter leaves, or None where they are too many to compare."""
    only, values = narrow.condition()
    where = f"from chunks {FOUND} where excluded = 0 and chunks.collection_id in ({marks(collections)}) and {only}"
    given = [*collections, *values]
    count = connection.execute(f"select count(*) from (select 1 {where} limit {EXACT + 1})", given).fetchone()[0]
    if count > EXACT:
        return None
    rows = connection.execute(f"select chunks.id, vector {where}", given).fetchall()
    scores = cosines([row[1] for row in rows], vector)
    scored = [(float(score[0]), row[0]) for score, row in zip(scores, rows, strict=True)]
    return [id for _, id in sorted(scored, key=lambda item: (-item[0], item[1]))[:best]]


def _allowed(connection: Any, narrow: Narrow, ids: list[str]) -> list[str]:
    only, values = narrow.condition()
    allowed: set[str] = set()
    for part in parts_of(ids):
        query = f"select chunks.id from chunks {FOUND} where excluded = 0 and {only} and chunks.id in ({marks(part)})"
        allowed |= {row[0] for row in connection.execute(query, [*values, *part])}
    return [id for id in ids if id in allowed]


def _scaled(scores: dict[str, float], zero: float) -> dict[str, float]:
    reach = max(scores.values(), default=0.0) - zero
    return {id: (score - zero) / reach if reach > 0 else 1.0 for id, score in scores.items()}


def _best(scores: dict[str, float], count: int) -> dict[str, float]:
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:count])


def _found(
    candidate: Candidate, document: Document, shares: tuple[float, float], ranking: Ranking, wanted: set[str], dense: bool
) -> Found:  # fmt: skip
    chunk = candidate.chunk
    start, end = _best_sentence(candidate, wanted)
    words = set(tokens(f"{chunk.heading}\n{chunk.text}"))
    edited = chunk.original is not None
    return Found(
        chunk=chunk, document=document, score=round(sum(shares), 6),
        dense=round(candidate.nearness, 6) if dense else None, keyword=ranking.keyword.get(chunk.id),
        dense_rank=_rank(ranking.dense, chunk.id), keyword_rank=_rank(ranking.keyword, chunk.id),
        sentence=round(candidate.sentence, 6) if dense else None, whole=round(candidate.whole, 6) if dense else None,
        words=[word for word in wanted if word in words and word not in COMMON], dense_share=round(shares[0], 6), keyword_share=round(shares[1], 6),
        matched=one_line(chunk.text[start:end]), matched_start=chunk.start + (0 if edited else start),
        matched_end=chunk.end if edited else chunk.start + end,
    )  # fmt: skip


def _best_sentence(candidate: Candidate, wanted: set[str]) -> tuple[int, int]:
    """The sentence that answers best: by its nearness and the share of the query's words that it holds."""
    text = candidate.chunk.text

    def fit(item: tuple[tuple[int, int], float]) -> float:
        (start, end), cosine = item
        return cosine + WORD_SHARE * len(wanted & set(tokens(text[start:end]))) / max(len(wanted), 1)

    pairs = list(zip(candidate.spans, candidate.sentences, strict=False))
    return max(pairs, key=fit)[0] if pairs else (0, len(text))


def _rank(scores: dict[str, float], id: str) -> int | None:
    return list(scores).index(id) + 1 if id in scores else None
