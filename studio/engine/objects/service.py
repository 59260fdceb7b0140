"""The objects behind s3:// addresses. A bucket is a folder here, unless a connection holds it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from studio.engine.errors import BadParameter, NotFound, StudioError
from studio.engine.objects.store import (
    TRASH_DAYS,
    Credentials,
    Infos,
    InTrash,
    Listing,
    ObjectInfo,
    ObjectStore,
    Progress,
    Versions,
    no_progress,
    stores,
)
from studio.engine.objects.stores.local_folder import LocalFolder, Sign
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.connections.service import Connections

DAY = 86_400
Files = list[Path]
Names = list[str]
T = TypeVar("T")


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is: its store, and the connection that leads there; "" for a folder of this computer."""

    store: ObjectStore
    name: str
    connection: str = ""


class Objects:
    """All stores as one: `s3://bucket/key` is read and written alike wherever it is.

    `s3://connection@bucket/key` says which connection is meant where several have a bucket of that name.
    """

    def __init__(self, paths: Paths, connections: Connections) -> None:
        self._paths = paths
        self.connections = connections
        self._here = LocalFolder(paths.objects)
        self._remote: dict[str, tuple[dict[str, Any], ObjectStore]] = {}
        self._found: dict[str, str] = {}  # the connection of a bucket that was seen

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def plugin_failures(self) -> list[PluginFailure]:
        return stores.failures

    def sign_with(self, sign: Sign) -> None:
        """How URLs for objects of this computer are made; the API says it."""
        self._here.sign = sign

    def parse(self, url: str) -> tuple[str, str]:
        """Bucket and key of an s3:// URL; the key is empty for a whole bucket. `BadParameter` for anything else."""
        _, bucket, key = _parts(url)
        return bucket, key

    async def connect(self, endpoint: str, access_key: str, secret_key: str) -> None:
        """Use an S3 endpoint for every bucket that is no folder here, as a connection named for its host."""
        values = {"endpoint": endpoint, "access_key": access_key, "secret_key": secret_key}
        await self.connections.add("s3", endpoint.partition("://")[2] or endpoint, values)

    async def bucket(self, url: str) -> Bucket:
        """Where the bucket of an address is. Raises what keeps its connection from being used."""
        wanted, name, _ = _parts(url)
        if wanted:
            return await self._behind(wanted, name)
        if await asyncio.to_thread(self._here.has, name):
            return Bucket(self._here, name)
        return await self._search(name) or Bucket(self._here, name)

    async def bucket_here(self, name: str) -> Bucket | None:
        """A bucket that is a folder of this computer; no server is asked."""
        return Bucket(self._here, name) if await asyncio.to_thread(self._here.has, name) else None

    async def buckets(self) -> Names:
        """Names of all buckets; what a connection that fails would have is left out."""
        found = set(await asyncio.to_thread(self._here.buckets))
        for connection in await self.connections.list("s3"):
            try:
                store = await self._store(connection.id)
                found |= set(connection.settings["buckets"] or await asyncio.to_thread(store.buckets))
            except StudioError as error:
                self.connections.note(connection.id, error)
        return sorted(found)

    async def list(self, url: str) -> Infos:
        """The objects at or below an address, by key. `s3://b/data` is the object `data` and all of `data/`."""
        async with self._at(url) as (bucket, key):
            found = await asyncio.to_thread(bucket.store.list, bucket.name, key)
        return [
            info for info in found if not key or key.endswith("/") or info.key == key or info.key.startswith(f"{key}/")
        ]

    async def page(self, url: str, after: str = "", limit: int = 1000) -> Listing:
        """One page of what is directly below an address."""
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.page, bucket.name, key, after, limit)

    async def paths(self, url: str) -> Files:
        """Local files with the content of what `list` finds, for reading only; a remote store's are downloaded once."""
        return await self.fetched(url, await self.list(url))

    async def fetched(self, url: str, infos: Sequence[ObjectInfo]) -> Files:
        """Local files with the content of some objects of an address's bucket."""
        async with self._at(url) as (bucket, _):
            return [await asyncio.to_thread(bucket.store.local, info) for info in infos]

    async def get(self, url: str, version: str = "") -> bytes:
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.get, bucket.name, key, version)

    async def put(self, url: str, content: bytes | Path) -> ObjectInfo:
        """Keep bytes or a copy of a file. A bucket that is nowhere yet becomes a folder here."""
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.put, bucket.name, key, content)

    async def upload(self, file: Path, url: str, progress: Progress = no_progress) -> ObjectInfo:
        """Keep a copy of a file of any size. Cancelling stops it; doing it again goes on where it was, after a kill too."""
        async with self._at(url) as (bucket, key):
            return await _stoppable(lambda told: bucket.store.upload(bucket.name, key, file, told), progress)

    async def download(self, url: str, target: Path, progress: Progress = no_progress) -> Path:
        """Write an object to a file. Cancelling stops it; doing it again goes on where it was."""
        async with self._at(url) as (bucket, key):
            found = [info for info in await asyncio.to_thread(bucket.store.list, bucket.name, key) if info.key == key]
            if not found:
                raise NotFound(Text(f"There is no object {url}.", f"没有对象 {url}。"))
            return await _stoppable(lambda told: bucket.store.download(found[0], target, told), progress)

    async def presign(self, url: str, method: str = "GET", seconds: int = 3600) -> str:
        """A URL that lets anybody GET or PUT this one object for a while."""
        if method not in ("GET", "PUT") or not 1 <= seconds <= 7 * DAY:
            raise BadParameter(
                Text("A URL is for GET or PUT, for 1 second to 7 days.", "URL 仅支持 GET 或 PUT，有效期 1 秒至 7 天。")
            )
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.presign, method, bucket.name, key, seconds)

    async def credentials(self, url: str, seconds: int, *, write: bool = False) -> Credentials:
        """Temporary keys for what is below an address, where the store's server makes such; `Unavailable` where not."""
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.credentials, bucket.name, key, seconds, write)

    async def versions(self, url: str) -> Versions:
        """The states of an object that its store keeps, newest first."""
        async with self._at(url) as (bucket, key):
            return await asyncio.to_thread(bucket.store.versions, bucket.name, key)

    async def delete(self, url: str, *, forever: bool = False) -> None:
        """Put an object into its bucket's trash for 30 days, or remove it for good."""
        async with self._at(url) as (bucket, key):
            if forever:
                await asyncio.to_thread(bucket.store.delete, bucket.name, key)
                return
            await asyncio.to_thread(bucket.store.trash, bucket.name, key)
            await asyncio.to_thread(bucket.store.purge, bucket.name, time.time() - TRASH_DAYS * DAY)

    async def trashed(self, url: str) -> InTrash:
        """What is in a bucket's trash, last deleted first."""
        async with self._at(url) as (bucket, key):
            found = await asyncio.to_thread(bucket.store.trashed, bucket.name)
        return [each for each in found if each.key.startswith(key)]

    async def restore(self, url: str) -> ObjectInfo:
        """Bring back what was deleted last at an address; `Conflict` when something is there again."""
        wanted = [each for each in await self.trashed(url) if each.key == self.parse(url)[1]]
        if not wanted:
            raise NotFound(Text(f"{url} is not in the trash.", f"回收站中没有 {url}。"))
        async with self._at(url) as (bucket, _):
            return await asyncio.to_thread(bucket.store.restore, bucket.name, wanted[0].place)

    @asynccontextmanager
    async def _at(self, url: str) -> AsyncIterator[tuple[Bucket, str]]:
        """The bucket and the key of an address; how it went is noted at the connection."""
        bucket = await self.bucket(url)
        try:
            yield bucket, self.parse(url)[1]
        except NotFound:
            raise
        except StudioError as error:
            if bucket.connection:
                self._found.pop(bucket.name, None)
                self.connections.note(bucket.connection, error)
            raise
        if bucket.connection:
            self.connections.note(bucket.connection, None)

    async def _search(self, name: str) -> Bucket | None:
        """The connection that has a bucket. One that fails is an error only when no other has it."""
        connections = await self.connections.list("s3")
        if self._found.get(name) in [each.id for each in connections]:
            return await self._behind(self._found[name], name)
        problem: StudioError | None = None
        for connection in connections:
            try:
                if await self._has(connection.id, connection.settings["buckets"], name):
                    self._found[name] = connection.id
                    return await self._behind(connection.id, name)
            except StudioError as error:
                self.connections.note(connection.id, error)
                problem = problem or error
        if problem is not None:
            raise problem
        return None

    async def _has(self, connection_id: str, declared: Names, name: str) -> bool:
        if declared:
            return name in declared
        store: Any = await self._store(connection_id)
        return bool(await asyncio.to_thread(store.has, name))

    async def _behind(self, connection: str, name: str) -> Bucket:
        found = await self.connections.get(connection)
        return Bucket(await self._store(found.id), name, found.id)

    async def _store(self, connection_id: str) -> ObjectStore:
        """The store of a connection, its address judged anew."""
        values = await self.connections.judged(connection_id, "objects")
        known = self._remote.get(connection_id)
        if known is None or known[0] != values:
            known = self._remote[connection_id] = (values, await asyncio.to_thread(self._open, values))
        return known[1]

    def _open(self, values: dict[str, Any]) -> ObjectStore:
        from studio.engine.connections.kinds.s3 import store_of

        return store_of(values, self._paths.cache / "objects")


async def _stoppable(transfer: Callable[[Progress], T], progress: Progress) -> T:
    """Run a transfer on a thread. When nobody waits any more it stops at its next piece, and is over when this returns."""
    stop = threading.Event()

    def told(done: int, whole: int) -> None:
        if stop.is_set():
            raise _Stopped
        progress(done, whole)

    task = asyncio.ensure_future(asyncio.to_thread(transfer, told))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        task.cancelled() or task.exception()
        raise


class _Stopped(Exception):
    """The transfer is not wanted any more."""


def _parts(url: str) -> tuple[str, str, str]:
    scheme, separator, rest = url.strip().partition("://")
    place, _, key = rest.partition("/")
    connection, _, bucket = place.rpartition("@")
    if scheme.lower() != "s3" or not separator or not bucket or bucket in (".", ".."):
        raise BadParameter(
            Text(f"“{url}” is no s3:// address.", f"“{url}”不是 s3:// 地址。"),
            Text("Write it as s3://bucket/folder/file.", "请写成 s3://存储桶/文件夹/文件。"),
        )
    return connection, bucket, key
