"""Writing files so that nothing is lost: aside, synced, renamed; and only under the folders that were granted."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.text import Text

LONGEST_NAME = 255  # bytes, on every file system that is in use
REASONS = {
    errno.ENOSPC: Text("the disk is full", "磁盘已满"),
    errno.EDQUOT: Text("the disk quota is used up", "磁盘配额已用完"),
    errno.EROFS: Text("the disk is read-only", "磁盘为只读"),
    errno.EACCES: Text("access is denied", "没有访问权限"),
    errno.EPERM: Text("access is denied", "没有访问权限"),
    errno.ENOENT: Text("it is not there", "不存在"),
    errno.ENOTDIR: Text("a part of the path is no folder", "路径中有一部分不是文件夹"),
    errno.EISDIR: Text("it is a folder", "这是一个文件夹"),
    errno.EADDRNOTAVAIL: Text("this computer has no such address", "本机没有这个地址"),
}


@contextmanager
def replacing(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when the block ends well, and leaves no trace when it does not.

    Raises `Unavailable` when the disk is full or the folder cannot be written.
    """
    aside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(mode)
        Path(aside).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if aside:
            Path(aside).unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, mode: int = 0o600) -> None:
    with replacing(path, mode) as file:
        file.write(content)


def write_text(path: Path, content: str, mode: int = 0o600) -> None:
    write_bytes(path, content.encode(), mode)


def write_json(path: Path, content: Any, mode: int = 0o600) -> None:
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n", mode)


def temporary_folder(within: Path | None, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A folder for as long as it is wanted. `within` is made where it is not there; None is the system's folder, which nobody
    empties after a kill: for what has no home."""
    if within is not None:
        within = within.absolute()  # whoever is told of it may stand elsewhere
        within.mkdir(parents=True, exist_ok=True, mode=0o700)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=within, ignore_cleanup_errors=True)


def inside(root: Path, name: str) -> Path:
    """The path of `name` under `root`; `Forbidden` when it would lead out of it, by whatever trick."""
    if any(len(part.encode(errors="replace")) > LONGEST_NAME for part in name.split("/")):
        raise BadParameter(
            Text(
                f"“{name[:40]}…” is too long a name: {LONGEST_NAME} bytes at most.",
                f"名称“{name[:40]}…”过长，最多 {LONGEST_NAME} 字节。",
            )
        )
    bad = "\0" in name or "\\" in name or ":" in name.split("/")[0]
    path = Path(os.path.realpath(root / name)) if not bad else root
    if bad or not path.is_relative_to(os.path.realpath(root)):
        raise Forbidden(Text(f"“{name}” leads out of {root.name}.", f"“{name}”指向 {root.name} 之外。"))
    return path


def cannot_write(path: Path, error: OSError) -> Unavailable:
    """The error for a write that failed, with the way out."""
    why = reason(error)
    return Unavailable(
        Text(
            f"Cannot write {path.name} in {path.parent}: {why.en}.",
            f"无法在 {path.parent} 写入 {path.name}：{why.zh}。",
        ),
        Text(
            "Free some space or choose another folder; nothing was changed.",
            "请腾出空间或选择其他文件夹，原有内容未改动。",
        ),
    )


def reason(error: OSError) -> Text:
    """Why the system refused, in both languages where it is one of the usual reasons."""
    words = REASONS.get(error.errno or 0)
    return words or Text.same(error.strerror or str(error))


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
