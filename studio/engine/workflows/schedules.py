"""Workflows that start by themselves: by the clock, by a call, by a file, by a change of data."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as erase

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import schedules
from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.errors import BadParameter, NotFound, StudioError
from studio.engine.events import Events
from studio.engine.ids import new
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.cron import Cron
from studio.engine.workflows.execution import Execution

log = logging.getLogger(__name__)
CATCH_UP = 100  # missed times at most that are made up for
LONGEST = 60.0  # seconds of one sleep: a clock that was put on is noticed

Start = Callable[[str, dict[str, Any], str], Awaitable[Execution]]
End = Callable[[str], Awaitable[Execution]]
VersionOf = Callable[[str], Awaitable[str]]
Kind = Literal["cron", "interval", "webhook", "file", "dataset"]
All = list["Schedule"]


class ScheduleSettings(Params):
    """When a workflow starts, and what with."""

    kind: Kind = param("cron", Text("Kind", "类型"))
    cron: str = param("0 8 * * *", Text("Cron line", "Cron 表达式"))
    timezone: str = param("UTC", Text("Time zone", "时区"))
    seconds: float = param(3600.0, Text("Every", "间隔"), gt=0, unit="s")
    folder: str = param("", Text("Folder", "文件夹"))
    pattern: str = param("*", Text("Files", "文件"))
    dataset: str = param("", Text("Dataset", "数据集"))
    inputs: dict[str, Any] = param({}, Text("Inputs", "输入"))
    missed: Literal["skip", "once", "all"] = param("once", Text("Missed times", "错过的时间"))
    retries: int = param(0, Text("Tries again", "重试次数"), ge=0, le=20)
    retry_wait: float = param(60.0, Text("Wait before trying again", "重试等待"), ge=0, unit="s")


class Schedule(BaseModel):
    """One schedule. `state` has next_at, last_at, last_run, runs, failures, skipped and the token of a webhook."""

    id: str
    workflow_id: str
    settings: ScheduleSettings
    paused: bool = False
    state: dict[str, Any] = Field(default_factory=dict)
    created_at: float = 0.0


class Schedules:
    """The schedules of one studio; they work while it is open. `start` begins a run, `end` waits for it, `version_of` tells
    a dataset's content from what it was."""

    def __init__(self, catalog: Catalog, events: Events, start: Start, end: End, version_of: VersionOf) -> None:
        self._catalog = catalog
        self._events = events
        self._start = start
        self._end = end
        self._version_of = version_of
        self._all: dict[str, Schedule] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._clock: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._deaf: Callable[[], None] | None = None

    async def open(self) -> None:
        """Read them, make up for what was missed, and begin to wait."""
        rows = await self._catalog.read(lambda connection: connection.execute(select(schedules)).mappings().all())
        self._all = {row["id"]: Schedule.model_validate(dict(row)) for row in rows}
        self._deaf = self._events.subscribe(DatasetsChanged, self._data_changed)
        for schedule in self._all.values():
            self._catch_up(schedule)
            self._watch(schedule)
            if schedule.settings.kind == "dataset":
                await self._look(schedule)
        self._clock = asyncio.get_running_loop().create_task(self._tick(), name="schedules")

    async def close(self) -> None:
        if self._deaf is not None:
            self._deaf()
        tasks = [task for task in (self._clock, *self._watching.values(), *self._running.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def list(self, workflow_id: str | None = None) -> All:
        found = [item for item in self._all.values() if workflow_id in (None, item.workflow_id)]
        return sorted(found, key=lambda item: item.created_at)

    def get(self, schedule_id: str) -> Schedule:
        if schedule_id not in self._all:
            raise NotFound(Text(f"There is no schedule “{schedule_id}”.", f"没有计划“{schedule_id}”。"))
        return self._all[schedule_id]

    async def add(self, workflow_id: str, settings: ScheduleSettings) -> Schedule:
        """Raises `BadParameter` for a time that never comes or a folder that is not there."""
        made = Schedule(id=new("schedule", 8), workflow_id=workflow_id, settings=settings, created_at=time.time())
        made.state = {"runs": 0, "failures": 0, "skipped": 0, "next_at": _next(settings, time.time())}
        if settings.kind == "webhook":
            made.state["token"] = secrets.token_urlsafe(24)
        values = made.model_dump(mode="json")
        await self._catalog.write(lambda connection: connection.execute(insert(schedules).values(**values)))
        self._all[made.id] = made
        self._watch(made)
        if settings.kind == "dataset":
            await self._look(made)
        self._changed.set()
        return made

    async def change(self, schedule_id: str, settings: ScheduleSettings) -> Schedule:
        found = self.get(schedule_id)
        found.state["next_at"] = _next(settings, time.time())
        found.settings = settings
        await self._keep(found)
        self._watch(found)
        return found

    async def pause(self, schedule_id: str, paused: bool) -> Schedule:
        found = self.get(schedule_id)
        found.paused = paused
        found.state["next_at"] = None if paused else _next(found.settings, time.time())
        await self._keep(found)
        self._watch(found)
        return found

    async def remove(self, schedule_id: str) -> None:
        found = self.get(schedule_id)
        del self._all[schedule_id]
        self._unwatch(found.id)
        await self._catalog.write(
            lambda connection: connection.execute(erase(schedules).where(schedules.c.id == found.id))
        )

    async def remove_of(self, workflow_id: str) -> None:
        """The schedules of a workflow that is put away go with it."""
        for schedule in self.list(workflow_id):
            await self.remove(schedule.id)

    async def trigger(self, schedule_id: str, inputs: dict[str, Any] | None = None) -> Execution:
        """Start its workflow now, whatever the clock says."""
        found = self.get(schedule_id)
        return await self._begin(found, inputs or {})

    async def call(self, schedule_id: str, token: str, inputs: dict[str, Any]) -> Execution:
        """A webhook was called: its token has to be right."""
        found = self._all.get(schedule_id)
        known = found.state.get("token", "") if found else ""
        if found is None or not known or not secrets.compare_digest(known, token) or found.paused:
            raise NotFound(Text("There is no such hook.", "没有此回调。"))
        return await self._begin(found, inputs)

    async def _tick(self) -> None:
        while True:
            now = time.time()
            for schedule in list(self._all.values()):
                due = schedule.state.get("next_at")
                if due is not None and due <= now and not schedule.paused:
                    schedule.state["next_at"] = _next(schedule.settings, max(now, due))
                    self._launch(schedule, {"scheduled_at": due})
            waits = [item.state["next_at"] - time.time() for item in self._all.values() if item.state.get("next_at")]
            self._changed.clear()
            try:
                async with asyncio.timeout(max(0.0, min([LONGEST, *waits]))):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def _catch_up(self, schedule: Schedule) -> None:
        """Times that went by while the studio was closed: left out, made up for once, or each."""
        due, now = schedule.state.get("next_at"), time.time()
        if due is None or schedule.paused or due > now:
            return
        missed: list[float] = []
        while due is not None and due <= now and len(missed) < CATCH_UP:
            missed.append(due)
            due = _next(schedule.settings, due)
        schedule.state["next_at"] = _next(schedule.settings, now)
        wanted = {"skip": [], "once": missed[-1:], "all": missed}[schedule.settings.missed]
        schedule.state["skipped"] = schedule.state.get("skipped", 0) + len(missed) - len(wanted)
        if wanted:
            self._launch(schedule, *({"scheduled_at": at, "late": True} for at in wanted))

    def _launch(self, schedule: Schedule, *inputs: dict[str, Any]) -> None:
        """Run it in the background, unless its last run still goes on."""
        if schedule.id in self._running:
            schedule.state["skipped"] = schedule.state.get("skipped", 0) + len(inputs)
            return
        task = asyncio.get_running_loop().create_task(self._runs(schedule, inputs), name=f"schedule {schedule.id}")
        self._running[schedule.id] = task
        task.add_done_callback(lambda _: self._running.pop(schedule.id, None))

    async def _runs(self, schedule: Schedule, inputs: tuple[dict[str, Any], ...]) -> None:
        for given in inputs:
            for attempt in range(schedule.settings.retries + 1):
                if attempt:
                    await asyncio.sleep(schedule.settings.retry_wait * 2 ** (attempt - 1))
                if await self._one(schedule, given):
                    break

    async def _one(self, schedule: Schedule, inputs: dict[str, Any]) -> bool:
        """Whether the run completed."""
        try:
            begun = await self._begin(schedule, inputs)
            ended = await self._end(begun.id)
            good = ended.status in ("completed", "waiting", "interrupted", "stopped")
        except StudioError as error:
            log.warning("the schedule %s could not start: %s", schedule.id, error)
            schedule.state["error"] = error.as_dict()
            good = False
        schedule.state["failures"] = schedule.state.get("failures", 0) + (not good)
        await self._keep(schedule)
        return good

    async def _begin(self, schedule: Schedule, inputs: dict[str, Any]) -> Execution:
        begun = await self._start(schedule.workflow_id, {**schedule.settings.inputs, **inputs}, schedule.id)
        schedule.state |= {"last_at": time.time(), "last_run": begun.id, "runs": schedule.state.get("runs", 0) + 1}
        await self._keep(schedule)
        return begun

    async def _keep(self, schedule: Schedule) -> None:
        values = schedule.model_dump(mode="json", exclude={"id", "workflow_id", "created_at"})

        def write(connection: Connection) -> None:
            connection.execute(update(schedules).where(schedules.c.id == schedule.id).values(**values))

        await self._catalog.write(write)
        self._changed.set()

    def _watch(self, schedule: Schedule) -> None:
        self._unwatch(schedule.id)
        if schedule.settings.kind == "file" and not schedule.paused:
            work = self._watch_files(schedule)
            self._watching[schedule.id] = asyncio.get_running_loop().create_task(work, name=f"watch {schedule.id}")

    def _unwatch(self, schedule_id: str) -> None:
        task = self._watching.pop(schedule_id, None)
        if task is not None:
            task.cancel()

    async def _watch_files(self, schedule: Schedule) -> None:
        """Changes that come together start one run, with the files that are there still."""
        from watchfiles import awatch

        async for changes in awatch(schedule.settings.folder, step=50, debounce=400, recursive=True):
            paths = [Path(path) for _, path in changes]
            found = sorted(str(path) for path in paths if path.match(schedule.settings.pattern) and path.is_file())
            if found:
                self._launch(schedule, {"files": found})

    def _data_changed(self, event: DatasetsChanged) -> None:
        wanted = [item for item in self._all.values() if item.settings.kind == "dataset" and not item.paused]
        for schedule in wanted:
            name = f"data {schedule.id}"
            if name not in self._watching:
                task = asyncio.get_running_loop().create_task(self._look(schedule), name=name)
                self._watching[name] = task
                task.add_done_callback(functools.partial(self._looked, name))

    def _looked(self, name: str, _task: asyncio.Task[None]) -> None:
        self._watching.pop(name, None)

    async def _look(self, schedule: Schedule) -> None:
        """Start its workflow when the dataset has another content than when it last looked."""
        try:
            version = await self._version_of(schedule.settings.dataset)
        except StudioError as error:
            log.info("the schedule %s waits for its dataset: %s", schedule.id, error)
            return
        before, schedule.state["version"] = schedule.state.get("version"), version
        if before not in (None, version):
            self._launch(schedule, {"dataset": schedule.settings.dataset})
        elif before is None:
            await self._keep(schedule)


def _next(settings: ScheduleSettings, after: float) -> float | None:
    """The next time by the clock; None for what waits for something else. Says what does not hold."""
    if settings.kind == "cron":
        return Cron.read(settings.cron, settings.timezone).after(after)
    if settings.kind == "interval":
        return after + settings.seconds
    if settings.kind == "file" and not Path(settings.folder).is_dir():
        raise BadParameter(Text(f"There is no folder “{settings.folder}”.", f"没有文件夹“{settings.folder}”。"))
    if settings.kind == "dataset" and not settings.dataset:
        raise BadParameter(Text("Name the dataset.", "请指定数据集。"))
    return None
