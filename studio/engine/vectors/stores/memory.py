"""Vectors in memory, compared exactly: for tests and for collections that need not outlive the program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.errors import Invalid
from studio.engine.text import Text
from studio.engine.vectors.store import Hit, Vectors, VectorStore


class Memory(VectorStore):
    """Numpy dot products; 100,000 vectors of 384 numbers take about 16 ms a search. Gone when the program ends."""

    name: ClassVar[str] = "memory"
    title: ClassVar[Text] = Text("In memory", "内存")

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, Any]] = {}

    @classmethod
    def at(cls, folder: Path) -> Memory:  # noqa: ARG003
        return cls()

    async def upsert(
        self, space: str, ids: Sequence[str], vectors: Vectors, metadata: Sequence[dict[str, Any]] | None = None
    ) -> None:
        import numpy

        kept = self._spaces.setdefault(space, {})
        for id, vector in zip(ids, numpy.asarray(vectors, numpy.float32), strict=True):
            if kept and next(iter(kept.values())).shape != vector.shape:
                raise Invalid(
                    Text(f"A vector of {len(vector)} numbers does not fit.", f"{len(vector)} 维的向量不匹配。")
                )
            kept[id] = vector / max(float(numpy.linalg.norm(vector)), 1e-12)

    async def search(self, space: str, vector: Vectors, limit: int, ids: Sequence[str] | None = None) -> list[Hit]:
        import numpy

        kept = self._spaces.get(space, {})
        names = [id for id in ids if id in kept] if ids is not None else list(kept)
        if not names or limit < 1:
            return []
        query = numpy.asarray(vector, numpy.float32)
        scores = numpy.stack([kept[id] for id in names]) @ query / max(float(numpy.linalg.norm(query)), 1e-12)
        best = numpy.argsort(-scores, kind="stable")[:limit]
        return [Hit(names[index], float(scores[index])) for index in best]

    async def vectors(self, space: str, ids: Sequence[str]) -> dict[str, Vectors]:
        kept = self._spaces.get(space, {})
        return {id: kept[id] for id in ids if id in kept}

    async def delete(self, space: str, ids: Sequence[str]) -> None:
        for id in ids:
            self._spaces.get(space, {}).pop(id, None)

    async def count(self, space: str) -> int:
        return len(self._spaces.get(space, {}))

    async def drop(self, space: str) -> None:
        self._spaces.pop(space, None)
