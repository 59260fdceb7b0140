"""The contract of an object store, and the stores there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from studio.engine.errors import NotFound
from studio.engine.registry import Registry
from studio.engine.text import Text


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


class ObjectStore(ABC):
    """Keeps bytes by bucket and key. What `put` returned from is there whole, or what was there before still is.

    Methods block: the service calls them on worker threads. A key that is missing raises `NotFound`, a store or bucket
    that cannot be reached raises `Unavailable`, a key that leads elsewhere raises `Forbidden`.
    """

    name: ClassVar[str]
    title: ClassVar[Text]

    @abstractmethod
    def buckets(self) -> list[str]: ...

    @abstractmethod
    def list(self, bucket: str, prefix: str = "") -> list[ObjectInfo]:
        """Every object whose key starts with `prefix`, by key."""

    @abstractmethod
    def get(self, bucket: str, key: str) -> bytes: ...

    @abstractmethod
    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        """Keep bytes, or a copy of a file's."""

    @abstractmethod
    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is fine."""

    @abstractmethod
    def local(self, info: ObjectInfo) -> Path:
        """A file of this computer with the object's content, for reading only."""


stores: Registry[type[ObjectStore]] = Registry(
    "object store",
    "studio.engine.objects.stores",
    lambda value: isinstance(value, type) and issubclass(value, ObjectStore) and value is not ObjectStore,
    lambda store: store.name,
)


def no_object(bucket: str, key: str) -> NotFound:
    """The error for a key that nothing has."""
    url = f"s3://{bucket}/{key}"
    return NotFound(Text(f"There is no object {url}.", f"没有对象 {url}。"), Text("Check the address.", "请检查地址。"))
