"""Vectors in ChromaDB, inside this process, on this disk.

Chroma holds an index in memory from the first time that it is touched until its client is closed, whatever the size of its cache. So a
space is kept as several collections ("parts") of at most `PART` vectors, the client is closed when one is full, and when nobody asked
for a while: indexing any number takes the memory of one part, and an idle studio holds none. Measured: docs/performance.md.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from studio.engine.errors import Invalid, Unavailable
from studio.engine.text import Text
from studio.engine.vectors.parts import Parts
from studio.engine.vectors.store import Hit, Vectors, VectorStore

T = TypeVar("T")
BATCH = 1000
READ_BATCH = 500  # SQLite's limit on variables lies behind `get`
PART = 25_000  # vectors in one collection of Chroma's: 62 MB of 512 numbers each; more parts make a search slower
IDLE = 600.0  # seconds after which nothing is held in memory any more
# The index of a part is written anew every `sync_threshold` vectors; what came since is in Chroma's log and read from it when it is opened.
SPACE = {"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 200, "sync_threshold": 1000}}


class Chroma(VectorStore):
    """One persistent client; chromadb is imported at the first use (2 to 4 s), on a worker thread, and asks no network."""

    name: ClassVar[str] = "chroma"
    title: ClassVar[Text] = Text.same("ChromaDB")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = Parts(folder / "parts.db", PART)
        self._client: Any = None
        self._users = 0
        self._full = False  # a part was filled: the next one begins with nothing in memory
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._resting: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @classmethod
    def at(cls, folder: Path) -> Chroma:
        return cls(folder)

    async def upsert(
        self, space: str, ids: Sequence[str], vectors: Vectors, metadata: Sequence[dict[str, Any]] | None = None
    ) -> None:
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            told = list(metadata[part]) if metadata else None
            await self._do(self._upsert, space, list(ids[part]), vectors[part], told)

    async def search(self, space: str, vector: Vectors, limit: int, ids: Sequence[str] | None = None) -> list[Hit]:
        if ids is not None:
            return (await self._do(self._compare, space, vector, list(ids)))[:limit]
        parts = await self._do(self._parts_of, space)
        found = await asyncio.gather(*(self._do(self._nearest, space, part, vector, limit) for part in parts))
        hits = sorted((hit for many in found for hit in many), key=lambda hit: -hit.score)
        return list({hit.id: hit for hit in reversed(hits)}.values())[::-1][:limit]

    async def vectors(self, space: str, ids: Sequence[str]) -> dict[str, Vectors]:
        return await self._do(self._vectors, space, list(ids))

    async def delete(self, space: str, ids: Sequence[str]) -> None:
        await self._do(self._delete, space, list(ids))

    async def count(self, space: str) -> int:
        return await self._do(self._count, space)

    async def drop(self, space: str) -> None:
        await self._do(self._drop, space)

    async def written(self) -> bool:
        return await asyncio.to_thread((self._folder / "chroma.sqlite3").is_file)

    async def close(self) -> None:
        if self._resting:
            self._resting.cancel()
        if self._ending:
            await asyncio.wait(self._ending)
        await asyncio.to_thread(self._let_go)
        await asyncio.to_thread(self._parts.close)

    # On worker threads

    def _upsert(self, space: str, ids: list[str], vectors: Vectors, metadata: list[dict[str, Any]] | None) -> None:
        with self._using() as client, self._writing:
            placed, fresh = self._parts.place(space, ids)
            rows = {id: row for row, id in enumerate(ids)}
            unwritten = set(fresh)
            for part, mine in placed.items():
                chosen = [rows[id] for id in mine]
                told = [metadata[row] for row in chosen] if metadata else None
                try:
                    self._made(client, space, part).upsert(ids=mine, embeddings=vectors[chosen], metadatas=told)
                except Exception as error:
                    self._parts.forget(space, sorted(unwritten))
                    raise _refused(error, vectors) from error
                unwritten.difference_update(mine)
                self._full |= bool(fresh) and self._parts.is_full(space, part)

    def _parts_of(self, space: str) -> list[int]:
        with self._using():
            return self._parts.all(space)

    def _nearest(self, space: str, part: int, vector: Vectors, limit: int) -> list[Hit]:
        with self._using() as client:
            collection = _found(client, space, part)
            if collection is None or limit < 1:
                return []
            query = partial(collection.query, query_embeddings=[vector], n_results=limit, include=["distances"])
            answer = _if_there(query)
            if answer is None:
                return []
            ids, distances = answer["ids"][0], answer["distances"][0]
            return [Hit(id, 1.0 - distance) for id, distance in zip(ids, distances, strict=True)]

    def _compare(self, space: str, vector: Vectors, ids: list[str]) -> list[Hit]:
        import numpy

        query = numpy.asarray(vector, numpy.float32)
        query = query / max(float(numpy.linalg.norm(query)), 1e-12)
        hits = []
        for known, rows in self._kept(space, ids):
            matrix = numpy.asarray(rows, numpy.float32)
            scores = matrix @ query / numpy.maximum(numpy.linalg.norm(matrix, axis=1), 1e-12)
            hits += [Hit(id, float(score)) for id, score in zip(known, scores, strict=True)]
        return sorted(hits, key=lambda hit: -hit.score)

    def _vectors(self, space: str, ids: list[str]) -> dict[str, Vectors]:
        return {id: row for known, rows in self._kept(space, ids) for id, row in zip(known, rows, strict=True)}

    def _kept(self, space: str, ids: list[str]) -> Iterator[tuple[list[str], Vectors]]:
        """Ids and vectors of those that are there, some at a time."""
        with self._using() as client:
            for part, mine in self._parts.of(space, ids).items():
                collection = _found(client, space, part)
                for start in range(0, len(mine) if collection is not None else 0, READ_BATCH):
                    batch = mine[start : start + READ_BATCH]
                    kept = _if_there(partial(collection.get, ids=batch, include=["embeddings"]))
                    if kept is not None and kept["ids"]:
                        yield kept["ids"], kept["embeddings"]

    def _delete(self, space: str, ids: list[str]) -> None:
        with self._using() as client, self._writing:
            for part, mine in self._parts.of(space, ids).items():
                collection = _found(client, space, part)
                for start in range(0, len(mine) if collection is not None else 0, READ_BATCH):
                    collection.delete(ids=mine[start : start + READ_BATCH])
                self._parts.forget(space, mine)
                if collection is not None and part not in self._parts.all(space):
                    client.delete_collection(part_name(space, part))  # it is empty

    def _count(self, space: str) -> int:
        with self._using() as client:
            found = (_found(client, space, part) for part in self._parts.all(space))
            return sum(int(_if_there(collection.count) or 0) for collection in found if collection is not None)

    def _drop(self, space: str) -> None:
        with self._using() as client, self._writing:
            for part in self._parts.all(space):
                if _found(client, space, part) is not None:
                    client.delete_collection(part_name(space, part))
            self._parts.drop(space)

    def _made(self, client: Any, space: str, part: int) -> Any:
        return client.get_or_create_collection(
            part_name(space, part),
            embedding_function=None,
            metadata={"title": space, "part": part},
            configuration=SPACE,
        )

    # What is held in memory

    async def _do(self, work: Callable[..., T], *given: Any) -> T:
        """Run it on a worker thread; a while after the last one nothing is held any more."""
        if self._resting:
            self._resting.cancel()
        try:
            return await asyncio.to_thread(work, *given)
        finally:
            if self._resting:
                self._resting.cancel()
            self._resting = asyncio.get_running_loop().call_later(IDLE, self._rest)

    def _rest(self) -> None:
        task = asyncio.ensure_future(asyncio.to_thread(self._let_go))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    @contextmanager
    def _using(self) -> Iterator[Any]:
        with self._lock:
            if self._client is None:
                client = _open(self._folder)
                try:
                    self._parts.open(_known(client))
                except BaseException:
                    client.close()
                    raise
                self._client = client
            self._users += 1
            client = self._client
        try:
            yield client
        finally:
            with self._lock:
                self._users -= 1
                full = self._full
            if full:
                self._let_go()

    def _let_go(self) -> None:
        """Close the client, and with it all indexes; the next one who asks opens it again. Not while somebody uses it."""
        with self._lock:
            if self._client is None or self._users:
                return
            self._full = False
            client, self._client = self._client, None
            client.close()
            del client
            if sys.platform == "linux":
                ctypes.CDLL(None).malloc_trim(0)  # glibc keeps what was freed


def _known(client: Any) -> Iterator[tuple[str, int, list[str]]]:
    """What Chroma itself holds: space, part, ids."""
    for collection in client.list_collections():
        told = collection.metadata or {}
        yield told.get("title", collection.name), int(told.get("part", 1)), collection.get(include=[])["ids"]


def _found(client: Any, space: str, part: int) -> Any:
    import chromadb.errors

    try:
        return client.get_collection(part_name(space, part), embedding_function=None)
    except (chromadb.errors.NotFoundError, ValueError):
        return None


def _if_there(asked: Callable[[], T]) -> T | None:
    """What a collection answers; None where it was deleted in this moment."""
    import chromadb.errors

    try:
        return asked()
    except chromadb.errors.NotFoundError:
        return None


def part_name(space: str, part: int) -> str:
    """The first part has the space's own name."""
    return safe_name(space) if part == 1 else f"{safe_name(space)}.{part}"


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
                "Move the folder away and start the studio again: it makes the vectors anew from the documents, which are safe.",
                "请移走该文件夹并重新启动程序，届时会根据文档重新生成向量，文档本身不受影响。",
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
