"""What the knowledge room needs of the models room: texts made into vectors."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from studio.engine.errors import BadState
from studio.engine.knowledge.document import Collection
from studio.engine.knowledge.small import packed
from studio.engine.text import Text

PROBE = "Seven grey geese crossed the harbour before 06:40. 七只灰雁在清晨飞过港口。"
PROBE_KEY = "probe"  # in a collection's settings
PROBED = 64  # numbers of its vector that are kept
ALIKE = 0.98  # the cosine of what one model makes of a text on different machines, at least
AGAIN = 600.0  # seconds


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


@dataclass(frozen=True, slots=True)
class Guard:
    """Keeps vectors of different models apart: by the model's id, the vectors' length, and what it makes of one known text.

    The last tells a server elsewhere that serves another model under the old name. It is asked for at most every ten minutes.
    """

    embeds: Embeds
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)

    async def probe(self, model: str) -> str:
        """What a collection keeps of its embedding model: the beginning of the vector of one known text."""
        vectors = await self.embeds.embed(model, [PROBE], purpose="passage")
        return base64.b64encode(packed(vectors[:1])[:PROBED]).decode()

    async def check(self, collection: Collection) -> None:
        """Raise `BadState` when the collection was indexed by a model that makes other vectors now."""
        info = await self.embeds.embedder(collection.embedder)
        if (info.id, info.dimensions) != (collection.embedder, collection.dimensions):
            raise _other(collection, Text(f"is {info.id} ({info.dimensions})", f"为 {info.id}（{info.dimensions} 维）"))
        kept, now = collection.settings.get(PROBE_KEY, ""), time.monotonic()
        if not kept or now - self._seen.get((collection.embedder, kept), -AGAIN) < AGAIN:
            return
        if not _alike(kept, await self.probe(collection.embedder)):
            raise _other(collection, Text("makes other vectors under that name", "以同一名称生成了不同的向量"))
        self._seen[collection.embedder, kept] = now


def _alike(one: str, other: str) -> bool:
    import numpy

    first, second = (
        numpy.frombuffer(base64.b64decode(each), numpy.int8).astype(numpy.float32) for each in (one, other)
    )
    lengths = float(numpy.linalg.norm(first) * numpy.linalg.norm(second))
    return len(first) == len(second) and float(first @ second) > ALIKE * lengths


def _other(collection: Collection, now: Text) -> BadState:
    return BadState(
        Text(
            f"“{collection.name}” was indexed with {collection.embedder} ({collection.dimensions} numbers a vector); "
            f"the model now {now.en}.",
            f"“{collection.name}”是用 {collection.embedder}（{collection.dimensions} 维）建立索引的，当前模型{now.zh}。",
        ),
        Text("Index the collection again.", "请重新建立索引。"),
    )
