"""Long work with a name: durable, with progress, and it can be cancelled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import insert, select, update

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import jobs as table
from studio.engine.errors import NotFound, StudioError, from_unexpected
from studio.engine.events import Event, Events, Notice
from studio.engine.text import Text

log = logging.getLogger(__name__)
Status = Literal["running", "done", "failed", "cancelled", "interrupted"]
PUBLISH_EVERY = 0.1  # seconds between two progress events of a job


class JobState(BaseModel):
    """A job as others see it. `progress` is 0 to 1, or None while nobody knows; times are UTC seconds."""

    id: str
    kind: str
    title: Text
    status: Status
    progress: float | None = None
    message: Text | None = None
    payload: dict[str, Any] = {}
    error: dict[str, Any] | None = None
    created_at: float
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class JobChanged(Event):
    """A job started, moved on or ended."""

    job: JobState


Work = Callable[["Job"], Awaitable[Any]]
Resume = Callable[[dict[str, Any], "Job"], Awaitable[Any]]


class Job:
    """What the work of a job holds in its hand."""

    def __init__(self, state: JobState, events: Events) -> None:
        self.state = state
        self.task: asyncio.Task[Any] | None = None
        self._events = events
        self._published = 0.0

    @property
    def id(self) -> str:
        return self.state.id

    def progress(self, fraction: float | None, message: Text | None = None) -> None:
        """Say how far the work is; cheap enough for a tight loop."""
        self.state = self.state.model_copy(update={"progress": fraction, "message": message or self.state.message})
        now = time.monotonic()
        if now - self._published >= PUBLISH_EVERY:
            self._published = now
            self._events.publish(JobChanged(self.state))

    async def wait(self) -> Any:
        """The result of the work; raises what it raised."""
        assert self.task is not None
        return await asyncio.shield(self.task)


class Jobs:
    """All jobs of the engine. A job is in the catalog before its work begins."""

    def __init__(self, catalog: Catalog, events: Events) -> None:
        self._catalog = catalog
        self._events = events
        self._running: dict[str, Job] = {}
        self._resume: dict[str, Resume] = {}
        self.closing = False  # the program ends: what is cancelled now goes on at the next start

    def on_resume(self, kind: str, resume: Resume) -> None:
        """How jobs of that kind go on after the program was killed. Called with the payload they were started with."""
        self._resume[kind] = resume

    async def start_interrupted(self) -> None:
        """Go on with what a kill cut off; what nobody can resume is marked as interrupted."""
        rows = await self._catalog.read(
            lambda connection: connection.execute(select(table).where(table.c.status == "running")).mappings().all()
        )
        for row in rows:
            job = Job(_state(dict(row)), self._events)
            resume = self._resume.get(job.state.kind)
            if resume is None:
                await self._end(job, "interrupted")
            else:
                self._launch(job, lambda job, resume=resume: resume(job.state.payload, job))  # type: ignore[misc]

    async def start(self, kind: str, title: Text, work: Work, payload: dict[str, Any] | None = None) -> Job:
        """Begin `work` in the background and return at once. `payload` is what a resumed job is given."""
        state = JobState(
            id=ids.new("job"), kind=kind, title=title, status="running", payload=payload or {}, created_at=time.time()
        )
        values = state.model_dump(mode="json")
        await self._catalog.write(lambda connection: connection.execute(insert(table).values(**values)))
        job = Job(state, self._events)
        self._launch(job, work)
        return job

    async def cancel(self, job_id: str) -> None:
        """End a running job; it is over when this returns."""
        job = self._running.get(job_id)
        if job is None or job.task is None:
            raise NotFound(Text(f"No job {job_id} is running.", f"没有正在运行的任务 {job_id}。"))
        job.task.cancel()
        await asyncio.wait([job.task])
        if job_id in self._running:  # its task was cancelled before it began
            await self._end(job, "cancelled")

    async def wait(self, job_id: str) -> Any:
        """The result of a running job, when it is there; raises what its work raised. None for one that ended before."""
        job = self._running.get(job_id)
        return await job.wait() if job else None

    async def ended(self, job_id: str) -> None:
        """Until a running job is over, however it ends."""
        job = self._running.get(job_id)
        if job and job.task:
            await asyncio.wait([job.task])

    def running(self) -> list[JobState]:
        return [job.state for job in self._running.values()]

    async def list(self, limit: int = 100) -> list[JobState]:
        """Newest first; running ones with their latest progress."""
        query = select(table).order_by(table.c.created_at.desc()).limit(limit)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [self._as_it_is(_state(dict(row))) for row in rows]

    def _as_it_is(self, state: JobState) -> JobState:
        if state.id in self._running:
            return self._running[state.id].state
        return state.model_copy(update={"status": "interrupted"}) if state.status == "running" else state

    async def close(self) -> None:
        """Stop all work; it stays "running" in the catalog, so the next start goes on with it."""
        tasks = [job.task for job in self._running.values() if job.task]
        self.closing = True
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=10)

    def _launch(self, job: Job, work: Work) -> None:
        self._running[job.id] = job
        self._events.publish(JobChanged(job.state))
        job.task = asyncio.create_task(self._run(job, work), name=f"job {job.id}")
        job.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        if self.closing:  # the next start goes on with it
            job.task.cancel()
            del self._running[job.id]

    async def _run(self, job: Job, work: Work) -> Any:
        try:
            result = await work(job)
        except asyncio.CancelledError:
            if not self.closing:
                await self._end(job, "cancelled")
            raise
        except Exception as error:
            await self._fail(job, error)
            raise
        else:
            ending = asyncio.ensure_future(self._end(job, "done"))
            while not ending.done():  # what is done is written down, whoever cancels it in this moment
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(ending)
            await ending
            return result
        finally:
            self._running.pop(job.id, None)

    async def _fail(self, job: Job, error: Exception) -> None:
        shown = from_unexpected(error)
        log.warning("job %s (%s) failed: %s", job.id, job.state.kind, error, exc_info=shown is not error)
        job.state = job.state.model_copy(update={"error": shown.as_dict()})
        await self._end(job, "failed")
        self._events.publish(Notice("error", job.state.title, shown.whole()))

    async def _end(self, job: Job, status: Status) -> None:
        changes: dict[str, Any] = {"status": status, "finished_at": time.time()}
        if status == "done":
            changes["progress"] = 1.0
        job.state = job.state.model_copy(update=changes)
        values = job.state.model_dump(mode="json", exclude={"id"})
        statement = update(table).where(table.c.id == job.id).values(**values)
        try:
            await self._catalog.write(lambda connection: connection.execute(statement))
        except StudioError as problem:  # the next start finds it running and goes on with it
            log.warning("the end of job %s was not written: %s", job.id, problem)
        self._running.pop(job.id, None)
        self._events.publish(JobChanged(job.state))


def _state(row: dict[str, Any]) -> JobState:
    return JobState.model_validate(row)
