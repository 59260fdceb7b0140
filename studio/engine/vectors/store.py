"""The contract of a vector store, and the stores there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.registry import Registry
from studio.engine.text import Text

Vectors = Any  # numpy float32 array of shape (texts, dimensions)


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored vector that is near: its id and the cosine similarity, 1.0 for the same direction."""

    id: str
    score: float


class VectorStore(ABC):
    """Keeps vectors by id in named spaces; what `upsert` returned from is on disk.

    A space is made at its first `upsert` and has one dimension from then on. Ids and names may hold any characters.
    """

    name: ClassVar[str]
    title: ClassVar[Text]

    @classmethod
    @abstractmethod
    def at(cls, folder: Path) -> VectorStore:
        """The store that keeps its files in `folder`. Opens nothing yet."""

    @abstractmethod
    async def upsert(
        self, space: str, ids: Sequence[str], vectors: Vectors, metadata: Sequence[dict[str, Any]] | None = None
    ) -> None:
        """Keep vectors under their ids; an id that is there already gets the new vector. Raises `Invalid` for a wrong dimension."""

    @abstractmethod
    async def search(self, space: str, vector: Vectors, limit: int, ids: Sequence[str] | None = None) -> list[Hit]:
        """The nearest first. With `ids`, exactly those that are there are compared; a space that is not there has none."""

    @abstractmethod
    async def vectors(self, space: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The kept vectors of those of these ids that are there, each of its own length or of length 1."""

    @abstractmethod
    async def delete(self, space: str, ids: Sequence[str]) -> None:
        """Forget these ids; unknown ones are passed over."""

    @abstractmethod
    async def count(self, space: str) -> int:
        """How many vectors the space holds."""

    @abstractmethod
    async def drop(self, space: str) -> None:
        """Forget the whole space; no error when there is none."""

    async def written(self) -> bool:
        """Whether anything was ever kept here; False where its files were moved away. Opens nothing."""
        return True

    async def close(self) -> None:  # noqa: B027
        """Give back what is held open."""


def _is_store(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, VectorStore) and value is not VectorStore


stores: Registry[type[VectorStore]] = Registry(
    "vector store", "studio.engine.vectors.stores", _is_store, lambda store: store.name
)
