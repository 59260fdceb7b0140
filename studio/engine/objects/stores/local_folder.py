"""Buckets as folders of this computer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, ClassVar

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.files import cannot_write, inside, replacing
from studio.engine.objects.store import (
    TRASH,
    Infos,
    InTrash,
    Listing,
    ObjectInfo,
    ObjectStore,
    ObjectVersion,
    Progress,
    Trashed,
    Versions,
    as_trashed,
    key_taken,
    no_object,
    no_progress,
    trash_place,
    was_changed,
)
from studio.engine.text import Text

PIECE = 4 << 20
Sign = Callable[[str, str, str, int], str]  # method, bucket, key, seconds -> URL


class LocalFolder(ObjectStore):
    """A bucket is a folder under `root`, a key a file in it. Nothing outside `root` is reached, links included.

    `sign` makes URLs that the studio's own API answers; without it there are none.
    """

    name: ClassVar[str] = "local"
    title: ClassVar[Text] = Text("This computer", "本机")

    def __init__(self, root: Path, sign: Sign | None = None) -> None:
        self.root = root
        self.sign = sign

    def has(self, bucket: str) -> bool:
        return self._bucket(bucket).is_dir()

    def buckets(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir()) if self.root.is_dir() else []

    def list(self, bucket: str, prefix: str = "") -> Infos:
        folder = self._there(bucket)
        found = (self._info(bucket, folder, file) for file in _files(folder))
        return sorted((info for info in found if info.key.startswith(prefix)), key=lambda info: info.key)

    def page(self, bucket: str, prefix: str = "", after: str = "", limit: int = 1000) -> Listing:
        folder = self._there(bucket)
        above, _, begins = prefix.rpartition("/")
        place = inside(folder, above) if above else folder
        names = sorted(_names(place, f"{above}/" if above else "", begins)) if place.is_dir() else []
        left = [name for name in names if name > after]
        infos = [self._info(bucket, folder, inside(folder, name)) for name in left[:limit] if not name.endswith("/")]
        folders = [name for name in left[:limit] if name.endswith("/")]
        return Listing(objects=infos, folders=folders, next=left[limit - 1] if len(left) > limit else "")

    def get(self, bucket: str, key: str, version: str = "") -> bytes:
        file = self._file(bucket, key)
        if not file.is_file() or version:
            raise no_object(bucket, key)
        return file.read_bytes()

    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        if isinstance(content, Path):
            return self.upload(bucket, key, content, no_progress)
        file = self._file(bucket, key)
        with replacing(file) as target:
            target.write(content)
        return self._info(bucket, self._bucket(bucket), file)

    def upload(self, bucket: str, key: str, file: Path, progress: Progress) -> ObjectInfo:
        """A copy on this computer is begun anew after a kill: reading what is there already costs as much."""
        kept = self._file(bucket, key)
        with replacing(kept) as target, file.open("rb") as source:
            _copy(source, target, file.stat().st_size, progress)
        return self._info(bucket, self._bucket(bucket), kept)

    def download(self, info: ObjectInfo, target: Path, progress: Progress) -> Path:
        file = self._file(info.bucket, info.key)
        if not file.is_file():
            raise no_object(info.bucket, info.key)
        with file.open("rb") as source, replacing(target) as copy:
            if self._info(info.bucket, self._bucket(info.bucket), file).etag != info.etag:
                raise was_changed(info.bucket, info.key)
            _copy(source, copy, info.size, progress)
        return target

    def delete(self, bucket: str, key: str) -> None:
        file = self._file(bucket, key)
        file.unlink(missing_ok=True)
        _tidy(file.parent, self._bucket(bucket))

    def trash(self, bucket: str, key: str) -> Trashed:
        file = self._file(bucket, key)
        if not file.is_file():
            raise no_object(bucket, key)
        place = self._file(bucket, trash_place(key))
        _move(file, place)
        _tidy(file.parent, self._bucket(bucket))
        found = as_trashed(self._info(bucket, self._bucket(bucket), place))
        assert found is not None
        return found

    def trashed(self, bucket: str) -> InTrash:
        folder = self._there(bucket)
        trash = folder / TRASH
        files = [file for file in trash.rglob("*") if file.is_file()] if trash.is_dir() else []
        found = (as_trashed(self._info(bucket, folder, file)) for file in files)
        return sorted((each for each in found if each), key=lambda each: -each.deleted_at)

    def restore(self, bucket: str, place: str) -> ObjectInfo:
        wanted = next((each for each in self.trashed(bucket) if each.place == place), None)
        if wanted is None:
            raise no_object(bucket, place)
        file = self._file(bucket, wanted.key)
        if file.exists():
            raise key_taken(bucket, wanted.key)
        _move(self._file(bucket, place), file)
        _tidy(self._file(bucket, place).parent, self._bucket(bucket))
        return self._info(bucket, self._bucket(bucket), file)

    def versions(self, bucket: str, key: str) -> Versions:
        """A folder keeps only what is there now."""
        file = self._file(bucket, key)
        if not file.is_file():
            raise no_object(bucket, key)
        info = self._info(bucket, self._bucket(bucket), file)
        return [ObjectVersion(**info.model_dump(), version="", latest=True)]

    def presign(self, method: str, bucket: str, key: str, seconds: int) -> str:
        self._file(bucket, key)
        if self.sign is None:
            raise Unavailable(
                Text("A folder of this computer has no URLs of its own.", "本机文件夹没有可用的 URL。"),
                Text("Start the API (Settings › Server), which makes them.", "请启动 API（“设置 › 服务”）后再试。"),
            )
        return self.sign(method, bucket, key, seconds)

    def local(self, info: ObjectInfo) -> Path:
        return self._file(info.bucket, info.key)

    def _bucket(self, bucket: str) -> Path:
        return inside(self.root, bucket)

    def _there(self, bucket: str) -> Path:
        folder = self._bucket(bucket)
        if not folder.is_dir():
            raise no_bucket(bucket)
        return folder

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
            "Put objects into it, or add the S3 endpoint that holds it under Data › Connections, then refresh.",
            "请向其中放入对象，或在“数据 › 连接”中添加该存储桶所在的 S3 地址，然后刷新。",
        ),
    )


def _files(folder: Path) -> Iterator[Path]:
    root = Path(os.path.realpath(folder))
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(place, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                yield file


def _names(folder: Path, above: str, begins: str) -> Iterator[str]:
    """Keys of the files and folders in a folder; a folder's ends with /."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name.startswith(begins) and not entry.is_symlink():
                yield f"{above}{entry.name}{'/' if entry.is_dir() else ''}"


def _tidy(folder: Path, bucket: Path) -> None:
    """A folder without objects is none: it goes, and those above it, up to the bucket."""
    with suppress(OSError):
        while folder != bucket:
            folder.rmdir()
            folder = folder.parent


def _move(file: Path, to: Path) -> None:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        file.replace(to)
    except OSError as error:
        raise cannot_write(to, error) from error


def _copy(source: BinaryIO, target: BinaryIO, whole: int, progress: Progress) -> None:
    done = 0
    while piece := source.read(PIECE):
        target.write(piece)
        done += len(piece)
        progress(done, whole)
