"""From a run's launch to its last word: the task that carries it, what the catalog says of it meanwhile, whom it tells."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakValueDictionary

from studio.engine.catalog.tables import executions
from studio.engine.errors import StudioError, from_unexpected
from studio.engine.events import Event, Notice
from studio.engine.text import Text
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Services
from studio.engine.workflows.desk import Desk
from studio.engine.workflows.execution import Records
from studio.engine.workflows.history import History, Rows
from studio.engine.workflows.journal import Journal
from studio.engine.workflows.kept_rows import said_of
from studio.engine.workflows.mcp_servers import McpServers
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.outcomes import StepFailed
from studio.engine.workflows.packages import FOLDER
from studio.engine.workflows.plan import Scope
from studio.engine.workflows.replay import Recorded
from studio.engine.workflows.results import brief
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.run import Parts, Rules, Run
from studio.engine.workflows.run_event import RunEvent
from studio.engine.workflows.run_files import RunFiles
from studio.engine.workflows.store import Ref, Store

log = logging.getLogger(__name__)

QUIET = frozenset({"rows", "row", "effect", "effect_started", "exchange", "called"})
SCRATCH = "scratch"  # the folder of files that live no longer than their run


@dataclass(frozen=True, slots=True)
class RunProgressed(Event):
    """Something happened in a run and is on disk. Rows of a map are not told one by one; `progress` counts them."""

    execution_id: str
    event: RunEvent


@dataclass(frozen=True, slots=True)
class RunWaits(Event):
    """A question to a person came or went in a run; `waits` says whether the run waits for somebody now."""

    execution_id: str
    waits: bool


class Launches(History):
    """Carries the runs of one studio."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        journal = Journal(rooms.paths.runs / "journal.db", self._deliver, self._not_recorded)
        super().__init__(Records(rooms.catalog), journal, Store(rooms.paths.runs / "values"))
        self._cache = Cache(self._journal, self._store)
        self.memory = Memory(rooms.paths.runs / "memory.db")
        self.mcp = McpServers(
            rooms.paths.config / "mcp.json",
            getattr(rooms, "egress", None),
            getattr(rooms, "secrets", None),
            rooms.paths.temporary,
        )
        self.files = RunFiles(getattr(rooms, "objects", None))  # type: ignore[arg-type]
        self._desk = Desk(self._waits)
        self._idle: dict[str, float] = {}  # since when a run waits for a person
        self._waited: dict[str, float] = {}  # for how long it has so far, since it was launched
        self._inside: dict[str, str] = {}  # a run by the run that called it
        self._notes: set[asyncio.Task[None]] = set()
        self._work: dict[str, asyncio.Task[dict[str, Ref]]] = {}  # the steps of each run
        self._cut: dict[str, Literal["stopped", "interrupted"]] = {}  # why those of a run are ended
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def _alone(self, execution_id: str) -> asyncio.Lock:
        """Whoever has it is the only one who begins, takes up, answers or stops this run."""
        return self._locks.setdefault(execution_id, asyncio.Lock())

    def _launch(
        self,
        execution_id: str,
        scope: Scope,
        inputs: dict[str, Any],
        recorded: Recorded | None,
        rules: Rules,
        taken_from: str = "",
    ) -> None:
        rooms = self._rooms
        services = Services(
            models=rooms.models, knowledge=rooms.knowledge, datasets=rooms.datasets, sql=rooms.sql,
            egress=getattr(rooms, "egress", None), objects=getattr(rooms, "objects", None),
            connections=getattr(rooms, "connections", None), workflows=self, memory=self.memory,
            mcp=self.mcp, settings=getattr(rooms, "settings", None), packages=rooms.paths.data / FOLDER,
            temporary=rooms.paths.temporary,
        )  # fmt: skip
        parts = Parts(services, self._journal, self._store, self._cache, self._desk, rooms.paths.runs / SCRATCH)
        run = Run(execution_id, scope, inputs, parts, recorded, rules)
        run.announce()
        if taken_from and recorded is not None:
            self._copy(execution_id, recorded, taken_from)
        loop = asyncio.get_running_loop()
        work = self._work[execution_id] = loop.create_task(run.go(), name=f"steps of {execution_id}")
        self._tasks[execution_id] = loop.create_task(self._go(run, work), name=f"run {execution_id}")

    def _cut_short(self, execution_id: str, why: Literal["stopped", "interrupted"]) -> asyncio.Task[None] | None:
        """Have the steps of a run ended; its task, which ends when the run's last word is on disk. The first reason counts."""
        work = self._work.get(execution_id)
        if work is not None and execution_id not in self._cut:
            self._cut[execution_id] = why
            work.cancel()
        return self._tasks.get(execution_id)

    def _copy(self, execution_id: str, recorded: Recorded, taken_from: str) -> None:
        """What another run recorded becomes a part of this one's history, so that it stands on its own."""
        for (step, rows), refs in recorded.steps.items():
            data = {"seconds": 0.0, "cached": True, "tokens": 0, "outputs": said_of(refs), "from": taken_from}
            self._journal.append(execution_id, "finished", step, {**data, "at": list(rows)} if rows else data)
        for (step, rows), refs in recorded.rows.items():
            self._journal.append(execution_id, "rows", step, {"rows": [[list(rows), said_of(refs)]]})

    async def _go(self, run: Run, work: asyncio.Task[dict[str, Ref]]) -> None:
        """From the first step to the last word in the journal; the run counts as running until that is on disk.

        Nobody cancels this: what is cancelled is the `work`, so that each run comes to an end that is told.
        """
        started = time.perf_counter()
        try:
            await asyncio.wait([work])
            await self._tell_end(run, work, started)
        finally:
            await self._journal.settle()
            for kept in (self._tasks, self._work, self._cut):
                kept.pop(run.execution, None)
            self._desk.forget(run.execution)
            self._journal.forget(run.execution)

    async def _tell_end(self, run: Run, work: asyncio.Task[dict[str, Ref]], started: float) -> None:
        try:
            outputs = work.result()
            shown = await self._brief(outputs)
        except asyncio.CancelledError:
            await self._end(run, self._cut.get(run.execution, "stopped"), {})
        except StepFailed as failed:
            await self._end(run, "failed", {"error": failed.error.as_dict(), "step": failed.step})
        except Exception as error:
            log.warning("the run %s failed outside of its steps", run.execution, exc_info=True)
            await self._end(run, "failed", {"error": from_unexpected(error).as_dict(), "step": ""})
        else:
            seconds = round(time.perf_counter() - started, 3)
            said = {name: ref.as_dict() for name, ref in outputs.items()}
            data = {"outputs": said, "seconds": seconds, "tokens": run.tokens}
            await self._end(run, "completed", data, shown)

    async def _end(self, run: Run, status: str, data: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
        """The catalog first, so that whoever hears of the end and asks sees it. A run that waits for a person goes on waiting."""
        kept = "waiting" if status == "interrupted" and run.waiting else status
        now = time.time()
        values = {"status": kept, "outputs": outputs or {}, "error": data.get("error"), "completed_at": now}
        if run.first_start is not None:
            values["started_at"] = run.first_start  # the record tells the same time as the journal
        self._count_waiting(run.execution, False)
        if waited := self._waited.pop(run.execution, 0.0):
            values["waited"] = executions.c.waited + waited
        try:
            await self._records.change_execution(run.execution, **values)
        except StudioError as problem:  # the next start finds it running and offers to go on
            log.warning("the end of run %s was not written: %s", run.execution, problem)
        kind: Any = f"run_{'finished' if status == 'completed' else status}"
        self._journal.append(run.execution, kind, "", data, now)
        if run.waiting and kept != "waiting":
            self._rooms.events.publish(RunWaits(run.execution, False))

    async def _brief(self, outputs: dict[str, Ref]) -> dict[str, Any]:
        return {name: brief(await self._store.get(ref)) for name, ref in outputs.items()}

    def _waits(self, execution_id: str, waits: bool) -> None:
        """A run began or ended to wait for a person: the catalog says so."""
        self._count_waiting(execution_id, waits)
        note = asyncio.get_running_loop().create_task(self._note_waiting(execution_id, waits))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    def _count_waiting(self, execution_id: str, waits: bool) -> None:
        if waits:
            self._idle.setdefault(execution_id, time.time())
        elif (since := self._idle.pop(execution_id, None)) is not None:
            self._waited[execution_id] = self._waited.get(execution_id, 0.0) + max(0.0, time.time() - since)

    async def _note_waiting(self, execution_id: str, waits: bool) -> None:
        try:
            if waits == self._desk.waits_for(execution_id) and execution_id in self._tasks:
                await self._records.change_status(
                    execution_id, "running" if waits else "waiting", "waiting" if waits else "running"
                )
                self._rooms.events.publish(RunWaits(execution_id, waits))
        except StudioError as problem:
            log.warning("that run %s waits was not written: %s", execution_id, problem)

    def _not_recorded(self, error: StudioError) -> None:
        self._rooms.events.publish(
            Notice("error", Text("Runs cannot be recorded for now", "暂时无法记录运行"), error.whole())
        )

    def _deliver(self, rows: Rows) -> None:
        if not self._rooms.events.heard(RunProgressed):
            return
        for execution_id, event in rows:
            if event.kind not in QUIET:
                self._rooms.events.publish(RunProgressed(execution_id, event))
