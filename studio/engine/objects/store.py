"""The contract of an object store, and the stores there are."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from studio.engine.errors import Conflict, NotFound, Unavailable
from studio.engine.registry import Registry
from studio.engine.text import Text

TRASH = ".trash/"  # where deleted objects wait, inside their bucket
TRASH_DAYS = 30
Infos = list["ObjectInfo"]
InTrash = list["Trashed"]
Versions = list["ObjectVersion"]
Progress = Callable[[int, int], None]  # bytes done, and all of them; called on the worker's thread


class ObjectInfo(BaseModel):
    """One object. `modified` is UTC seconds; `etag` changes whenever the content does."""

    bucket: str
    key: str
    size: int
    modified: float
    etag: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class ObjectVersion(ObjectInfo):
    """A state of an object that the store keeps. `removed` marks a deletion; `version` is "" where the store keeps no others."""

    version: str
    latest: bool
    removed: bool = False


class Trashed(ObjectInfo):
    """An object in the trash. `place` names it for `restore`; it is gone for good after `TRASH_DAYS` days."""

    place: str
    deleted_at: float


class Credentials(BaseModel):
    """Temporary keys of an S3 endpoint for the objects below one prefix. `expires_at` is UTC in ISO 8601."""

    endpoint: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
    session_token: str
    expires_at: str


class Listing(BaseModel):
    """One page of one level: objects and folders (prefixes that end with /). `next` continues it; "" when it is the end."""

    objects: list[ObjectInfo]
    folders: list[str]
    next: str = ""


class ObjectStore(ABC):
    """Keeps bytes by bucket and key. What `put` returned from is there whole, or what was there before still is.

    Methods block: the service calls them on worker threads. A key that is missing raises `NotFound`, a store or bucket
    that cannot be reached raises `Unavailable`, a key that leads elsewhere raises `Forbidden`. What is in the trash is in
    no list. `progress` may raise to stop a transfer; calling it again goes on where it was.
    """

    name: ClassVar[str]
    title: ClassVar[Text]

    @abstractmethod
    def buckets(self) -> list[str]: ...

    @abstractmethod
    def list(self, bucket: str, prefix: str = "") -> Infos:
        """Every object whose key starts with `prefix`, by key."""

    @abstractmethod
    def page(self, bucket: str, prefix: str = "", after: str = "", limit: int = 1000) -> Listing:
        """At most `limit` objects and folders directly below a prefix, by name, from `after` (a `Listing.next`) on."""

    @abstractmethod
    def get(self, bucket: str, key: str, version: str = "") -> bytes: ...

    @abstractmethod
    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        """Keep bytes, or a copy of a file's."""

    @abstractmethod
    def upload(self, bucket: str, key: str, file: Path, progress: Progress) -> ObjectInfo:
        """Keep a copy of a file of any size. After a stop or a kill the same call goes on with what is there already."""

    @abstractmethod
    def download(self, info: ObjectInfo, target: Path, progress: Progress) -> Path:
        """Write an object to a file, which appears whole or not at all; what an earlier try brought is not fetched again.

        Raises `Conflict` when the object is not what `info` says any more.
        """

    @abstractmethod
    def delete(self, bucket: str, key: str) -> None:
        """Remove an object for good; one that is not there is fine."""

    @abstractmethod
    def trash(self, bucket: str, key: str) -> Trashed:
        """Put an object into the bucket's trash."""

    @abstractmethod
    def trashed(self, bucket: str) -> InTrash:
        """What is in the trash, last deleted first."""

    @abstractmethod
    def restore(self, bucket: str, place: str) -> ObjectInfo:
        """Bring back what `trashed` named; `Conflict` when something else has its key by now."""

    @abstractmethod
    def versions(self, bucket: str, key: str) -> Versions:
        """The states of an object that are kept, newest first."""

    @abstractmethod
    def presign(self, method: str, bucket: str, key: str, seconds: int) -> str:
        """A URL that lets anybody GET or PUT this object for a while. `Unavailable` where the store has no such thing."""

    def credentials(self, bucket: str, prefix: str, seconds: int, write: bool) -> Credentials:
        """Temporary keys for the objects below a prefix and nothing else. `Unavailable` where the store makes none."""
        raise no_credentials(f"s3://{bucket}/{prefix}")

    @abstractmethod
    def local(self, info: ObjectInfo) -> Path:
        """A file of this computer with the object's content, for reading only."""

    def purge(self, bucket: str, before: float) -> int:
        """Remove from the trash for good what was deleted before a moment (UTC seconds)."""
        old = [each for each in self.trashed(bucket) if each.deleted_at < before]
        for each in old:
            self.delete(bucket, each.place)
        return len(old)


stores: Registry[type[ObjectStore]] = Registry(
    "object store",
    "studio.engine.objects.stores",
    lambda value: isinstance(value, type) and issubclass(value, ObjectStore) and value is not ObjectStore,
    lambda store: store.name,
)


def no_progress(_done: int, _whole: int) -> None:
    """For transfers that nobody watches."""


def trash_place(key: str) -> str:
    """A key in the trash for an object that is deleted now."""
    return f"{TRASH}{int(time.time() * 1000):013d}/{key}"


def as_trashed(info: ObjectInfo) -> Trashed | None:
    """An object of the trash folder as what it was before; None for a stray one."""
    moment, _, key = info.key.removeprefix(TRASH).partition("/")
    if not moment.isdigit() or not key:
        return None
    return Trashed(**{**info.model_dump(), "key": key}, place=info.key, deleted_at=int(moment) / 1000)


def no_object(bucket: str, key: str) -> NotFound:
    """The error for a key that nothing has."""
    url = f"s3://{bucket}/{key}"
    return NotFound(Text(f"There is no object {url}.", f"没有对象 {url}。"), Text("Check the address.", "请检查地址。"))


def no_credentials(address: str, reason: str = "") -> Unavailable:
    """The error for a store without temporary keys; its own keys are never given away instead."""
    return Unavailable(
        Text(f"There are no temporary keys for {address}.", f"{address} 没有临时密钥可用。"),
        Text(
            "Use presigned URLs instead: POST …/upload-url to write, GET …/data to read.",
            "请改用预签名 URL：写入用 POST …/upload-url，读取用 GET …/data。",
        ),
        details=reason,
    )


def key_taken(bucket: str, key: str) -> Conflict:
    return Conflict(
        Text(f"s3://{bucket}/{key} is there already.", f"s3://{bucket}/{key} 已存在。"),
        Text("Delete or rename it first.", "请先删除或重命名。"),
    )


def was_changed(bucket: str, key: str) -> Conflict:
    """The error for an object that became another while it was read."""
    return Conflict(
        Text(f"s3://{bucket}/{key} was changed while it was read.", f"s3://{bucket}/{key} 在读取过程中被修改。"),
        Text("Refresh and try again.", "请刷新后重试。"),
    )
