"""Parquet in a bucket elsewhere, read where it lies: only the parts that are asked for travel."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from studio.engine.errors import StudioError, Unavailable
from studio.engine.extensions import load
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.objects.store import ObjectInfo
    from studio.engine.objects.stores.s3 import S3

LOST = re.compile(
    r"key '(?P<key>.*?)' in bucket '(?P<bucket>.*?)'|Path does not exist '(?P<path>.*?)'|(?P<url>s3://[^']+)'"
)
SIGNS = (
    "AWS Error",
    "Path does not exist",
    "HTTP Error",
    "error for HTTP",
    "HTTP GET error",
    "HTTP HEAD error",
    "ETag",
)


class RemotePath(PurePosixPath):
    """The place of an object, `bucket/key`, that reads as `s3://bucket/key`. It stands where a file's path does."""

    def __str__(self) -> str:
        return f"s3://{self.inner}"

    @property
    def inner(self) -> str:
        return super().__str__()

    def exists(self) -> bool:
        """Whether it is still there is known when it is read."""
        return True


@dataclass(frozen=True)
class Remote:
    """An S3 endpoint, as DuckDB and Arrow want to know it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"

    @property
    def secure(self) -> bool:
        return self.endpoint.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def prepare(self, database: Any, buckets: Sequence[str]) -> None:
        """Let a connection of our own read these buckets. The keys are in its memory only, under their names."""
        known = {name for (name,) in database.execute("SELECT name FROM duckdb_secrets()").fetchall()}
        for bucket in buckets:
            name = f"s3_{hashlib.sha256(f'{self!r} {self.secret_key} {bucket}'.encode()).hexdigest()[:16]}"
            if name not in known:
                load(database, "httpfs")
                self._introduce(database, name, bucket)

    @cached_property
    def filesystem(self) -> Any:
        """Arrow's view of the endpoint."""
        from pyarrow.fs import S3FileSystem

        keys = (
            {"access_key": self.access_key, "secret_key": self.secret_key} if self.access_key else {"anonymous": True}
        )
        return S3FileSystem(
            endpoint_override=self.host, scheme="https" if self.secure else "http", region=self.region,
            connect_timeout=5, request_timeout=60, **keys,
        )  # fmt: skip

    def _introduce(self, database: Any, name: str, bucket: str) -> None:
        keys = f"KEY_ID {_text(self.access_key)}, SECRET {_text(self.secret_key)}, " if self.access_key else ""
        database.execute(
            f"CREATE OR REPLACE TEMPORARY SECRET {name} (TYPE s3, {keys}ENDPOINT {_text(self.host)}, URL_STYLE 'path', "
            f"USE_SSL {str(self.secure).lower()}, REGION {_text(self.region)}, SCOPE {_text(f's3://{bucket}/')})"
        )


def remote_of(store: S3, bucket: str) -> Remote:
    """The endpoint of a store. Asks it for the bucket's region once, where none was said."""
    access_key, secret_key = store.keys
    return Remote(store.endpoint, access_key, secret_key, store.region_of(bucket))


def remote_path(info: ObjectInfo) -> Path | None:
    """The place of an object; None for a key that no path can say (with // in it, or . as a part)."""
    path = RemotePath(f"{info.bucket}/{info.key}")
    return cast(Path, path) if str(path) == info.url else None


def lost(file: object, reason: str) -> StudioError | None:
    """The error for what was not there any more when it was read; None when the reason is another one."""
    if not any(sign in reason for sign in SIGNS):
        return None
    found = LOST.search(reason)
    if isinstance(file, RemotePath):
        return gone(str(file), reason)
    if found is None:
        return gone("", reason)
    return gone(found["url"] or f"s3://{found['path'] or found['bucket'] + '/' + found['key']}", reason)


def gone(address: str, reason: str) -> Lost:
    """The error for an address that is known; where it is not, whoever knows the dataset says it."""
    english, chinese = (address, address) if address else ("A file in a bucket", "存储桶中的一个文件")
    return Lost(
        Text(f"{english} went away while it was read.", f"读取时连接中断或对象已消失：{chinese}。"),
        Text("Check that the bucket is there and reachable, then refresh.", "请确认存储桶存在且可访问，然后刷新。"),
        details=" ".join(reason.split())[:500],
    )


class Lost(Unavailable):
    """What lay elsewhere went away while it was read."""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
