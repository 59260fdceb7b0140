"""The open tables of datasets: looked at whenever they are asked for, read anew when their content changed."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import Any
from weakref import WeakValueDictionary

from studio.engine.datasets import opening
from studio.engine.datasets.background import Background
from studio.engine.datasets.content import READING, Content, Contents
from studio.engine.datasets.dataset import Column, Dataset, columns_of
from studio.engine.datasets.source import Broken, Source
from studio.engine.datasets.watch import Watch
from studio.engine.errors import StudioError, Unavailable
from studio.engine.text import Text

LOOK_AGAIN = 5.0  # seconds until many files, or files elsewhere, are looked at anew
KEPT = ("origin", "options")  # statistics that are not read from the content
MANY = 100  # files; fewer are looked at each time


class Tables:
    """What is open, by the ids of datasets. The catalog is the caller's."""

    def __init__(self, contents: Contents, background: Background) -> None:
        self._contents = contents
        self._background = background
        self._open: dict[str, Source] = {}
        self._seen: dict[str, float] = {}
        self._sharing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def close(self, dataset_id: str) -> None:
        self._open.pop(dataset_id, None)

    def fresh(self, dataset: Dataset) -> Source | None:
        """The table, when it was looked at so short a time ago that it is not looked at again."""
        source = self._open.get(dataset.id)
        if source is None or source.preview or source.fingerprint != dataset.fingerprint:
            return None
        rarely = dataset.storage_type != "local" or len(source.files) > MANY
        recent = time.monotonic() - self._seen.get(dataset.id, 0.0) < LOOK_AGAIN
        return source if rarely and recent and source.files[0].exists() else None

    async def read(self, dataset: Dataset, *, accept: bool = False) -> tuple[Dataset, Source | None]:
        """The dataset as its content makes it now, the same one when nothing is new, and its table.

        What takes long is read in the background: the table is the first rows then, or None where there is no quick way
        to them. `accept` takes changed columns as they are, and tries again what failed or was stopped.
        """
        content = await self._contents.look(dataset, anew=accept)
        if accept:
            self._background.forget(content.mark)
        elif dataset.fingerprint == content.mark + READING and dataset.statistics.get("reading") == "stopped":
            self._background.keep_stopped(content.mark)
        source = await self._source(dataset, content)
        self._keep(dataset, source)
        return self._described(dataset, content, source, accept), source

    async def whole(self, dataset: Dataset) -> Source:
        """The whole table; waits for its reading when that is not over."""
        content = await self._contents.look(dataset)
        source = await self._ready(dataset, content) or await self._background.whole(dataset, content)
        self._keep(dataset, source)
        return source

    async def first(self, content: Content) -> Source | None:
        """The first rows of what is no dataset yet; None where there is no quick way to them."""
        async with self._alone(content):
            source = await asyncio.to_thread(content.preview)
            if source is not None or await asyncio.to_thread(content.slow):
                return source
            return await asyncio.to_thread(content.open, Watch())

    async def leave(self, dataset_id: str) -> None:
        """Nobody wants this dataset any more."""
        self.close(dataset_id)
        await self._background.leave(dataset_id)

    async def drop_copy(self, mark: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._contents.copy(mark), ignore_errors=True)

    def _keep(self, dataset: Dataset, source: Source | None) -> None:
        self._seen[dataset.id] = time.monotonic()
        if source is None:
            self.close(dataset.id)
        else:
            self._open[dataset.id] = source

    async def _source(self, dataset: Dataset, content: Content) -> Source | None:
        whole = await self._ready(dataset, content)
        if whole is not None:
            return whole
        known = self._open.get(dataset.id)
        if known is None or known.fingerprint != content.mark + READING:
            async with self._alone(content):
                known = await asyncio.to_thread(content.preview)
        await self._background.begin(dataset, content)
        return known

    async def _ready(self, dataset: Dataset, content: Content) -> Source | None:
        """The whole, if it is open or opened in a moment."""
        known = self._open.get(dataset.id)
        if known is not None and known.fingerprint == content.mark and await asyncio.to_thread(known.files[0].exists):
            return known
        async with self._alone(content):
            return None if await asyncio.to_thread(content.slow) else await asyncio.to_thread(content.open, Watch())

    def _alone(self, content: Content) -> asyncio.Lock:
        """Datasets over the same files share what is made of them."""
        return self._sharing.setdefault(content.mark, asyncio.Lock())

    def _described(self, dataset: Dataset, content: Content, source: Source | None, accept: bool) -> Dataset:
        if source is not None and not source.preview:
            same = dataset.fingerprint == content.mark
            keeps = dataset.status == "active" or (dataset.status == "changed" and not accept)
            return dataset if same and keeps else _whole(dataset, content, source, accept)
        reading = "stopped" if self._background.stopped(content.mark) else "running"
        same = dataset.fingerprint == content.mark + READING and dataset.statistics.get("reading") == reading
        if same and dataset.status in ("active", "changed"):
            return dataset
        return _begun(dataset, content, source, reading, accept)


def failed(dataset: Dataset, error: StudioError) -> Dataset:
    """The dataset with what keeps it from being read."""
    reachable = isinstance(error, Broken) or not isinstance(error, Unavailable)
    status = "broken" if reachable else "unreachable"
    statistics = {key: value for key, value in dataset.statistics.items() if key != "reading"}
    return dataset.model_copy(update={"status": status, "status_reason": error.whole(), "statistics": statistics})


def _whole(dataset: Dataset, content: Content, source: Source, accept: bool) -> Dataset:
    columns = columns_of(source.schema)
    difference = _difference(dataset, columns, accept)
    return _changed(
        dataset, content, content.mark,
        status="changed" if difference else "active",
        status_reason=difference,
        columns=opening.described(dataset.columns, columns),
        row_count=source.row_count,
        statistics=source.statistics,
    )  # fmt: skip


def _begun(dataset: Dataset, content: Content, source: Source | None, reading: str, accept: bool) -> Dataset:
    """While the whole is read. The types of the first rows are not yet those of the whole, so known columns stay."""
    columns = columns_of(source.schema) if source is not None else dataset.columns
    known = not dataset.statistics.get("provisional")
    same_names = known and [each.name for each in dataset.columns] == [each.name for each in columns]
    difference = None if same_names else _difference(dataset, columns, accept)
    found = {**source.statistics, "first_rows": source.row_count} if source is not None else {}
    return _changed(
        dataset, content, content.mark + READING,
        status="changed" if difference else "active",
        status_reason=difference,
        columns=dataset.columns if same_names else opening.described(dataset.columns, columns),
        row_count=None,
        statistics={**found, "reading": reading, **({} if same_names else {"provisional": True})},
    )  # fmt: skip


def _difference(dataset: Dataset, columns: list[Column], accept: bool) -> Text | None:
    """What changed about the columns. Those of first rows were never more than a guess: what was said of them stays."""
    if accept:
        return None
    if dataset.statistics.get("provisional"):
        return dataset.status_reason if dataset.status == "changed" else None
    return opening.differences(dataset.columns, columns)


def _changed(dataset: Dataset, content: Content, fingerprint: str, statistics: dict[str, Any], **found: Any) -> Dataset:
    newer = dataset.fingerprint.removesuffix(READING) not in ("", content.mark)
    kept = {key: dataset.statistics[key] for key in KEPT if dataset.statistics.get(key)}
    return dataset.model_copy(
        update={
            **found,
            "statistics": {**kept, **statistics},
            "format": content.format,
            "size_bytes": content.size,
            "fingerprint": fingerprint,
            "version": dataset.version + newer,
            "updated_at": time.time(),
        }
    )
