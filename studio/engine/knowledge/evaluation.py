"""Labelled queries of a collection, and how well each way of searching finds what they name: kept over time."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from studio.engine import ids
from studio.engine.errors import BadParameter, BadState
from studio.engine.files import write_json
from studio.engine.knowledge.document import Found, Mode
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.knowledge.service import Knowledge

MODES: tuple[Mode, ...] = ("hybrid", "dense", "keyword")
KEPT = 200  # measurements of one collection


class Target(BaseModel):
    """What answers a query: a document by id or file name, with a page or row where it matters, or words of the chunk."""

    document: str = ""
    page: int | None = None
    row: int | None = None
    text: str = ""

    def fits(self, found: Found) -> bool:
        document, chunk = found.document, found.chunk
        return (
            (not self.document or self.document in (document.id, document.file_name, document.title))
            and self.page in (None, chunk.page)
            and self.row in (None, chunk.row)
            and " ".join(self.text.split()) in " ".join(chunk.text.split())
        )


class Judged(BaseModel):
    """A query with what answers it."""

    id: str = ""
    query: str
    relevant: list[Target]


class Measured(BaseModel):
    """How one way of searching did over all queries: shares from 0 to 1, `seconds` the median and the slowest of twenty of a search.

    `ranks` holds for each query by its id the place of the first right chunk, None where none came.
    """

    id: str
    at: float
    mode: Mode
    k: int
    reranker: str = ""
    embedder: str = ""
    chunk_characters: int = 0
    queries: int
    recall: float
    mrr: float
    ndcg: float
    seconds: float = 0.0
    seconds_p95: float = 0.0
    ranks: dict[str, int | None] = {}


class Evaluations:
    """One small file for each collection."""

    def __init__(self, folder: Path, knowledge: Knowledge) -> None:
        self._folder = folder
        self._knowledge = knowledge

    async def queries(self, collection: str) -> list[Judged]:
        """In the order they were added."""
        return [Judged.model_validate(one) for one in (await self._kept(await self._id(collection)))["queries"]]

    async def history(self, collection: str) -> list[Measured]:
        """What was measured, newest first."""
        kept = await self._kept(await self._id(collection))
        return [Measured.model_validate(one) for one in reversed(kept["measured"])]

    async def add(self, collection: str, queries: Sequence[Judged | dict[str, Any]]) -> list[Judged]:
        """Add labelled queries; one with the words of another takes its place."""
        given = [_judged(one) for one in queries]
        collection_id = await self._id(collection)
        kept = await self._kept(collection_id)
        known = {one["query"]: Judged.model_validate(one) for one in kept["queries"]}
        for one in given:
            before = known.get(one.query)
            known[one.query] = one.model_copy(update={"id": before.id if before else ids.new("judged")})
        kept["queries"] = [one.model_dump(mode="json") for one in known.values()]
        await self._keep(collection_id, kept)
        return list(known.values())

    async def remove(self, collection: str, query_id: str) -> None:
        collection_id = await self._id(collection)
        kept = await self._kept(collection_id)
        kept["queries"] = [one for one in kept["queries"] if one["id"] != query_id]
        await self._keep(collection_id, kept)

    async def run(
        self, collection: str, k: int = 10, modes: Sequence[Mode] = MODES, reranker: str = "",
        progress: Callable[[float], None] = lambda _: None,
    ) -> list[Measured]:  # fmt: skip
        """Ask every query in every mode, and keep what came of it. Raises `BadState` without any query."""
        known = await self._knowledge.collection(collection)
        queries = await self.queries(known.id)
        if not queries:
            raise BadState(
                Text(f"“{known.name}” has no labelled queries.", f"“{known.name}”没有标注的查询。"),
                Text("Mark the right chunk of a search first.", "请先在检索结果中标注正确的片段。"),
            )
        at, steps = time.time(), itertools.count(1)

        async def ask(one: Judged, mode: Mode) -> tuple[list[Found], float]:
            began = time.perf_counter()
            found = await self._knowledge.search(one.query, [known.id], k, mode, rerank=reranker)
            took = time.perf_counter() - began
            progress(next(steps) / (len(queries) * len(modes)))
            return found, took

        measured = []
        for mode in modes:
            answers = {one.id: await ask(one, mode) for one in queries}
            took = sorted(seconds for _, seconds in answers.values())
            figures = figures_of(queries, {query: found for query, (found, _) in answers.items()}, k)
            measured.append(
                Measured(
                    id=ids.new("measure"), at=at, mode=mode, k=k, reranker=reranker, embedder=known.embedder,
                    chunk_characters=int(known.settings.get("chunk_characters") or 0), queries=len(queries),
                    seconds=round(took[len(took) // 2], 5), seconds_p95=round(took[int(len(took) * 0.95)], 5), **figures,
                )
            )  # fmt: skip
        kept = await self._kept(known.id)
        kept["measured"] = [*kept["measured"], *(one.model_dump(mode="json") for one in measured)][-KEPT:]
        await self._keep(known.id, kept)
        return measured

    async def whole(self, collection_id: str) -> dict[str, Any]:
        """All that is kept of a collection, to be carried along."""
        return await self._kept(collection_id)

    async def take(self, collection_id: str, kept: dict[str, Any]) -> None:
        """Keep what was carried along."""
        queries = [_judged(one).model_dump(mode="json") for one in kept.get("queries", [])]
        measured = [Measured.model_validate(one).model_dump(mode="json") for one in kept.get("measured", [])]
        await self._keep(collection_id, {"queries": queries, "measured": measured})

    async def forget(self, collection_id: str) -> None:
        await asyncio.to_thread((self._folder / f"{collection_id}.json").unlink, missing_ok=True)

    async def _id(self, collection: str) -> str:
        return (await self._knowledge.collection(collection)).id

    async def _kept(self, collection_id: str) -> dict[str, Any]:
        file = self._folder / f"{collection_id}.json"

        def read() -> dict[str, Any]:
            return (
                dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {"queries": [], "measured": []}
            )

        return await asyncio.to_thread(read)

    async def _keep(self, collection_id: str, kept: dict[str, Any]) -> None:
        await asyncio.to_thread(write_json, self._folder / f"{collection_id}.json", kept)


def figures_of(queries: Sequence[Judged], answers: dict[str, list[Found]], k: int) -> dict[str, Any]:
    """Recall, MRR and nDCG at k over all queries, and the first right place of each. A target counts once, at its first chunk."""
    ranks: dict[str, int | None] = {}
    recalls, reciprocal, gains = [], [], []
    for one in queries:
        found = answers[one.id][:k]
        places = [next((n for n, item in enumerate(found, 1) if target.fits(item)), None) for target in one.relevant]
        right = sorted({place for place in places if place})
        best = sum(1 / math.log2(place + 1) for place in range(1, min(len(one.relevant), k) + 1))
        ranks[one.id] = right[0] if right else None
        recalls.append(sum(place is not None for place in places) / len(places))
        reciprocal.append(1 / right[0] if right else 0.0)
        gains.append(min(1.0, sum(1 / math.log2(place + 1) for place in right) / best))
    count = len(queries)
    return {
        "recall": round(sum(recalls) / count, 4), "mrr": round(sum(reciprocal) / count, 4),
        "ndcg": round(sum(gains) / count, 4), "ranks": ranks,
    }  # fmt: skip


def _judged(given: Judged | dict[str, Any]) -> Judged:
    try:
        judged = given if isinstance(given, Judged) else Judged.model_validate(given)
    except ValidationError as error:
        raise BadParameter(
            Text(f"A labelled query was not understood: {error.errors()[0]['msg']}.", "无法理解标注的查询。"),
            Text('Write {"query": "…", "relevant": [{"document": "file.pdf", "page": 3}]}.',
                 '格式：{"query": "…", "relevant": [{"document": "file.pdf", "page": 3}]}。'),
        ) from error  # fmt: skip
    if not judged.query.strip() or not judged.relevant:
        raise BadParameter(
            Text(
                "A labelled query has words and at least one right answer.", "标注的查询需要有文字和至少一个正确答案。"
            )
        )
    return judged
