"""Chunks of the handbook that answer a question."""

from __future__ import annotations

from typing import Annotated, Literal

from studio.engine.knowledge.document import Filter
from studio.engine.params import KnowledgeRef, ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context, chunk_of
from studio.engine.workflows.node import Chunks, node

Mode = Literal["hybrid", "dense", "keyword"]
MODES = {
    "hybrid": Text("Meaning and words", "语义与关键词"),
    "dense": Text("Meaning", "语义"),
    "keyword": Text("Words", "关键词"),
}


class RetrieverParams(Params):
    collection: KnowledgeRef = param(..., Text("Collection", "文档集"))
    limit: int = param(6, Text("Chunks", "片段数"), ge=1, le=50)
    mode: Mode = param("hybrid", Text("Search by", "检索方式"), choices=MODES)
    more: list[str] = param(
        [], Text("Further collections", "其他文档集"), help=Text("By name or id; searched together.", "按名称或标识，一起检索。"), advanced=True
    )  # fmt: skip
    tags: list[str] = param([], Text("Only with the tags", "仅含标签"), advanced=True)
    files: list[str] = param(
        [],
        Text("Only these documents", "仅限文档"),
        help=Text("By id or file name.", "按编号或文件名。"),
        advanced=True,
    )
    reranker: ModelRef = param(
        "", Text("Rerank model", "重排模型"), help=Text("Empty takes the collection's own, where it has one.", "留空使用文档集自己的重排模型（若有）。"), advanced=True
    )  # fmt: skip


async def _state(context: Context, params: RetrieverParams) -> str:
    found = [await context.knowledge.collection(name) for name in (params.collection, *params.more)]
    return " ".join(f"{one.id}:{one.updated_at}:{one.chunk_count}" for one in found)


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
    narrow = {"filter": Filter(tags=params.tags, files=params.files)} if params.tags or params.files else {}
    ranked = {"rerank": params.reranker} if params.reranker else {}
    places = [params.collection, *params.more]
    found = await context.knowledge.search(query, places, params.limit, mode=params.mode, **narrow, **ranked)
    return [chunk_of(item, number) for number, item in enumerate(found, 1)]
