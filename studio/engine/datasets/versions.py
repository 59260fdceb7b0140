"""The versions of datasets: one for every content that was seen, told apart by hash, kept as far as room was given."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.datasets import keeping
from studio.engine.datasets.checksum import checksum
from studio.engine.datasets.content import READING, Contents
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.source import Source
from studio.engine.datasets.version import Kept, State, Version
from studio.engine.datasets.version_records import VersionRecords
from studio.engine.datasets.watch import Stopped, Watch
from studio.engine.errors import NotFound, StudioError, Unavailable
from studio.engine.paths import Paths
from studio.engine.quiet import quietly
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)
MEGABYTE = 1 << 20
NumberBack = Callable[[str, int], Awaitable[None]]
Add = Callable[[Version], Awaitable[Version]]


@dataclass(frozen=True)
class _Content:
    """What is still to be hashed."""

    dataset: Dataset
    version: Version
    files: tuple[Path, ...]
    source: Source


class Versions:
    """Versions of all datasets. Content is hashed in the background, one dataset after the other."""

    def __init__(
        self, catalog: Catalog, paths: Paths, settings: Settings, contents: Contents, number_back: NumberBack
    ) -> None:
        self._records = VersionRecords(catalog)
        self._folder = paths.data / "versions"
        self._settings = settings
        self._contents = contents
        self._number_back = number_back
        self._waiting: asyncio.Queue[_Content] = asyncio.Queue()
        self._queued: set[str] = set()  # versions that wait to be hashed
        self._hashing: asyncio.Task[None] | None = None
        self._watch = Watch()

    async def close(self) -> None:
        self._watch.stop()
        if self._hashing is not None:
            self._hashing.cancel()
            with suppress(asyncio.CancelledError):
                await self._hashing

    async def settled(self) -> None:
        """Wait until all content that was seen is hashed."""
        await self._waiting.join()

    async def of(self, dataset: Dataset) -> list[Version]:
        """A dataset's versions, newest first, each with its state."""
        found = await self._records.of(dataset.id)
        return [await self._with_state(dataset, version) for version in found]

    async def get(self, dataset: Dataset, number: int) -> Version:
        """Raises `NotFound` with the numbers there are."""
        version = await self._records.numbered(dataset.id, number)
        if version is None:
            known = [each.number for each in await self._records.of(dataset.id)]
            told = f"{known[-1]}–{known[0]}" if known else "–"
            raise NotFound(
                Text(f"“{dataset.name}” has no version {number}.", f"“{dataset.name}”没有版本 {number}。"),
                Text(f"There are versions {told}.", f"现有版本：{told}。"),
            )
        return await self._with_state(dataset, version)

    async def hashed(self, dataset: Dataset) -> bool:
        """Whether the number of what a dataset shows is there to stay: until its content is hashed it may be given back."""
        newest = await self._records.newest(dataset.id)
        return newest is not None and newest.number == dataset.version and bool(newest.checksum)

    async def source(self, dataset: Dataset, version: Version) -> Source:
        """The table of a version that is not the current one. `Unavailable` when its content was overwritten and not kept."""
        if version.state == "kept" and version.kept is not None:
            return await asyncio.to_thread(keeping.open_kept, version.kept, version.fingerprint)
        if version.state == "gone":
            raise gone(dataset, version, self._settings.data.versions_kept)
        content = await self._contents.look(as_dataset(dataset, version))
        if content.mark != version.fingerprint:
            raise gone(dataset, version, self._settings.data.versions_kept)
        return await asyncio.to_thread(content.open, self._watch)

    async def seen(
        self, dataset: Dataset, source: Source, files: Sequence[Path], origin: dict[str, Any] | None = None,
        add: Add | None = None,
    ) -> Version:  # fmt: skip
        """A content of a dataset is there: a version of its own, unless it is the newest one's. `origin` makes it one always.
        `add` writes its row, with others in the same transaction."""
        newest = await self._records.newest(dataset.id)
        if newest is not None and newest.fingerprint == dataset.fingerprint and origin is None:
            if not newest.checksum:
                self._hash(dataset, newest, files, source)
            return newest
        kind = {"kind": "changed" if newest else "registered"}
        version = Version(
            id=ids.new("ver", 12), dataset_id=dataset.id, number=dataset.version, path=dataset.storage_path,
            format=dataset.format, fingerprint=dataset.fingerprint, rows=dataset.row_count, size_bytes=dataset.size_bytes,
            columns=dataset.columns, origin=origin or dataset.statistics.get("origin") or kind, created_at=time.time(),
        )  # fmt: skip
        version = await (add or self._records.add)(version)
        self._hash(dataset, version, files, source)
        return version

    async def left(self, dataset: Dataset, copy: Path) -> None:
        """A dataset is about to show other content: what can be read of the old one without its files is kept.

        `copy` is the folder of the readable copy of the old content, which may be removed after this.
        """
        version = await self._records.newest(dataset.id)
        if (
            version is None
            or version.fingerprint != dataset.fingerprint.removesuffix(READING)
            or not self._settings.data.versions_kept
        ):
            return
        folder = self._folder / version.id
        with _forgiving(dataset):
            kept = await asyncio.to_thread(keeping.keep_readable, copy, folder, dataset.statistics)
            if kept is not None:
                await self._keep(version, kept)
        await self.trim()

    async def trim(self) -> None:
        """Let go of what is beyond the limits of the settings; never of what a dataset shows now."""
        shown = await self._records.paths_shown(str(self._folder))
        found = [each for each in await self._records.kept() if each.kept]
        free = [each for each in found if each.kept and not any(path.startswith(each.kept.folder) for path in shown)]
        limits = self._settings.data.versions_kept, self._settings.data.versions_mb * MEGABYTE
        for place in keeping.too_many([(each.dataset_id, each.kept) for each in free if each.kept], *limits):
            version = free[place]
            await self._records.change(version.id, kept=None)
            await asyncio.to_thread(keeping.drop, self._folder / version.id)

    async def _with_state(self, dataset: Dataset, version: Version) -> Version:
        return version.model_copy(update={"state": await self._state(dataset, version)})

    async def _state(self, dataset: Dataset, version: Version) -> State:
        if version.number == dataset.version:
            return "current"
        with suppress(StudioError):
            if (await self._contents.look(as_dataset(dataset, version))).mark == version.fingerprint:
                return "here"
        kept = version.kept is not None and await asyncio.to_thread(keeping.intact, version.kept)
        return "kept" if kept else "gone"

    def _hash(self, dataset: Dataset, version: Version, files: Sequence[Path], source: Source) -> None:
        if version.id in self._queued:
            return
        self._queued.add(version.id)
        self._waiting.put_nowait(_Content(dataset, version, tuple(files) or source.files, source))
        if self._hashing is None or self._hashing.done():
            self._hashing = asyncio.create_task(self._hash_all(), name="hash contents")

    async def _hash_all(self) -> None:
        while True:
            content = await self._waiting.get()
            try:
                await self._note(content)
            except (OSError, Stopped, StudioError) as problem:
                log.info("the content of %s was not hashed: %s", content.version.address, problem)
            finally:
                self._queued.discard(content.version.id)
                self._waiting.task_done()

    async def _note(self, content: _Content) -> None:
        version = content.version
        if content.source.remote:  # its mark is of the etags, which change with the content; nothing has to travel
            await self._records.change(version.id, checksum=f"etags-{version.fingerprint}")
            return
        digest = await quietly(checksum, content.files, self._watch)
        if (await self._contents.look(as_dataset(content.dataset, version))).mark != version.fingerprint:
            return  # overwritten meanwhile: that is the hash of the next version
        before = await self._records.numbered(version.dataset_id, version.number - 1)
        if version.origin.get("kind") == "changed" and before is not None and before.checksum == digest:
            await self._withdraw(version, before)
            return
        await self._records.change(version.id, checksum=digest)
        if self._may_keep(content):
            kept = await asyncio.to_thread(keeping.keep_files, content.source, self._folder / version.id)
            if kept is not None:
                await self._keep(version, kept)
                await self.trim()

    def _may_keep(self, content: _Content) -> bool:
        """A person's own Parquet files; of all else there is a readable copy, which is kept when its content goes."""
        limits = self._settings.data
        own = content.source.files == content.files and not content.version.path.startswith(str(self._folder))
        return own and bool(limits.versions_kept) and (content.version.size_bytes or 0) <= limits.versions_mb * MEGABYTE

    async def _withdraw(self, version: Version, before: Version) -> None:
        """The files were written anew with the content they had: that is no version.

        The version before stands for them first. Whoever looks meanwhile finds one of the two, and adds none.
        """
        await self._records.change(before.id, fingerprint=version.fingerprint, path=version.path)
        await self._records.remove(version.id)
        await self._number_back(version.dataset_id, before.number)

    async def _keep(self, version: Version, kept: Kept) -> None:
        await self._records.change(version.id, kept=kept.model_dump(mode="json"))


