"""The files as they were when they were added, kept once each by their content."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from studio.engine.errors import NotFound
from studio.engine.files import cannot_write, replacing
from studio.engine.knowledge.reader import suffixes
from studio.engine.text import Text

PIECE = 1 << 20


class Originals:
    """Copies under one folder, named by the SHA-256 of their content. A copy that was made is on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str, file_name: str) -> Path:
        """Where the copy is; `NotFound` when it is gone."""
        found = self._folder / f"{digest}{Path(file_name).suffix.lower()}"
        if not found.is_file():
            found = next(iter(self._folder.glob(f"{digest}.*")), found) if digest else found
        if not found.is_file():
            raise NotFound(
                Text(f"The copy of {file_name} is gone.", f"{file_name} 的副本已丢失。"),
                Text("Add the file again.", "请重新添加该文件。"),
            )
        return found

    async def keep(self, source: Path) -> tuple[str, int]:
        """Copy a file; its digest and size. Raises `NotFound` when it is not there or may not be read."""
        return await asyncio.to_thread(self._keep, source)

    async def keep_bytes(self, content: bytes, suffix: str) -> str:
        digest = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, self._folder / f"{digest}{suffix}", [content])
        return digest

    async def keep_lines(self, lines: AsyncIterator[bytes], suffix: str) -> tuple[str, int]:
        """Keep what comes in pieces; its digest and size."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        handle, aside = tempfile.mkstemp(prefix=".coming.", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                async for piece in lines:
                    digest.update(piece)
                    size += len(piece)
                    await asyncio.to_thread(file.write, piece)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            Path(aside).replace(self._folder / f"{digest.hexdigest()}{suffix}")
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        finally:
            Path(aside).unlink(missing_ok=True)
        return digest.hexdigest(), size

    async def forget(self, digest: str) -> None:
        await asyncio.to_thread(self._forget, digest)

    def _keep(self, source: Path) -> tuple[str, int]:
        try:
            with source.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                target = self._folder / f"{digest}{source.suffix.lower()}"
                if not target.exists():
                    file.seek(0)
                    self._write(target, iter(lambda: file.read(PIECE), b""))
                return digest, os.fstat(file.fileno()).st_size
        except OSError as error:
            raise NotFound(
                Text(f"{source} cannot be opened: {error.strerror}.", f"无法打开 {source}：{error.strerror}。"),
                Text("Check that it is there and may be read.", "请确认文件存在且有读取权限。"),
            ) from error

    def _forget(self, digest: str) -> None:
        for path in self._folder.glob(f"{digest}.*"):
            path.unlink(missing_ok=True)

    def _write(self, target: Path, pieces: Iterable[bytes]) -> None:
        if target.exists():
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise cannot_write(target, error) from error
        with replacing(target) as file:
            for piece in pieces:
                file.write(piece)


def files_under(paths: Iterable[Path], fits: Callable[[str], bool] | None = None) -> list[Path]:
    """The files themselves, and of folders all whose names `fits` takes (without it, all that can be read); hidden ones and links
    that lead out of the folder are left out."""
    readable = set(suffixes())
    fits = fits or (lambda name: Path(name).suffix.lower() in readable)
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path.absolute())
            continue
        root = path.resolve()
        found += sorted(
            inner.absolute()
            for inner in path.rglob("*")
            if inner.is_file()
            and fits(inner.name)
            and not any(part.startswith(".") for part in inner.relative_to(path).parts)
            and inner.resolve().is_relative_to(root)
        )
    return list(dict.fromkeys(found))
