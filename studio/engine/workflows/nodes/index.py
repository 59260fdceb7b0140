"""Texts put into a collection, to be found from now on."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Literal

from studio.engine.params import KnowledgeRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Json, node
from studio.engine.workflows.values import as_words


class IndexParams(Params):
    collection: KnowledgeRef = param(..., Text("Collection", "文档集"))
    name: str = param("workflow", Text("Name of texts without one", "无名文本的名称"), min_length=1)
    same_name: Literal["keep", "replace"] = param(
        "keep", Text("Documents of the same name", "同名文档"),
        choices={"keep": Text("Stay beside the new one", "与新文档并存"), "replace": Text("Give way to the new one", "由新文档替换")},
    )  # fmt: skip


@node(
    title=Text("Index", "入库"),
    category="retrieve",
    icon="book-open-text",
    doc=Text("Puts documents or texts into a collection of the knowledge base.", "把文档或文本放入知识库的文档集。"),
    side_effect=True,
    summary=lambda params: params.collection,
)
async def index(
    documents: Annotated[Anything, Text("Text or documents", "文本或文档")], context: Context, params: IndexParams
) -> Json:
    """Add each; they are found when this is done. A text that is there already under its name is not added twice. Those that give
    way do so once the new one is found, so that something always is."""
    given = documents if isinstance(documents, list) else [documents]
    there = await _by_name(context, params.collection) if params.same_name == "replace" else {}
    added = []
    for number, item in enumerate(given, 1):
        made = await _add(item, f"{params.name}-{number}.md", context, params.collection)
        added.append({"document_id": made.id, "file_name": made.file_name, "chunk_count": made.chunk_count})
        if params.same_name == "replace":
            for old in there.get(made.file_name, set()) - {made.id}:
                await context.knowledge.delete_document(old)
            there[made.file_name] = {made.id}
        context.progress(number, len(given))
    return added


async def _add(item: Any, otherwise: str, context: Context, collection: str) -> Any:
    """A document under its own name; one without is called `otherwise`."""
    said = item if isinstance(item, dict) else {"text": as_words(item)}
    name = str(said.get("file_name") or otherwise)
    name = name if name.endswith((".md", ".txt", ".html")) else f"{name}.md"
    return await context.knowledge.add_text(collection, str(said.get("text", "")), name, str(said.get("title", "")))


async def _by_name(context: Context, collection: str) -> dict[str, set[str]]:
    """The ids of the documents that are there before, by their names."""
    there: dict[str, set[str]] = defaultdict(set)
    for document in await context.knowledge.documents(collection):
        there[document.file_name].add(document.id)
    return there
