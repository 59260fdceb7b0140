"""What the knowledge room needs of the models room: texts made into vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from studio.engine.errors import BadState
from studio.engine.knowledge.document import Collection
from studio.engine.text import Text


class EmbedderInfo(Protocol):
    """An embedding model: its id and the length of its vectors."""

    @property
    def id(self) -> str: ...

    @property
    def dimensions(self) -> int: ...


class Embeds(Protocol):
    """Makes vectors of texts. `Models` does; a test brings its own."""

    async def embedder(self, name: str = "") -> EmbedderInfo:
        """The embedding model of that name; the bundled one without a name. Raises `NotFound`."""

    async def embed(self, model: str, texts: Sequence[str], *, purpose: Literal["passage", "query"] = "passage") -> Any:
        """A float32 array of shape (texts, dimensions)."""

    async def answer(self, model: str, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a reranker ("/v1/rerank")."""


async def check_embedder(embeds: Embeds, collection: Collection) -> None:
    """Raise `BadState` when the collection was indexed by a model that makes other vectors now."""
    info = await embeds.embedder(collection.embedder)
    if (info.id, info.dimensions) != (collection.embedder, collection.dimensions):
        raise BadState(
            Text(
                f"“{collection.name}” was indexed with {collection.embedder} ({collection.dimensions} numbers a vector); "
                f"the model now is {info.id} ({info.dimensions}).",
                f"“{collection.name}”是用 {collection.embedder}（{collection.dimensions} 维）建立索引的，"
                f"当前模型为 {info.id}（{info.dimensions} 维）。",
            ),
            Text("Index the collection again.", "请重新建立索引。"),
        )
