"""Copies that are made in the background, while the first rows are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from studio.engine.datasets.content import Content
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.source import Source
from studio.engine.datasets.watch import Stopped, Watch
from studio.engine.errors import BadState, StudioError
from studio.engine.jobs import Job, Jobs
from studio.engine.text import Text

KIND = "read_dataset"


class Background:
    """One job for each content that is being read; two datasets over the same files share it.

    `ended` is told the id of the dataset when its reading is over, however it ended.
    """

    def __init__(self, jobs: Jobs, ended: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._ended = ended
        self._running: dict[str, Job] = {}
        self._failed: dict[str, StudioError] = {}
        self._stopped: set[str] = set()

    def job(self, mark: str) -> str | None:
        """The id of the job that reads this content."""
        job = self._running.get(mark)
        return job.id if job else None

    def forget(self, mark: str) -> None:
        """What failed or was stopped may be tried again."""
        self._failed.pop(mark, None)
        self._stopped.discard(mark)

    async def begin(self, dataset: Dataset, content: Content) -> None:
        """Read in the background, unless that goes on already or was stopped. Raises what an earlier reading failed with."""
        if content.mark in self._failed:
            raise self._failed[content.mark]
        if content.mark not in self._running and content.mark not in self._stopped:
            await self._start(dataset, content)

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
            except StudioError as error:
                self._failed[content.mark] = error
                raise
            finally:
                self._running.pop(content.mark, None)
                self._ended(dataset.id)

        title = Text(f"Reading “{dataset.name}”", f"正在读取“{dataset.name}”")
        self._running[content.mark] = await self._jobs.start(KIND, title, work, {"dataset": dataset.id})

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
            self._stopped.add(content.mark)
            with suppress(Stopped, StudioError):
                await reading
            raise
