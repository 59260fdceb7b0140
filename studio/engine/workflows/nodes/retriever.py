"""Chunks of the handbook that answer a question."""

from __future__ import annotations

from typing import Annotated, Literal

from studio.engine.params import KnowledgeRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context, chunk_of
from studio.engine.workflows.node import Chunks, node


class RetrieverParams(Params):
    collection: KnowledgeRef = param(..., Text("Collection", "文档集"))
    limit: int = param(6, Text("Chunks", "片段数"), ge=1, le=50)
    mode: Literal["hybrid", "dense", "keyword"] = param(
        "hybrid", Text("Search by", "检索方式"),
        choices={"hybrid": Text("Meaning and words", "语义与关键词"), "dense": Text("Meaning", "语义"), "keyword": Text("Words", "关键词")},
    )  # fmt: skip


async def _state(context: Context, params: RetrieverParams) -> str:
    found = await context.knowledge.collection(params.collection)
    return f"{found.id}:{found.updated_at}:{found.chunk_count}"


@node(
    title=Text("Retriever", "检索"),
    category="retrieve",
    icon="scan-search",
    doc=Text("Finds the chunks of a collection that answer a question best.", "在文档集中找出最能回答问题的片段。"),
    fingerprint=_state,
    summary=lambda params: params.collection,
)
async def retriever(query: Annotated[str, Text("Query", "问题")], context: Context, params: RetrieverParams) -> Chunks:
    """Find the chunks that answer a query best, with where each one stands in its source, best first."""
    found = await context.knowledge.search(query, [params.collection], params.limit, mode=params.mode)
    return [chunk_of(item, number) for number, item in enumerate(found, 1)]
