"""Workflows that start by themselves: by the clock, by a call, by a file, by a change of data."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy import delete as erase

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import executions, schedules, workflows
from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.errors import NotFound, StudioError
from studio.engine.events import Event, Events
from studio.engine.ids import new
from studio.engine.text import Text
from studio.engine.workflows.addressed import check_handed_on
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.schedule import Schedule, ScheduleSettings, next_time
from studio.engine.workflows.watching import Watching

log = logging.getLogger(__name__)
CATCH_UP = 100  # missed times at most that are made up for
LONGEST = 60.0  # seconds of one sleep: a clock that was put on is noticed
SET_BACK = 1.0  # seconds that the clock may lose between two looks before it counts as set back

Start = Callable[[str, dict[str, Any], str], Awaitable[Execution]]
End = Callable[[str], Awaitable[Execution]]
VersionOf = Callable[[str], Awaitable[str]]
All = list[Schedule]
Times = list[float]


@dataclass(frozen=True, slots=True)
class SchedulesChanged(Event):
    """A schedule was made, changed or taken away, or it started its workflow."""

    workflow_id: str


class Schedules:
    """The schedules of one studio; they work while it is open. `start` begins a run, `end` waits for it, `version_of` tells
    a dataset's content from what it was."""

    def __init__(self, catalog: Catalog, events: Events, start: Start, end: End, version_of: VersionOf) -> None:
        self._catalog = catalog
        self._events = events
        self._start = start
        self._end = end
        self._all: dict[str, Schedule] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._watching = Watching(version_of, self._launch, self._keep, self._running)
        self._clock: asyncio.Task[None] | None = None
        self._read = (time.time(), time.monotonic())  # the clocks when they were last looked at
        self._changed = asyncio.Event()
        self._deaf: Callable[[], None] | None = None

    async def open(self) -> None:
        """Read them, make up for what was missed, and begin to wait."""
        away = select(workflows.c.id).where(workflows.c.deleted_at.is_not(None))
        self._all = {item.id: item for item in await _kept(self._catalog, schedules.c.workflow_id.not_in(away))}
        self._deaf = self._events.subscribe(DatasetsChanged, lambda _: self._watching.look_soon(self._all.values()))
        for schedule in self._all.values():
            await self._catch_up(schedule)
            await self._watching.watch(schedule)
            if schedule.settings.kind == "dataset":
                await self._watching.look(schedule)
        self._clock = asyncio.get_running_loop().create_task(self._tick(), name="schedules")

    async def close(self) -> None:
        if self._deaf is not None:
            self._deaf()
        await self._watching.close()
        tasks = [task for task in (self._clock, *self._running.values()) if task is not None]
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
        made.state = {"runs": 0, "failures": 0, "skipped": 0, "next_at": next_time(settings, time.time())}
        if settings.kind == "webhook":
            made.state["token"] = secrets.token_urlsafe(24)
        return await self._begin_with(made)

    async def put_back(self, removed: Schedule) -> Schedule:
        """Undo `remove`: the same one with its history, and for a webhook the same address."""
        made = removed.model_copy(deep=True)
        made.state["next_at"] = None if made.paused else next_time(made.settings, time.time())
        return await self._begin_with(made)

    async def renew(self, schedule_id: str) -> Schedule:
        """Another secret for a webhook: the address that was known before starts nothing any more."""
        found = self.get(schedule_id)
        found.state["token"] = secrets.token_urlsafe(24)
        await self._keep(found)
        return found

    async def preview(self, settings: ScheduleSettings, count: int = 5) -> Times:
        """The next times by the clock (UTC seconds); empty for what waits for something else. Raises as `add` does."""
        found: Times = []
        at = next_time(settings, time.time())
        while at is not None and len(found) < count:
            found.append(at)
            at = next_time(settings, at)
        return found

    async def _begin_with(self, made: Schedule) -> Schedule:
        values = made.model_dump(mode="json")
        await self._catalog.write(lambda connection: connection.execute(insert(schedules).values(**values)))
        await self._wake(made)
        return made

    async def _wake(self, schedule: Schedule) -> None:
        """From now on it starts its workflow."""
        self._all[schedule.id] = schedule
        await self._watching.watch(schedule)
        if schedule.settings.kind == "dataset":
            await self._watching.look(schedule)
        self._tell(schedule)

    def _tell(self, schedule: Schedule) -> None:
        self._changed.set()
        self._events.publish(SchedulesChanged(schedule.workflow_id))

    async def change(self, schedule_id: str, settings: ScheduleSettings) -> Schedule:
        found = self.get(schedule_id)
        coming = next_time(settings, time.time())
        found.state["next_at"] = None if found.paused else coming
        if settings.kind == "webhook":
            found.state.setdefault("token", secrets.token_urlsafe(24))
        found.settings = settings
        await self._keep(found)
        await self._watching.watch(found)
        return found

    async def pause(self, schedule_id: str, paused: bool) -> Schedule:
        found = self.get(schedule_id)
        found.paused = paused
        found.state["next_at"] = None if paused else next_time(found.settings, time.time())
        await self._keep(found)
        await self._watching.watch(found)
        return found

    async def remove(self, schedule_id: str) -> None:
        found = self.get(schedule_id)
        del self._all[schedule_id]
        self._watching.unwatch(found.id)
        await self._catalog.write(
            lambda connection: connection.execute(erase(schedules).where(schedules.c.id == found.id))
        )
        self._tell(found)

    def put_away(self, workflow_id: str) -> None:
        """The schedules of a workflow that is put away stay with it on disk and start nothing."""
        for schedule in self.list(workflow_id):
            del self._all[schedule.id]
            self._watching.unwatch(schedule.id)
            self._tell(schedule)

    async def bring_back(self, workflow_id: str) -> None:
        """The schedules of a workflow that is restored work again, from now on: what they missed meanwhile was not wanted."""
        for schedule in await _kept(self._catalog, schedules.c.workflow_id == workflow_id):
            if schedule.id in self._all:
                continue
            schedule.state["version"] = None
            try:
                schedule.state["next_at"] = None if schedule.paused else next_time(schedule.settings, time.time())
            except StudioError as error:  # its folder is gone: there it is again, and says so
                schedule.paused, schedule.state["next_at"] = True, None
                schedule.state["error"] = error.as_dict()
            await self._wake(schedule)
            await self._keep(schedule)

    async def trigger(self, schedule_id: str, inputs: dict[str, Any] | None = None) -> Execution:
        """Start its workflow now, whatever the clock says."""
        found = self.get(schedule_id)
        return await self._begin(found, inputs or {})

    async def call(self, schedule_id: str, token: str, inputs: dict[str, Any]) -> Execution:
        """A webhook was called: its token has to be right, and it names no file of this computer."""
        found = self._all.get(schedule_id)
        known = found.state.get("token", "") if found else ""
        if found is None or not known or not secrets.compare_digest(known, token) or found.paused:
            raise NotFound(Text("There is no such hook.", "没有此回调。"))
        await asyncio.to_thread(check_handed_on, inputs, found.settings.inputs)
        return await self._begin(found, inputs)

    async def _tick(self) -> None:
        while True:
            await self._follow_clock()
            now = time.time()
            for schedule in list(self._all.values()):
                due = schedule.state.get("next_at")
                if due is not None and due <= now and not schedule.paused:
                    schedule.state["next_at"] = next_time(schedule.settings, max(now, due))
                    self._launch(schedule, {"scheduled_at": due})
            waits = [item.state["next_at"] - time.time() for item in self._all.values() if item.state.get("next_at")]
            self._changed.clear()
            try:
                async with asyncio.timeout(max(0.0, min([LONGEST, *waits]))):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _follow_clock(self) -> None:
        """A clock that was set back takes what counts from moment to moment along; times of the day stay as they are."""
        (wall, steady), self._read = self._read, (time.time(), time.monotonic())
        lost = (self._read[1] - steady) - (self._read[0] - wall)
        if lost < SET_BACK:
            return
        for schedule in list(self._all.values()):
            if schedule.settings.kind == "interval" and schedule.state.get("next_at") is not None:
                schedule.state["next_at"] -= lost
                await self._keep(schedule)

    async def _catch_up(self, schedule: Schedule) -> None:
        """Times that went by while the studio was closed: left out, made up for once, or each. What began before a kill and was
        not noted here any more is not begun again."""
        due, now = schedule.state.get("next_at"), time.time()
        if (
            schedule.settings.kind == "interval" and due is not None
        ):  # later than that is due to a clock that was set back
            due = schedule.state["next_at"] = min(due, now + schedule.settings.seconds)
        if due is None or schedule.paused or due > now:
            return
        missed: list[float] = []
        while due is not None and due <= now and len(missed) < CATCH_UP:
            missed.append(due)
            due = next_time(schedule.settings, due)
        begun = await self._begun(schedule, missed[0])
        missed = [at for at in missed if at not in begun]
        schedule.state["next_at"] = next_time(schedule.settings, now)
        wanted = {"skip": [], "once": missed[-1:], "all": missed}[schedule.settings.missed]
        schedule.state["skipped"] = schedule.state.get("skipped", 0) + len(missed) - len(wanted)
        if wanted:
            self._launch(schedule, *({"scheduled_at": at, "late": True} for at in wanted))

    async def _begun(self, schedule: Schedule, since: float) -> set[Any]:
        """The times since then that its runs stand for."""
        mine = (executions.c.source == schedule.id) & (executions.c.created_at >= since)
        query = select(executions.c.inputs).where(mine)
        rows: list[Any] = await self._catalog.read(lambda connection: [*connection.execute(query).scalars()])
        return {inputs.get("scheduled_at") for inputs in rows}

    def _launch(self, schedule: Schedule, *inputs: dict[str, Any]) -> None:
        """Run it in the background, unless its last run still goes on."""
        if not self._lives(schedule):
            return
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
                if not self._lives(schedule) or await self._one(schedule, given):
                    break

    async def _one(self, schedule: Schedule, inputs: dict[str, Any]) -> bool:
        """Whether the run completed."""
        try:
            begun = await self._begin(schedule, inputs)
            ended = await self._end(begun.id)
            good = ended.status in ("completed", "waiting", "interrupted", "stopped")
            schedule.state.pop("error", None)
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

    def _lives(self, schedule: Schedule) -> bool:
        """Whether it is here still: it may be taken away, or its workflow put away, while a run of it goes on."""
        return self._all.get(schedule.id) is schedule

    async def _keep(self, schedule: Schedule) -> None:
        if not self._lives(schedule):
            return
        values = schedule.model_dump(mode="json", exclude={"id", "workflow_id", "created_at"})

        def write(connection: Connection) -> None:
            connection.execute(update(schedules).where(schedules.c.id == schedule.id).values(**values))

        await self._catalog.write(write)
        self._tell(schedule)


async def _kept(catalog: Catalog, which: ColumnElement[bool]) -> All:
    query = select(schedules).where(which)
    rows = await catalog.read(lambda connection: connection.execute(query).mappings().all())
    return [Schedule.model_validate(dict(row)) for row in rows]
