"""Datasets behind s3:// addresses: Parquet is read where it lies, all else is brought here first."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from studio.engine.datasets import hive, opening
from studio.engine.datasets.places import Place
from studio.engine.datasets.remote import Remote, RemotePath, lost, remote_of, remote_path
from studio.engine.datasets.source import Source, cannot_read, united
from studio.engine.errors import Unavailable
from studio.engine.objects.service import Objects
from studio.engine.objects.store import ObjectInfo
from studio.engine.objects.stores.s3 import S3
from studio.engine.text import Text

AT_ONCE = 16  # footers that are fetched together
Files = list[Path]


class InBuckets:
    """Finds what is below an s3:// address, whatever store holds the bucket."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def parquet(self, place: Place, format_name: str) -> Found | None:
        """The Parquet files below an address of a remote store; None when it is no such store or another format."""
        bucket = await self._objects.bucket(place.base)
        if not isinstance(bucket.store, S3) or format_name not in ("", "parquet"):
            return None
        infos = [info for info in await self._objects.list(place.base) if _counts(info, place.base)]
        paths = {path: info for info in infos if (path := remote_path(info)) is not None}
        if not infos:
            raise _nothing(place.base)
        files, chosen = opening.usable(list(paths), place.base, format_name)
        if chosen.name != "parquet":
            return None
        remote = await asyncio.to_thread(remote_of, bucket.store, bucket.name)
        several = len(files) > 1 or place.base.endswith("/")
        root = RemotePath(bucket.name, self._objects.parse(place.base)[1]) if several else None
        return Found(remote, [paths[file] for file in files], files, len(infos) - len(files), root)

    async def local(self, place: Place, format_name: str) -> tuple[Files, int]:
        """Local files with the content of those that make the table, and how many others there are."""
        infos = [info for info in await self._objects.list(place.base) if _counts(info, place.base)]
        if not infos:
            raise _nothing(place.base)
        named = {Path(info.key): info for info in infos}
        files, _ = opening.usable(list(named), place.base, format_name)
        return await self._objects.fetched(place.base, [named[file] for file in files]), len(infos) - len(files)


class Found:
    """Parquet files of a bucket, listed and not yet read."""

    def __init__(
        self, remote: Remote, infos: Sequence[ObjectInfo], files: Files, others: int, root: RemotePath | None
    ) -> None:
        self.remote = remote
        self.infos = list(infos)
        self.files = files
        self.others = others
        self.root = root
        self.mark = _mark(remote, infos)

    @property
    def size(self) -> int:
        return sum(info.size for info in self.infos)

    def open(self) -> Source:
        """Read the footers, several at once. Raises `Broken` that names the file, `Unavailable` when it is gone."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            footers = list(pool.map(self._footer, self.files))
        schema = united([schema for schema, _ in footers], self.files[0].parent)
        starts = [0]
        for _, rows in footers:
            starts.append(starts[-1] + rows)
        root: Any = self.root
        keys = hive.fields(self.files, root, schema) if root is not None else []
        for key in keys:
            schema = schema.append(key)
        others = {"other_files": self.others} if self.others else {}
        return Source(
            tuple(self.files), schema, tuple(starts), {"files": len(self.files), **others}, self.mark, root,
            tuple(key.name for key in keys), remote=self.remote,
        )  # fmt: skip

    def _footer(self, file: Any) -> tuple[Any, int]:
        import pyarrow
        import pyarrow.parquet

        try:
            with pyarrow.parquet.ParquetFile(self.remote.filesystem.open_input_file(file.inner)) as opened:
                return opened.schema_arrow.remove_metadata(), int(opened.metadata.num_rows)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise lost(file, str(error)) or cannot_read(file, "Parquet", str(error)) from error


def _counts(info: ObjectInfo, address: str) -> bool:
    """Whether an object belongs to the data: not what jobs leave beside it (_SUCCESS, _temporary/…), nothing hidden."""
    below = info.key.removeprefix(address.partition("://")[2].partition("/")[2])
    return not any(part.startswith((".", "_")) for part in below.split("/"))


def _mark(remote: Remote, infos: Sequence[ObjectInfo]) -> str:
    digest = hashlib.sha256(f"{opening.COPIES} parquet {remote.endpoint}".encode())
    for info in infos:
        digest.update(f"\0{info.url}\0{info.size}\0{info.etag}".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _nothing(address: str) -> Unavailable:
    return Unavailable(
        Text(f"There are no files at {address}.", f"{address} 中没有文件。"),
        Text("Put some there, then refresh.", "请放入文件，然后刷新。"),
    )
