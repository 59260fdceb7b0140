"""Datasets that are open: looked at again when they are asked for, with the catalog kept true to what was seen."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from studio.engine.datasets.background import Background
from studio.engine.datasets.content import READING, Contents
from studio.engine.datasets.dataset import Dataset, DatasetsChanged
from studio.engine.datasets.glance import Glances
from studio.engine.datasets.records import Records
from studio.engine.datasets.source import Source
from studio.engine.datasets.tables import Tables, failed
from studio.engine.errors import DiskFull, StudioError
from studio.engine.events import Events
from studio.engine.jobs import Jobs

log = logging.getLogger(__name__)
Noticed = Callable[[Dataset, Dataset, Source | None], Awaitable[object]]  # before, now, and the table now


class Opened:
    """One look at a time for each dataset. `noticed` hears of content that is another than before."""

    noticed: Noticed

    def __init__(self, records: Records, contents: Contents, jobs: Jobs, events: Events) -> None:
        self._records, self._events = records, events
        self.tables = Tables(contents, Background(jobs, self.look_later))
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looking: set[asyncio.Task[Dataset]] = set()
        self.glances = Glances()

    async def close(self) -> None:
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def current(self, id_or_name: str, *, accept: bool = False) -> Dataset:
        """A dataset as it is now; what keeps it from being read is its status. Raises `NotFound` only."""
        dataset = await self._records.get(id_or_name)
        with suppress(StudioError):
            dataset, _ = await self.open(dataset, accept=accept)
            return dataset
        return await self._records.get(dataset.id)

    async def whole(self, dataset: Dataset) -> Source:
        """The table, once all of it is there."""
        dataset, source = await self.open(dataset)
        return source if source is not None and not source.preview else await self.tables.whole(dataset)

    async def first_rows(self, dataset: Dataset, end: int) -> Source:
        """The table, or its first rows when those reach to row `end` and there is no more yet."""
        dataset, source = await self.open(dataset)
        enough = source is not None and (not source.preview or end <= source.row_count)
        return source if source is not None and enough else await self.tables.whole(dataset)

    async def open(self, dataset: Dataset, *, accept: bool = False) -> tuple[Dataset, Source | None]:
        """Open it if it is not, or not this content; keep what was found in the catalog."""
        async with self._busy[dataset.id]:
            dataset = await self._records.get(dataset.id)
            fresh = None if accept else self.tables.fresh(dataset)
            if fresh is not None:
                return dataset, fresh
            try:
                found, source = await self.tables.read(dataset, accept=accept)
            except StudioError as error:
                self.tables.close(dataset.id)
                unread = failed(dataset, error)
                if (unread.status, unread.status_reason) != (dataset.status, dataset.status_reason):
                    await self._note(unread)
                raise
            if found != dataset:
                await self._note(found)
            if found.fingerprint != dataset.fingerprint:
                await self.noticed(dataset, found, source)
            await self._drop_old_copy(dataset.fingerprint.removesuffix(READING), found.fingerprint)
            return found, source

    def look_later(self, dataset_id: str) -> None:
        """After a reading in the background: see what the dataset is now, so that the catalog and everybody knows."""
        task = asyncio.create_task(self.current(dataset_id), name=f"look at {dataset_id}")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def save(self, dataset: Dataset, numbered: Callable[[Any], int] | None = None) -> None:
        self.glances.forget()
        await self._records.save(dataset, numbered)
        self._events.publish(DatasetsChanged(dataset.id))

    async def _note(self, dataset: Dataset) -> None:
        """Keep what was seen of it; a full disk keeps nobody from reading, and the next look sees the same."""
        try:
            await self.save(dataset)
        except DiskFull as problem:
            log.warning("what is new about %s was not kept: %s", dataset.name, problem)

    async def _drop_old_copy(self, old: str, new: str) -> None:
        """Remove the copy of content that is no more, unless another dataset still shows it."""
        if old in ("", new.removesuffix(READING)):
            return
        if all(dataset.fingerprint.removesuffix(READING) != old for dataset in await self._records.all()):
            await self.tables.drop_copy(old)
