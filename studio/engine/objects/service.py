"""The objects behind s3:// addresses. A bucket is a folder here, unless an endpoint was given and holds it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from studio.engine.egress import Egress
from studio.engine.errors import BadParameter
from studio.engine.objects.store import ObjectInfo, ObjectStore, stores
from studio.engine.objects.stores.local_folder import LocalFolder
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.text import Text

ENDPOINT, ACCESS_KEY, SECRET_KEY = "objects.endpoint", "objects.access_key", "objects.secret_key"

Files = list[Path]


class Objects:
    """All stores as one: `s3://bucket/key` is read and written alike wherever it is."""

    def __init__(self, paths: Paths, secrets: Secrets, egress: Egress) -> None:
        self._paths = paths
        self._secrets = secrets
        self._egress = egress
        self._here = LocalFolder(paths.objects)
        self._remote: ObjectStore | None = None
        self._endpoint: str | None = None  # "" once it is known that there is none

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def plugin_failures(self) -> list[PluginFailure]:
        return stores.failures

    def parse(self, url: str) -> tuple[str, str]:
        """Bucket and key of an s3:// URL; the key is empty for a whole bucket. `BadParameter` for anything else."""
        scheme, separator, rest = url.strip().partition("://")
        bucket, _, key = rest.partition("/")
        if scheme.lower() != "s3" or not separator or not bucket or bucket in (".", ".."):
            raise BadParameter(
                Text(f"“{url}” is no s3:// address.", f"“{url}”不是 s3:// 地址。"),
                Text("Write it as s3://bucket/folder/file.", "请写成 s3://存储桶/文件夹/文件。"),
            )
        return bucket, key

    async def connect(self, endpoint: str, access_key: str, secret_key: str) -> None:
        """Use an S3 endpoint for every bucket that is no folder here. Its host counts as granted by this person."""
        self._egress.grant(endpoint)
        for name, value in ((ENDPOINT, endpoint), (ACCESS_KEY, access_key), (SECRET_KEY, secret_key)):
            await asyncio.to_thread(self._secrets.set, name, value)
        self._endpoint, self._remote = None, None

    async def buckets(self) -> list[str]:
        found = set(await asyncio.to_thread(self._here.buckets))
        remote = await self._reach()
        if remote is not None:
            found |= set(await asyncio.to_thread(remote.buckets))
        return sorted(found)

    async def list(self, url: str) -> list[ObjectInfo]:
        """The objects at or below an address, by key. `s3://b/data` is the object `data` and all of `data/`."""
        bucket, key = self.parse(url)
        store = await self._store(bucket)
        found = await asyncio.to_thread(store.list, bucket, key)
        return [
            info for info in found if not key or key.endswith("/") or info.key == key or info.key.startswith(f"{key}/")
        ]

    async def paths(self, url: str) -> Files:
        """Local files with the content of what `list` finds, for reading only; a remote store's are downloaded once."""
        store = await self._store(self.parse(url)[0])
        return [await asyncio.to_thread(store.local, info) for info in await self.list(url)]

    async def get(self, url: str) -> bytes:
        bucket, key = self.parse(url)
        store = await self._store(bucket)
        return await asyncio.to_thread(store.get, bucket, key)

    async def put(self, url: str, content: bytes | Path) -> ObjectInfo:
        """Keep bytes or a copy of a file. A bucket that is nowhere yet becomes a folder here."""
        bucket, key = self.parse(url)
        store = await self._store(bucket)
        return await asyncio.to_thread(store.put, bucket, key, content)

    async def delete(self, url: str) -> None:
        bucket, key = self.parse(url)
        store = await self._store(bucket)
        await asyncio.to_thread(store.delete, bucket, key)

    async def _store(self, bucket: str) -> ObjectStore:
        if await asyncio.to_thread(self._here.has, bucket):
            return self._here
        return await self._reach() or self._here

    async def _reach(self) -> ObjectStore | None:
        """The remote store, its address judged anew; None without an endpoint."""
        if self._endpoint is None:
            self._endpoint = await asyncio.to_thread(self._secrets.get, ENDPOINT) or ""
            if self._endpoint:
                self._egress.grant(self._endpoint)
                self._remote = await asyncio.to_thread(self._open)
        if self._remote is not None:
            await self._egress.judge(self._endpoint, purpose="objects")
        return self._remote

    def _open(self) -> ObjectStore:
        from studio.engine.objects.stores.s3 import S3

        keys = [self._secrets.get(name) or "" for name in (ACCESS_KEY, SECRET_KEY)]
        return S3(self._endpoint or "", keys[0], keys[1], self._paths.cache / "objects")
