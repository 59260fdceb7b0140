"""Vectors in ChromaDB, inside this process, on this disk."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.errors import Invalid, Unavailable
from studio.engine.text import Text
from studio.engine.vectors.store import Hit, Vectors, VectorStore

BATCH = 1000
READ_BATCH = 500  # SQLite's limit on variables lies behind `get`
# The whole index is written anew every `sync_threshold` vectors; what came since is in Chroma's log and read from it after a kill.
SPACE = {"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 200, "sync_threshold": 5000}}


class Chroma(VectorStore):
    """One persistent client; chromadb is imported at the first use (2 to 4 s), on a worker thread, and asks no network."""

    name: ClassVar[str] = "chroma"
    title: ClassVar[Text] = Text.same("ChromaDB")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: Any = None
        self._lock = threading.Lock()

    @classmethod
    def at(cls, folder: Path) -> Chroma:
        return cls(folder)

    async def upsert(
        self, space: str, ids: Sequence[str], vectors: Vectors, metadata: Sequence[dict[str, Any]] | None = None
    ) -> None:
        if ids:
            await asyncio.to_thread(self._upsert, space, list(ids), vectors, metadata)

    async def search(self, space: str, vector: Vectors, limit: int, ids: Sequence[str] | None = None) -> list[Hit]:
        if ids is not None:
            return (await asyncio.to_thread(self._compare, space, vector, list(ids)))[:limit]
        return await asyncio.to_thread(self._nearest, space, vector, limit)

    async def vectors(self, space: str, ids: Sequence[str]) -> dict[str, Vectors]:
        return await asyncio.to_thread(self._vectors, space, list(ids))

    async def delete(self, space: str, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, space, list(ids))

    async def count(self, space: str) -> int:
        return await asyncio.to_thread(self._count, space)

    async def drop(self, space: str) -> None:
        await asyncio.to_thread(self._drop, space)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)

    def _upsert(self, space: str, ids: list[str], vectors: Vectors, metadata: Sequence[dict[str, Any]] | None) -> None:
        collection = self._made(space)
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            try:
                collection.upsert(
                    ids=ids[part], embeddings=vectors[part], metadatas=list(metadata[part]) if metadata else None
                )
            except Exception as error:
                raise _refused(error, vectors) from error

    def _nearest(self, space: str, vector: Vectors, limit: int) -> list[Hit]:
        collection = self._found(space)
        if collection is None or limit < 1 or not (count := collection.count()):
            return []
        answer = collection.query(query_embeddings=[vector], n_results=min(limit, count), include=["distances"])
        return [Hit(id, 1.0 - distance) for id, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]

    def _compare(self, space: str, vector: Vectors, ids: list[str]) -> list[Hit]:
        import numpy

        collection = self._found(space)
        if collection is None or not ids:
            return []
        query = numpy.asarray(vector, numpy.float32)
        query = query / max(float(numpy.linalg.norm(query)), 1e-12)
        hits = []
        for start in range(0, len(ids), READ_BATCH):
            kept = collection.get(ids=ids[start : start + READ_BATCH], include=["embeddings"])
            if kept["ids"]:
                matrix = numpy.asarray(kept["embeddings"], numpy.float32)
                scores = matrix @ query / numpy.maximum(numpy.linalg.norm(matrix, axis=1), 1e-12)
                hits += [Hit(id, float(score)) for id, score in zip(kept["ids"], scores, strict=True)]
        return sorted(hits, key=lambda hit: -hit.score)

    def _vectors(self, space: str, ids: list[str]) -> dict[str, Vectors]:
        collection = self._found(space)
        found: dict[str, Vectors] = {}
        for start in range(0, len(ids) if collection is not None else 0, READ_BATCH):
            kept = collection.get(ids=ids[start : start + READ_BATCH], include=["embeddings"])
            found |= dict(zip(kept["ids"], kept["embeddings"], strict=True))
        return found

    def _delete(self, space: str, ids: list[str]) -> None:
        collection = self._found(space)
        if collection is None:
            return
        for start in range(0, len(ids), READ_BATCH):
            collection.delete(ids=ids[start : start + READ_BATCH])

    def _count(self, space: str) -> int:
        collection = self._found(space)
        return int(collection.count()) if collection is not None else 0

    def _drop(self, space: str) -> None:
        if self._found(space) is not None:
            self._opened().delete_collection(safe_name(space))

    def _made(self, space: str) -> Any:
        return self._opened().get_or_create_collection(
            safe_name(space), embedding_function=None, metadata={"title": space}, configuration=SPACE
        )

    def _found(self, space: str) -> Any:
        import chromadb.errors

        try:
            return self._opened().get_collection(safe_name(space), embedding_function=None)
        except (chromadb.errors.NotFoundError, ValueError):
            return None

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _open(self._folder)
            return self._client


def _open(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    try:
        return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    except Exception as error:
        raise Unavailable(
            Text(f"The vector store in {folder} cannot be opened.", f"无法打开 {folder} 中的向量库。"),
            Text(
                "Move the folder away and index the collections again; the documents themselves are safe.",
                "请移走该文件夹并重新建立索引，文档本身不受影响。",
            ),
            details=f"{type(error).__name__}: {error}",
        ) from error


def safe_name(space: str) -> str:
    """A name that Chroma takes (3 to 512 of a-z 0-9 . _ -), different for different spaces."""
    if re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,60}[a-zA-Z0-9]", space) and ".." not in space:
        return space
    return "space-" + hashlib.sha256(space.encode()).hexdigest()[:32]


def _refused(error: Exception, vectors: Vectors) -> Exception:
    if "dimension" not in str(error).lower():
        return error
    return Invalid(
        Text(
            f"These vectors have {len(vectors[0])} numbers each, the space has another dimension.",
            f"这些向量是 {len(vectors[0])} 维，与已有的维度不一致。",
        ),
        Text("Index the collection again with one embedding model.", "请用同一个向量模型重新建立索引。"),
        details=str(error),
    )
