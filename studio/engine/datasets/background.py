"""Copies that are made in the background, while the first rows are shown."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from studio.engine.datasets.content import Content
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.source import Source
from studio.engine.datasets.watch import Stopped, Watch
from studio.engine.errors import BadState, StudioError, from_unexpected
from studio.engine.jobs import Job, Jobs
from studio.engine.text import Text

KIND = "read_dataset"


class Background:
    """One job for each content that is being read; datasets over the same files share it.

    `ended` is told the id of each of these datasets when the reading is over, however it ended.
    """

    def __init__(self, jobs: Jobs, ended: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._ended = ended
        self._running: dict[str, Job] = {}
        self._wanted: defaultdict[str, set[str]] = defaultdict(set)  # ids of datasets by content
        self._failed: dict[str, StudioError] = {}
        self._stopped: set[str] = set()
        self._starting = asyncio.Lock()

    def stopped(self, mark: str) -> bool:
        return mark in self._stopped

    def keep_stopped(self, mark: str) -> None:
        """It was stopped before the studio was closed, and stays so."""
        self._stopped.add(mark)

    def forget(self, mark: str) -> None:
        """What failed or was stopped may be tried again."""
        self._failed.pop(mark, None)
        self._stopped.discard(mark)

    async def begin(self, dataset: Dataset, content: Content) -> None:
        """Read in the background, unless that goes on already or was stopped. Raises what an earlier reading failed with."""
        if content.mark in self._failed:
            raise self._failed[content.mark]
        if content.mark in self._stopped:
            return
        self._wanted[content.mark].add(dataset.id)
        async with self._starting:
            if content.mark not in self._running:
                await self._start(dataset, content)

    async def leave(self, dataset_id: str) -> None:
        """That dataset is no more; what is read for nobody else is stopped."""
        for mark, ids in list(self._wanted.items()):
            if ids == {dataset_id} and mark in self._running:
                await self._jobs.cancel(self._running[mark].id)
                self.forget(mark)
            ids.discard(dataset_id)

    async def whole(self, dataset: Dataset, content: Content) -> Source:
        """Wait for the reading, begun again if it was stopped. `BadState` when it is stopped meanwhile."""
        self._stopped.discard(content.mark)
        await self.begin(dataset, content)
        job = self._running.get(content.mark)
        if job is None:  # it ended while the catalog was written
            return await asyncio.to_thread(content.open, Watch())
        try:
            source: Source = await job.wait()
        except asyncio.CancelledError:
            if job.task is None or not job.task.cancelled():
                raise
            raise BadState(
                Text(f"Reading “{dataset.name}” was stopped.", f"已停止读取“{dataset.name}”。"),
                Text("Refresh it to read it again.", "刷新即可重新读取。"),
            ) from None
        return source

    async def _start(self, dataset: Dataset, content: Content) -> None:
        async def work(job: Job) -> Source:
            try:
                return await self._read(job, content)
            except Exception as error:
                self._failed[content.mark] = from_unexpected(error)
                raise
            finally:
                self._over(content.mark)

        title = Text(f"Reading “{dataset.name}”", f"正在读取“{dataset.name}”")
        payload = {"dataset": dataset.id, "path": dataset.storage_path}
        self._running[content.mark] = await self._jobs.start(KIND, title, work, payload)

    async def _read(self, job: Job, content: Content) -> Source:
        loop = asyncio.get_running_loop()

        def told(fraction: float) -> None:
            loop.call_soon_threadsafe(job.progress, fraction)

        watch = Watch(told)
        reading = asyncio.ensure_future(asyncio.to_thread(content.open, watch))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            watch.stop()
            if not self._jobs.closing:
                self._stopped.add(content.mark)
            with suppress(Stopped, StudioError):
                await reading
            raise

    def _over(self, mark: str) -> None:
        self._running.pop(mark, None)
        for dataset_id in () if self._jobs.closing else sorted(self._wanted.pop(mark, ())):
            self._ended(dataset_id)