@contextmanager
def _forgiving(dataset: Dataset) -> Iterator[None]:
    """A version that cannot be kept keeps nobody from reading the new one."""
    try:
        yield
    except (OSError, StudioError) as problem:
        log.warning("the old content of %s was not kept: %s", dataset.name, problem)


def as_dataset(dataset: Dataset, version: Version) -> Dataset:
    """The dataset as a version has it; with an id of its own, so that the two are never taken for each other."""
    remote = "://" in version.path
    kind = version.path.partition("://")[0] if remote else "local"
    changes = {
        "id": version.address, "storage_path": version.path, "storage_type": kind, "format": version.format,
        "fingerprint": version.fingerprint, "row_count": version.rows, "size_bytes": version.size_bytes,
        "columns": version.columns, "version": version.number, "status": "active", "status_reason": None,
        "updated_at": version.created_at,
    }  # fmt: skip
    return dataset.model_copy(update=changes)


def gone(dataset: Dataset, version: Version, kept: int) -> Unavailable:
    return Unavailable(
        Text(
            f"The content of version {version.number} of “{dataset.name}” is gone: {version.path} was overwritten.",
            f"“{dataset.name}”版本 {version.number} 的内容已不存在：{version.path} 已被覆盖。",
        ),
        Text(
            f"The last {kept} versions are kept as far as the settings give room (Settings › Data).",
            f"程序在设置允许的空间内保留最近 {kept} 个版本（设置 › 数据）。",
        ),
    )
