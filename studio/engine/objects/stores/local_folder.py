"""Buckets as folders of this computer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.files import inside, replacing
from studio.engine.objects.store import ObjectInfo, ObjectStore, no_object
from studio.engine.text import Text


class LocalFolder(ObjectStore):
    """A bucket is a folder under `root`, a key a file in it. Nothing outside `root` is reached, links included."""

    name: ClassVar[str] = "local"
    title: ClassVar[Text] = Text("This computer", "此电脑")

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, bucket: str) -> bool:
        return self._bucket(bucket).is_dir()

    def buckets(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir()) if self.root.is_dir() else []

    def list(self, bucket: str, prefix: str = "") -> list[ObjectInfo]:
        folder = self._bucket(bucket)
        if not folder.is_dir():
            raise no_bucket(bucket)
        found = (self._info(bucket, folder, file) for file in _files(folder))
        return sorted((info for info in found if info.key.startswith(prefix)), key=lambda info: info.key)

    def get(self, bucket: str, key: str) -> bytes:
        file = self._file(bucket, key)
        if not file.is_file():
            raise no_object(bucket, key)
        return file.read_bytes()

    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        file = self._file(bucket, key)
        with replacing(file) as target:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, target)
            else:
                target.write(content)
        return self._info(bucket, self._bucket(bucket), file)

    def delete(self, bucket: str, key: str) -> None:
        self._file(bucket, key).unlink(missing_ok=True)

    def local(self, info: ObjectInfo) -> Path:
        return self._file(info.bucket, info.key)

    def _bucket(self, bucket: str) -> Path:
        return inside(self.root, bucket)

    def _file(self, bucket: str, key: str) -> Path:
        if not key or key.endswith("/"):
            raise BadParameter(Text(f"s3://{bucket}/{key} names no object.", f"s3://{bucket}/{key} 不是对象地址。"))
        return inside(self._bucket(bucket), key)

    def _info(self, bucket: str, folder: Path, file: Path) -> ObjectInfo:
        state = file.stat()
        return ObjectInfo(
            bucket=bucket, key=file.relative_to(os.path.realpath(folder)).as_posix(), size=state.st_size,
            modified=state.st_mtime, etag=f"{state.st_mtime_ns:x}-{state.st_size:x}",
        )  # fmt: skip


def no_bucket(bucket: str) -> Unavailable:
    """The error for a bucket that is neither a folder here nor behind an endpoint."""
    return Unavailable(
        Text(f"The bucket “{bucket}” cannot be reached.", f"无法访问存储桶“{bucket}”。"),
        Text(
            "Put objects into it, or add the S3 endpoint that holds it, then refresh.",
            "请向其中放入对象，或添加该存储桶所在的 S3 地址，然后刷新。",
        ),
    )


def _files(folder: Path) -> Iterator[Path]:
    root = Path(os.path.realpath(folder))
    for place, _folders, names in os.walk(root):
        for name in names:
            file = Path(place, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                yield file
