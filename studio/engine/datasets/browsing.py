"""Looking at open tables: pages, counts and orders, with the slow parts in the background and the old wishes dropped."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from studio.engine.datasets.dataset import Column, ColumnProfile
from studio.engine.datasets.locked import Locked, guarded
from studio.engine.datasets.native import Natives
from studio.engine.datasets.pages import Pages
from studio.engine.datasets.profile import profile
from studio.engine.datasets.source import Source
from studio.engine.datasets.spill import Spill
from studio.engine.datasets.view import View
from studio.engine.datasets.watch import Watch
from studio.engine.errors import BadState
from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from studio.engine.text import Text

T = TypeVar("T")
KIND = "quicken_dataset"
SORT = "sort_dataset"
FIRST = 1_000  # rows of an order that are found without sorting the rest
MEASURED = 12  # windows in the order of the files that are timed
SLOW = 0.045  # seconds that half of them may take before a copy is made
LONG_ROWS = 2_000_000  # tables from this length on are sorted as a job that everybody sees and may stop
QUICK_ROWS = 200_000  # tables up to this length are sorted before the first page is shown


class Browsing:
    """Answers for one project's tables. Cancelling a call interrupts what it runs in DuckDB."""

    def __init__(self, paths: Paths, settings: Settings, jobs: Jobs) -> None:
        self._folder = folder = paths.cache / "browse"
        self._paths = paths
        self._settings = settings
        self._jobs = jobs
        self._natives = Natives(folder)
        self.pages = Pages(self._natives, folder / "spill")
        self._finding: dict[tuple[object, ...], asyncio.Task[Any]] = {}
        self._copying: dict[str, Job] = {}
        self._refused: set[str] = set()  # no copy of these: it does not pay, or was stopped, or has failed
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MEASURED))
        self._quick: set[str] = set()  # a jump in the order of these files is quick as they are

    async def close(self) -> None:
        for task in list(self._finding.values()):
            task.cancel()
        await asyncio.gather(*self._finding.values(), return_exceptions=True)
        await asyncio.to_thread(self.pages.close)

    async def page(
        self, source: Source, view: View, offset: int, limit: int, columns: Sequence[str] | None = None, title: str = ""
    ) -> Any:
        """Rows `offset` to `offset + limit` of a view as a pyarrow Table."""
        if view.plain:
            await self._quicken(source, title, at_once=not self._slow(source))
            began = time.perf_counter()
            found = await self._run(lambda cursor: self.pages.window(source, offset, limit, columns, cursor))
            self._times[source.fingerprint].append(time.perf_counter() - began)
            return found
        numbers = self.pages.numbers(source, view)
        if (
            numbers is None
            and view.order
            and not view.raw
            and source.row_count > QUICK_ROWS
            and offset + limit <= FIRST
        ):
            self._find_soon(source, view, title)
            await self._quicken(source, title)
            first = await self._run(lambda cursor: self.pages.first(source, view, offset + limit, cursor))
            numbers = first
        elif numbers is None:
            numbers = await self.numbers(source, view, title)
            await self._quicken(source, title)
        wanted = numbers[offset : offset + limit]
        return await self._run(lambda cursor: self.pages.rows(source, wanted, columns, cursor))

    async def count(self, source: Source, view: View) -> int:
        """How many rows a view has."""
        if not view.filters and not view.where.strip():
            return source.row_count
        return len(await self.numbers(source, view.unsorted))

    async def numbers(self, source: Source, view: View, title: str = "") -> Any:
        """The numbers of a view's rows, in its order; found once, and kept while there is room."""
        found = self.pages.numbers(source, view)
        if found is not None:
            return found
        return await asyncio.shield(self._find_soon(source, view, title))

    async def profile(self, source: Source, columns: Sequence[Column], sample: int) -> dict[str, ColumnProfile]:
        """What is in these columns; cancelling it interrupts DuckDB."""
        return await self.watched(
            Watch(), lambda watch: profile(source, columns, sample, watch=watch, spill=self._folder)
        )

    async def profile_all(self, source: Source, columns: Sequence[Column], title: str) -> JobState:
        """The same of all rows, as a job."""
        words = Text(f"Profiling all rows of “{title}”", f"正在分析“{title}”的全部行")

        async def work(job: Job) -> dict[str, ColumnProfile]:
            watch = told(job)
            every = source.row_count
            return await self.watched(
                watch, lambda watch: profile(source, columns, every, watch=watch, spill=self._folder)
            )

        return (await self._jobs.start("profile_dataset", words, work)).state

    async def watched(self, watch: Watch, work: Callable[[Watch], T]) -> T:
        """Run long work on a thread, and stop it when nobody waits any more."""
        task = asyncio.ensure_future(asyncio.to_thread(work, watch))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            watch.stop()
            await asyncio.wait({task})
            task.cancelled() or task.exception()
            raise

    async def settled(self) -> None:
        """Until no order is being found and no copy made; for tests and benchmarks."""
        while self._finding or self._copying:
            waits = [*self._finding.values(), *(job.task for job in self._copying.values() if job.task)]
            await asyncio.wait(waits, timeout=1)
            await asyncio.sleep(0)

    def _find_soon(self, source: Source, view: View, title: str) -> asyncio.Task[Any]:
        """One search for each view, whoever asks; a search for an older order of the same table is given up."""
        key = (source.fingerprint, source.files, view)
        task = self._finding.get(key)
        if task is None:
            self._give_up(source, view)
            task = self._finding[key] = asyncio.create_task(self._find(source, view, title))
            task.add_done_callback(lambda done: (self._finding.pop(key, None), done.cancelled() or done.exception()))
        return task

    def _give_up(self, source: Source, view: View) -> None:
        """End searches for other orders of the same rows: nobody looks at two of them."""
        for (mark, files, other), task in list(self._finding.items()):
            same = (mark, files) == (source.fingerprint, source.files)
            if same and isinstance(other, View) and other.order and view.order and other != view:
                task.cancel()

    async def _find(self, source: Source, view: View, title: str) -> Any:
        among = None
        if view.raw:
            seconds = self._settings.data.query_seconds
            among = await guarded(
                lambda: self.lock(source), lambda locked: self.pages.find_raw(locked, source, view), seconds
            )
            if not view.own and not view.order:
                return among
        if not view.order or source.row_count < LONG_ROWS:
            return await self._run(lambda cursor: self.pages.find(source, view, among, cursor))
        return await self._sort(source, view, among, title)

    async def _sort(self, source: Source, view: View, among: Any, title: str) -> Any:
        """The same as a job with progress. `BadState` when a person stops it."""
        words = Text(f"Sorting “{title or source.fingerprint[:8]}”", f"正在排序“{title or source.fingerprint[:8]}”")

        async def work(job: Job) -> None:
            watch = told(job)

            def find(cursor: Any) -> None:
                with watch.over(cursor):
                    self.pages.find(source, view, among, cursor)

            await self._run(find)

        job = await self._jobs.start(SORT, words, work)
        assert job.task is not None
        try:
            await job.wait()
        except asyncio.CancelledError:
            if job.task.cancelled():
                raise _stopped() from None
            job.task.cancel()
            raise
        return self.pages.numbers(source, view)

    def lock(self, source: Source) -> Locked:
        """A locked connection that sees the table as `data`."""
        spill = Spill(self._paths.spill, self._settings.data.query_disk_mb)
        return Locked({"data": source.dataset()}, memory_mb=self._settings.data.query_memory_mb, spill=spill)

    async def _run(self, work: Callable[[Any], T]) -> T:
        """Run `work` with a cursor on a thread; when nobody waits any more, DuckDB is interrupted."""
        cursor = self.pages.cursor() if self.pages.open else await asyncio.to_thread(self.pages.cursor)
        task = asyncio.ensure_future(asyncio.to_thread(work, cursor))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                cursor.interrupt()
                await asyncio.wait({task}, timeout=0.05)
            task.cancelled() or task.exception()
            raise
        finally:
            cursor.close()

    # Copies

    def _slow(self, source: Source) -> bool:
        """Whether the last windows in the order of the files took long, on this computer as it is now."""
        times = self._times[source.fingerprint]
        return len(times) == MEASURED and statistics.median(times) > SLOW

    async def _quicken(self, source: Source, title: str, at_once: bool = False) -> None:
        """Begin a copy in DuckDB's form where it pays: a job that everybody sees and may stop."""
        mark = source.fingerprint
        if not mark or mark in self._copying or mark in self._refused or (at_once and mark in self._quick):
            return
        if self._natives.ready(source) is not None:
            return
        pays = self._natives.pays_at_once if at_once else self._natives.pays
        if not await asyncio.to_thread(pays, source):
            (self._quick if at_once else self._refused).add(mark)
        elif mark not in self._refused:
            self._refused.add(mark)  # until it is there
            words = Text(f"Making “{title or mark[:8]}” quick to browse", f"正在为“{title or mark[:8]}”加速浏览")
            job = self._copying[mark] = await self._jobs.start(KIND, words, lambda job: self._copy(source, job))
            assert job.task is not None
            job.task.add_done_callback(lambda _: self._copying.pop(mark, None))

    async def _copy(self, source: Source, job: Job) -> None:
        await self.watched(told(job), lambda watch: self._natives.make(source, watch))
        self._refused.discard(source.fingerprint)


def _stopped() -> BadState:
    return BadState(
        Text("Sorting was stopped: only the first rows are in order.", "排序已停止：只有前面的行已排好序。"),
        Text("Sort again to go on.", "请重新排序以继续。"),
    )


def told(job: Job) -> Watch:
    """A watch whose steps are the job's progress."""
    loop = asyncio.get_running_loop()

    def report(fraction: float) -> None:
        loop.call_soon_threadsafe(job.progress, fraction)

    return Watch(report)
