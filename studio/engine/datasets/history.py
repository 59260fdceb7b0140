"""What was before: versions of a dataset to read, compare and go back to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from studio.engine.catalog import Catalog
from studio.engine.datasets.comparisons import Comparisons, RowChange
from studio.engine.datasets.content import READING, Contents
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.difference import Difference
from studio.engine.datasets.opening import described
from studio.engine.datasets.pages import Pages
from studio.engine.datasets.records import Records
from studio.engine.datasets.source import Source
from studio.engine.datasets.tables import Tables
from studio.engine.datasets.version import Version
from studio.engine.datasets.version_records import insert_into
from studio.engine.datasets.versions import Versions, as_dataset
from studio.engine.errors import BadState, StudioError
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)


class Save(Protocol):
    """Keep a dataset's row; `numbered` writes its version in the same transaction."""

    async def __call__(self, dataset: Dataset, numbered: Callable[[Any], int] | None = None) -> None: ...


class History:
    """The versions of datasets by id or name. Going back makes a new version; nothing is lost by it."""

    def __init__(
        self, catalog: Catalog, paths: Paths, settings: Settings, records: Records, contents: Contents, tables: Tables,
        pages: Pages, save: Save,
    ) -> None:  # fmt: skip
        self._records = records
        self._contents = contents
        self._tables = tables
        self._save = save
        self._versions = Versions(catalog, paths, settings, contents, self._number_back)
        self._comparisons = Comparisons(paths.cache / "differences", pages)

    async def close(self) -> None:
        await self._versions.close()

    async def settled(self) -> None:
        """Wait until all content that was seen is hashed and kept."""
        await self._versions.settled()

    async def versions(self, id_or_name: str) -> list[Version]:
        """Newest first, each with its state: current, here (still at its place), kept (by the studio) or gone."""
        dataset = await self._records.get(id_or_name)
        found = await self._versions.of(dataset)
        if found and found[0].state == "current" and not found[0].checksum:
            await self._hash_late(dataset)
        return found

    async def moved_on(self, id_or_name: str, version: int, wait: float = 0.0) -> bool:
        """Whether the content, as it was seen last, is known to be another than that version's.

        A file that was written anew has the next number until its content is hashed, which gives the number back where nothing
        changed. So until then the answer is no; `wait` is for how many seconds that is waited for at most.
        """
        dataset = await self._records.get(id_or_name)
        if dataset.version > version and not await self._versions.hashed(dataset):
            await self._hash_late(dataset)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.settled()
            dataset = await self._records.get(id_or_name)
        return dataset.version > version and await self._versions.hashed(dataset)

    async def version(self, id_or_name: str, number: int) -> Version:
        return await self._versions.get(await self._records.get(id_or_name), number)

    async def dataset(self, id_or_name: str, number: int) -> Dataset:
        """The dataset as it was in a version: its columns, rows, size and place. Its own id stays."""
        dataset = await self._records.get(id_or_name)
        version = await self._versions.get(dataset, number)
        if version.state == "current":
            return dataset
        return as_dataset(dataset, version).model_copy(update={"id": dataset.id})

    async def source(self, id_or_name: str, number: int) -> Source:
        """The table of a version. `Unavailable` when its content was overwritten and not kept."""
        dataset = await self._records.get(id_or_name)
        version = await self._versions.get(dataset, number)
        if version.state == "current":
            return await self._tables.whole(dataset)
        return await self._versions.source(dataset, version)

    async def create(
        self, id_or_name: str, path: str | Path | None = None, *, origin: Mapping[str, Any] | None = None
    ) -> Version:
        """What lies at `path` becomes the dataset's new version; without one, what lies at its own place now.

        The older versions stay where they lie. With nothing new at its own place the answer is the current version.
        """
        dataset = await self._records.get(id_or_name)
        place = self._contents.place(path or dataset.storage_path)
        if place.address == dataset.storage_path:
            content = await self._contents.look(dataset, anew=True)
            newest = next(iter(await self._versions.of(dataset)), None)
            if newest is not None and newest.fingerprint == content.mark:
                return newest
        moved = dataset.model_copy(update={"storage_path": place.address, "storage_type": place.kind, "format": ""})
        return await self._show(dataset, moved, origin or {"kind": "path"})

    async def roll_back(self, id_or_name: str, number: int) -> Version:
        """Make an old version the current one again, as a new version. `Unavailable` when its content is gone.

        Where the old content is only kept by the studio, the dataset reads it from there from now on; the person's file
        stays as it is.
        """
        dataset = await self._records.get(id_or_name)
        version = await self._versions.get(dataset, number)
        if version.state == "current":
            raise BadState(
                Text(f"“{dataset.name}” is at version {number} already.", f"“{dataset.name}”当前就是版本 {number}。")
            )
        await self._versions.source(dataset, version)  # it can be read
        old = as_dataset(dataset, version).model_copy(update={"id": dataset.id, "version": dataset.version})
        if version.state == "kept" and version.kept is not None:
            folder, names = Path(version.kept.folder), version.kept.files
            path = folder / names[0][0] if len(names) == 1 and not version.kept.partitions else folder
            old = old.model_copy(update={"storage_path": str(path), "storage_type": "local", "format": "parquet"})
        return await self._show(dataset, old, {"kind": "rollback", "version": number})

    async def pair(self, id_or_name: str, before: int | None, after: int | None) -> tuple[int, int]:
        """Two versions to compare: to the current one unless said otherwise, from the one before it."""
        dataset = await self._records.get(id_or_name)
        newer = dataset.version if after is None else after
        if before is not None:
            return before, newer
        older = [each.number for each in await self._versions.of(dataset) if each.number < newer]
        if not older:
            raise BadState(
                Text(
                    f"“{dataset.name}” has no version before {newer} to compare with.",
                    f"“{dataset.name}”在版本 {newer} 之前没有可对比的版本。",
                )
            )
        return older[0], newer

    async def compare(self, id_or_name: str, before: int, after: int, key: Sequence[str] = ()) -> Difference:
        """What changed between two versions. Without a key a unique column is looked for; without any, rows are compared whole."""
        old, new = await self._both(id_or_name, before, after)
        return await asyncio.to_thread(self._comparisons.compare, old, new, key)

    async def changes(
        self, id_or_name: str, before: int, after: int, key: Sequence[str] = (), *, offset: int = 0, limit: int = 100,
        change: str = "",
    ) -> list[RowChange]:  # fmt: skip
        """A page of the rows that differ; `change` chooses added, removed or changed ones."""
        old, new = await self._both(id_or_name, before, after)
        return await asyncio.to_thread(
            lambda: self._comparisons.rows(old, new, key, offset=offset, limit=limit, change=change)
        )

    async def noticed(self, before: Dataset, after: Dataset, source: Source | None) -> None:
        """A dataset was read: whatever is new about its content is a version, and the old content is kept.

        What cannot be kept, on a full disk, keeps nobody from reading.
        """
        old, new = (each.fingerprint.removesuffix(READING) for each in (before, after))
        try:
            if old not in ("", new):
                await self._versions.left(before, self._contents.copy(old))
            if source is not None and not source.preview and not after.fingerprint.endswith(READING):
                content = await self._contents.look(after)
                if content.mark == new:
                    await self._versions.seen(after, source, content.files)
        except StudioError as problem:
            log.warning("the versions of %s are not complete: %s", after.name, problem)

    async def _hash_late(self, dataset: Dataset) -> None:
        """The studio was closed before the content was hashed, or it was registered by an older studio."""
        with suppress(StudioError):
            await self.noticed(dataset, dataset, await self._tables.whole(dataset))

    async def _both(self, id_or_name: str, before: int, after: int) -> tuple[Source, Source]:
        return await self.source(id_or_name, before), await self.source(id_or_name, after)

    async def _show(self, dataset: Dataset, other: Dataset, origin: Mapping[str, Any]) -> Version:
        """The dataset shows other content from now on: its row and the version's change together or not at all."""
        found, source = await self._tables.read(other.model_copy(update={"fingerprint": ""}), accept=True)
        if source is None or source.preview:
            source = await self._tables.whole(found)
            found, source = await self._tables.read(found, accept=True)
        assert source is not None
        columns = described(dataset.columns, found.columns)
        found = found.model_copy(update={"version": dataset.version + 1, "columns": columns})
        await self._versions.left(dataset, self._contents.copy(dataset.fingerprint))
        content = await self._contents.look(found)

        async def add(version: Version) -> Version:
            numbers: list[int] = []

            def numbered(connection: Any) -> int:
                numbers.append(insert_into(connection, version))
                return numbers[-1]

            await self._save(found, numbered)
            return version.model_copy(update={"number": numbers[-1]})

        version = await self._versions.seen(found, source, content.files, dict(origin), add)
        return version.model_copy(update={"state": "current"})

    async def _number_back(self, dataset_id: str, number: int) -> None:
        dataset = await self._records.get(dataset_id)
        if dataset.version == number + 1:
            await self._save(dataset.model_copy(update={"version": number}))
