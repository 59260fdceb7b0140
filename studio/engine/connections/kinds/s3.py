"""Buckets behind an S3 endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from studio.engine.connections.connection import Branch
from studio.engine.connections.kind import ConnectionKind, Values
from studio.engine.egress import place
from studio.engine.objects.store import Listing
from studio.engine.objects.stores.s3 import S3
from studio.engine.params import Params, SecretText, param
from studio.engine.text import Text

SHOWN = 500  # things of one folder that the tree shows


class S3Params(Params):
    endpoint: str = param(
        ...,
        Text("Endpoint", "地址"),
        help=Text("Such as https://minio.example:9000.", "例如 https://minio.example:9000。"),
        min_length=8,
    )
    access_key: str = param("", Text("Access key", "访问密钥 ID"))
    secret_key: SecretText = param("", Text("Secret key", "访问密钥"))
    region: str = param("", Text("Region", "区域"), advanced=True)
    buckets: list[str] = param(
        [],
        Text("Buckets", "存储桶"),
        help=Text("Empty means every bucket that the key may list.", "留空表示该密钥可列出的全部存储桶。"),
        advanced=True,
    )


class S3Kind(ConnectionKind):
    """The tree shows buckets, their folders and files."""

    name: ClassVar[str] = "s3"
    title: ClassVar[Text] = Text("S3 or MinIO", "S3 或 MinIO")
    icon: ClassVar[str] = "cloud"
    params: ClassVar[type[Params]] = S3Params

    def address(self, values: Values) -> tuple[str, int]:
        return place(str(values["endpoint"]))

    def url(self, values: Values) -> str:
        return str(values["endpoint"]).rstrip("/")

    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        store = store_of(values, Path())
        if not path:
            names = list(values["buckets"]) or store.buckets()
            return [Branch(name=each, kind="bucket", path=(each,), address=f"s3://{each}/") for each in names]
        prefix = "".join(f"{each}/" for each in path[1:])
        return _branches(path, store.page(path[0], prefix, limit=SHOWN))


def store_of(values: Values, cache: Path) -> S3:
    """The store of a connection; only what is read whole needs the cache."""
    return S3(
        str(values["endpoint"]).rstrip("/"), str(values["access_key"]), str(values["secret_key"]), cache,
        str(values["region"]),
    )  # fmt: skip


def _branches(path: tuple[str, ...], found: Listing) -> list[Branch]:
    folders = [
        Branch(name=_last(each), kind="folder", path=(*path, _last(each)), address=f"s3://{path[0]}/{each}")
        for each in found.folders
    ]
    files = [
        Branch(name=_last(each.key), kind="file", path=(*path, _last(each.key)), address=each.url, leaf=True, size_bytes=each.size)
        for each in found.objects
    ]  # fmt: skip
    more = [Branch(name="…", kind="more", path=(*path, "…"), leaf=True)] if found.next else []
    return folders + files + more


def _last(key: str) -> str:
    return key.rstrip("/").rpartition("/")[2]


KIND = S3Kind()
