"""Texts put into a collection, to be found from now on."""

from __future__ import annotations

from typing import Annotated

from studio.engine.params import KnowledgeRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Json, node
from studio.engine.workflows.values import as_words


class IndexParams(Params):
    collection: KnowledgeRef = param(..., Text("Collection", "文档集"))
    name: str = param("workflow", Text("Name of texts without one", "无名文本的名称"), min_length=1)


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
    """Add each; they are found when this is done. A text that is there already under its name is not added twice."""
    given = documents if isinstance(documents, list) else [documents]
    added = []
    for number, item in enumerate(given, 1):
        said = item if isinstance(item, dict) else {"text": as_words(item)}
        name = str(said.get("file_name") or f"{params.name}-{number}.md")
        name = name if name.endswith((".md", ".txt", ".html")) else f"{name}.md"
        made = await context.knowledge.add_text(
            params.collection, str(said.get("text", "")), name, str(said.get("title", ""))
        )
        added.append({"document_id": made.id, "file_name": made.file_name, "chunk_count": made.chunk_count})
        context.progress(number, len(given))
    return added
