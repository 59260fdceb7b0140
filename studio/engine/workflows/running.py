"""Runs of workflows: begun, watched, answered, stopped, taken up again, branched and replayed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from studio.engine.errors import BadParameter, BadState, NotFound, StudioError
from studio.engine.events import Event, Notice
from studio.engine.ids import new
from studio.engine.text import Text
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Services
from studio.engine.workflows.desk import Desk, check_answer
from studio.engine.workflows.execution import Execution, Records
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.journal import Journal, Row, RunEvent
from studio.engine.workflows.plan import Scope, downstream, plan
from studio.engine.workflows.replay import EXCHANGES, KINDS, Recorded
from studio.engine.workflows.results import Results, brief
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.run import Parts, Rules, Run, StepFailed
from studio.engine.workflows.store import Ref, Store

log = logging.getLogger(__name__)

AllExecutions = list[Execution]
Rows = list[Row]

QUIET = frozenset({"rows", "row", "effect", "effect_started", "exchange", "called"})
UNSAVED = "unsaved"
DEEPEST = 8  # workflows inside workflows


@dataclass(frozen=True, slots=True)
class RunProgressed(Event):
    """Something happened in a run and is on disk. Rows of a map are not told one by one; `progress` counts them."""

    execution_id: str
    event: RunEvent


class Runs:
    """The runs of one studio."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._records = Records(rooms.catalog)
        self._journal = Journal(rooms.paths.runs / "journal.db", self._deliver, self._not_recorded)
        self._store = Store(rooms.paths.runs / "values")
        self._cache = Cache(self._journal, self._store)
        self._desk = Desk(self._waits)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._inside: dict[str, str] = {}  # a run by the run that called it
        self._notes: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open the journal, mark the runs that a crash left behind as interrupted (`resume` goes on with them), and take up
        those that wait for a person."""
        await self._journal.start()
        for execution_id in await self._records.with_status("running", "pending"):
            self._journal.append(execution_id, "run_interrupted")
            await self._records.change_execution(execution_id, status="interrupted", completed_at=time.time())
        await self._journal.flush()
        for execution_id in await self._records.with_status("waiting"):
            await self._take_up(execution_id)

    async def close(self) -> None:
        """Interrupt what runs, so that it can be resumed, and close the journal."""
        for task in [*self._tasks.values()]:
            task.cancel("interrupted")
        await asyncio.gather(*self._tasks.values(), *self._notes, return_exceptions=True)
        await self._journal.close()

    def running_count(self) -> int:
        return len(self._tasks)

    async def stop(self, execution_id: str) -> Execution:
        """Stop a run; its steps and their processes have ended when this returns."""
        task = self._tasks.get(execution_id)
        if task is not None:
            task.cancel("stopped")
            await asyncio.gather(task, return_exceptions=True)
        return await self.execution(execution_id)

    async def resume(self, execution_id: str, *, repeat: bool = False) -> Execution:
        """Go on with a run that was interrupted, stopped or failed, after its last recorded step and row.

        A side effect that was recorded is never repeated. One that had begun when the studio ended stops the run with the reason,
        unless `repeat` says that it may happen again. Raises `BadState` for a run that is running or complete.
        """
        execution = await self._records.execution(execution_id)
        if execution_id in self._tasks or execution.status == "completed":
            raise BadState(
                Text(
                    "This run is running or complete; there is nothing to resume.", "该运行正在进行或已完成，无需恢复。"
                )
            )
        graph = await self._records.definition(execution_id)
        scope = plan(graph)
        recorded = await self._recorded(execution_id, repeat)
        await self._records.change_execution(execution_id, status="running", completed_at=None, error=None)
        self._launch(execution_id, scope, execution.inputs, recorded, Rules(concurrency=graph.concurrency))
        return await self._records.execution(execution_id)

    async def questions(self, execution_id: str) -> list[dict[str, Any]]:
        """What a person is asked in this run: `step`, `at` (rows and passes), `question`, `since`."""
        await self._records.execution(execution_id)
        recorded = await self._recorded(execution_id)
        return [
            {"step": where[0], "at": list(where[1]), "question": event.data["question"], "since": event.at}
            for where, event in recorded.open_questions().items()
        ]

    async def answer(
        self, execution_id: str, answer: Any, *, step: str = "", at: list[int] | None = None, by: str = ""
    ) -> Execution:
        """Answer what a run asks. Without `step`, its only question. A run that nobody runs is taken up again by it."""
        open_ = await self.questions(execution_id)
        found = [item for item in open_ if step in ("", item["step"]) and (at is None or at == item["at"])]
        if len(found) != 1:
            raise BadState(
                Text(
                    f"This run has {len(found)} such questions open; say which step is answered.",
                    f"该运行有 {len(found)} 个这样的待答问题，请指明节点。",
                )
            )
        where = (str(found[0]["step"]), tuple(found[0]["at"]))
        checked = check_answer(found[0]["question"], answer)
        self._journal.append(execution_id, "answered", where[0], {"at": list(where[1]), "answer": checked, "by": by})
        await self._journal.flush()
        if not self._desk.give(execution_id, where, checked) and execution_id not in self._tasks:
            return await self.resume(execution_id)
        return await self._records.execution(execution_id)

    async def branch(
        self,
        execution_id: str,
        *,
        start_at: str = "",
        only: str = "",
        edits: dict[str, Any] | None = None,
        definition: Graph | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> Execution:
        """A new run that takes over what an earlier one recorded (time travel).

        `start_at` is the first step that runs again, with all that depends on it; `only` is the one step that runs. `edits` are
        values by "step.port" to take in place of those that were recorded; what depends on them runs again. `definition` is the
        graph as it is now, where it is not the earlier one. Without any of them, what failed or never ran runs.
        """
        source = await self._records.execution(execution_id)
        graph = definition or await self._records.definition(execution_id)
        scope = plan(graph)
        steps = {step.id for step in scope.everything()}
        edited = {tuple(name.rsplit(".", 1)): value for name, value in (edits or {}).items()}
        for name in {start_at, only, *(step for step, _ in edited)} - {""}:
            if name not in steps:
                raise NotFound(Text(f"There is no step “{name}” in this workflow.", f"此工作流中没有节点“{name}”。"))
        recorded = await self._recorded(execution_id)
        again = downstream(scope, {name for name in (start_at, only) if name})
        changed = {step for step, _ in edited}
        again |= (downstream(scope, changed) - changed) if changed else set()
        kept = recorded.without(again)
        for (step, port), value in edited.items():
            before = kept.steps.setdefault((step, ()), {})
            kept.steps[step, ()] = {**before, port: await self._store.put(value)}
        rules = Rules(only=frozenset({only}) if only else None, concurrency=graph.concurrency)
        execution = _made(source.workflow_id, source.workflow_name, inputs or source.inputs, source=execution_id)
        await self._records.add_execution(execution, graph)
        self._launch(execution.id, scope, execution.inputs, kept, rules, taken_from=execution_id)
        return execution

    async def replay(self, execution_id: str) -> Execution:
        """Run again with what models, servers and tools said then: nothing outside is asked, no side effect happens."""
        source = await self._records.execution(execution_id)
        graph = await self._records.definition(execution_id)
        scope = plan(graph)
        recorded = await self._recorded(execution_id)
        acting = {step.id for step in scope.everything() if step.effect}
        effects = {where: refs for where, refs in recorded.steps.items() if where[0] in acting}
        kept = Recorded(steps=effects, answers=recorded.answers, asked=recorded.asked)
        played = Recorded.read(await self._journal.history(execution_id, kinds=EXCHANGES))
        execution = _made(source.workflow_id, source.workflow_name, source.inputs, source=execution_id)
        await self._records.add_execution(execution, graph)
        self._launch(execution.id, scope, source.inputs, kept, Rules(played=played, concurrency=graph.concurrency))
        return execution

    async def run_inside(
        self,
        caller: str,
        workflow: str,
        version: int | None,
        inputs: dict[str, Any],
        earlier: str | None,
        begun: Callable[[str], Awaitable[None]],
    ) -> dict[str, Any]:
        """Run a workflow for a step of another, to its end, and give its whole outputs."""
        depth, around = 0, caller
        while around in self._inside:
            depth, around = depth + 1, self._inside[around]
        if depth >= DEEPEST:
            raise BadState(
                Text(f"Workflows call each other {DEEPEST} deep.", f"工作流嵌套调用超过 {DEEPEST} 层。"),
                Text("One of them probably calls itself.", "其中之一可能调用了自身。"),
            )
        execution = await self._inner(caller, workflow, version, inputs, earlier)
        try:
            if earlier is None:
                await begun(execution.id)
            return await self._inner_outputs(execution.id)
        except asyncio.CancelledError as cancelled:
            task = self._tasks.get(execution.id)
            if task is not None:
                task.cancel(*cancelled.args)
                await asyncio.gather(task, return_exceptions=True)
            raise
        finally:
            self._inside.pop(execution.id, None)

    async def executions(self, workflow_id: str | None = None, limit: int = 100) -> AllExecutions:
        """Runs, newest first, without the results of their steps."""
        found = await self._records.executions(workflow_id, limit)
        tokens = await self._journal.tokens([run.id for run in found if run.status == "completed"])
        return [self._as_it_is(run.model_copy(update={"tokens": tokens.get(run.id, 0)})) for run in found]

    async def execution(self, execution_id: str) -> Execution:
        """A run with how each step ended."""
        found = self._as_it_is(await self._records.execution(execution_id))
        results = Results()
        for event in await self._journal.history(execution_id):
            results.note(event)
        return found.model_copy(update={"node_results": results.steps, "tokens": results.tokens})

    async def definition(self, execution_id: str) -> Graph:
        """The graph that a run was started with."""
        return await self._records.definition(execution_id)

    def events(self, execution_id: str, after: int = 0) -> AsyncIterator[RunEvent]:
        """What happened so far, then what happens, to the end of the run. Any number of readers, none misses anything."""
        return self._journal.watch(execution_id, after, lambda: execution_id in self._tasks)

    async def output(self, execution_id: str, node_id: str, port: str) -> Any:
        """The whole value that a step gave, a pyarrow.Table for tables; `NotFound` when it has not."""
        for event in reversed(await self._journal.history(execution_id, kinds=("finished",))):
            if event.step == node_id and port in event.data["outputs"]:
                return await self._store.get(Ref.read(event.data["outputs"][port]))
        raise NotFound(
            Text(f"“{node_id}” has no output “{port}” in this run.", f"此次运行中“{node_id}”没有输出“{port}”。")
        )

    async def ends_of_steps(self, limit: int) -> Rows:
        """How steps ended in all runs, the newest first."""
        return await self._journal.ends_of_steps(limit)

    async def digests(self, execution_id: str) -> dict[str, str]:
        """What tells the outputs of a complete run, by name: equal digests are equal values."""
        for event in reversed(await self._journal.history(execution_id, kinds=("run_finished",))):
            return {name: Ref.read(ref).digest for name, ref in event.data["outputs"].items()}
        return {}

    async def wait(self, execution_id: str) -> Execution:
        """Wait for the end of a run, whatever end that is."""
        await self.end(execution_id)
        return await self.execution(execution_id)

    async def end(self, execution_id: str) -> Execution:
        """The same without the results of its steps."""
        task = self._tasks.get(execution_id)
        if task is not None:
            await asyncio.gather(asyncio.shield(task), return_exceptions=True)
        return await self._records.execution(execution_id)

    async def _begin(
        self, workflow_id: str, name: str, graph: Graph, inputs: dict[str, Any], source: str = ""
    ) -> Execution:
        if not isinstance(inputs, dict):
            raise BadParameter(
                Text("The inputs must be an object of names and values.", "输入必须是由名称和值组成的对象。")
            )
        scope = plan(graph)
        execution = _made(workflow_id, name, inputs, source)
        await self._records.add_execution(execution, graph)
        self._launch(execution.id, scope, inputs, None, Rules(concurrency=graph.concurrency))
        return execution

    async def _inner(
        self, caller: str, workflow: str, version: int | None, inputs: dict[str, Any], earlier: str | None
    ) -> Execution:
        """The run of that workflow; who called it is known before it takes its first step."""
        if earlier is not None:
            known = await self._records.execution(earlier)
            self._inside[earlier] = caller
            done = known.status == "completed" or earlier in self._tasks
            return known if done else await self.resume(earlier)
        found = await self._records.workflow(workflow)
        graph = found.definition if version in (None, found.version) else await self._records.version(found.id, version)
        execution = await self._begin(found.id, found.name, graph, inputs)
        self._inside[execution.id] = caller
        return execution

    async def _inner_outputs(self, execution_id: str) -> dict[str, Any]:
        task = self._tasks.get(execution_id)
        if task is not None:
            await asyncio.shield(task)
        ended = await self._records.execution(execution_id)
        if ended.status != "completed":
            message = Text(**(ended.error or {}).get("message", {"en": f"It was {ended.status}.", "zh": "未完成。"}))
            raise BadState(
                Text(
                    f"The workflow “{ended.workflow_name}” did not complete: {message.en}",
                    f"工作流“{ended.workflow_name}”未完成：{message.zh}",
                ),
                details=execution_id,
            )
        event = (await self._journal.history(execution_id, kinds=("run_finished",)))[-1]
        return {name: await self._store.get(Ref.read(ref)) for name, ref in event.data["outputs"].items()}

    async def _take_up(self, execution_id: str) -> None:
        try:
            await self.resume(execution_id)
        except StudioError as problem:
            log.warning("the run %s waits and cannot go on: %s", execution_id, problem)

    async def _recorded(self, execution_id: str, repeat: bool = False) -> Recorded:
        return Recorded.read(await self._journal.history(execution_id, kinds=KINDS), repeat)

    def _as_it_is(self, execution: Execution) -> Execution:
        """One that the catalog calls running and that nobody runs ended while nothing could be written."""
        if execution.status == "running" and execution.id not in self._tasks:
            return execution.model_copy(update={"status": "interrupted"})
        return execution

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
            egress=getattr(rooms, "egress", None), objects=getattr(rooms, "objects", None), workflows=self,
        )  # fmt: skip
        parts = Parts(services, self._journal, self._store, self._cache, self._desk)
        run = Run(execution_id, scope, inputs, parts, recorded, rules)
        run.announce()
        if taken_from and recorded is not None:
            self._copy(execution_id, recorded, taken_from)
        task = asyncio.get_running_loop().create_task(self._go(run), name=f"run {execution_id}")
        self._tasks[execution_id] = task

    def _copy(self, execution_id: str, recorded: Recorded, taken_from: str) -> None:
        """What another run recorded becomes a part of this one's history, so that it stands on its own."""
        for (step, rows), refs in recorded.steps.items():
            said = {port: ref.as_dict() for port, ref in refs.items()}
            data = {"seconds": 0.0, "cached": True, "tokens": 0, "outputs": said, "from": taken_from}
            self._journal.append(execution_id, "finished", step, {**data, "at": list(rows)} if rows else data)
        for (step, rows), refs in recorded.rows.items():
            said = {port: ref.as_dict() for port, ref in refs.items()}
            self._journal.append(execution_id, "rows", step, {"rows": [[list(rows), said]]})

    async def _go(self, run: Run) -> None:
        """From the first step to the last word in the journal; the run counts as running until that is on disk."""
        started = time.perf_counter()
        try:
            await self._to_its_end(run, started)
        finally:
            await asyncio.shield(self._journal.settle())
            self._tasks.pop(run.execution, None)
            self._desk.forget(run.execution)
            self._journal.forget(run.execution)

    async def _to_its_end(self, run: Run, started: float) -> None:
        try:
            outputs = await run.go()
        except asyncio.CancelledError as cancelled:
            interrupted = cancelled.args == ("interrupted",)
            await self._end(run, "interrupted" if interrupted else "stopped", {})
        except StepFailed as failed:
            await self._end(run, "failed", {"error": failed.error.as_dict(), "step": failed.step})
        except StudioError as error:
            await self._end(run, "failed", {"error": error.as_dict(), "step": ""})
        else:
            seconds = round(time.perf_counter() - started, 3)
            said = {name: ref.as_dict() for name, ref in outputs.items()}
            await self._end(
                run,
                "completed",
                {"outputs": said, "seconds": seconds, "tokens": run.tokens},
                await self._brief(outputs),
            )

    async def _end(self, run: Run, status: str, data: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
        """The catalog first, so that whoever hears of the end and asks sees it. A run that waits for a person goes on waiting."""
        kept = "waiting" if status == "interrupted" and run.waiting else status
        change = self._records.change_execution(
            run.execution, status=kept, outputs=outputs or {}, error=data.get("error"), completed_at=time.time()
        )
        try:
            await asyncio.shield(change)
        except StudioError as problem:  # the next start finds it running and offers to go on
            log.warning("the end of run %s was not written: %s", run.execution, problem)
        self._journal.append(run.execution, f"run_{'finished' if status == 'completed' else status}", "", data)  # type: ignore[arg-type]

    async def _brief(self, outputs: dict[str, Ref]) -> dict[str, Any]:
        return {name: brief(await self._store.get(ref)) for name, ref in outputs.items()}

    def _waits(self, execution_id: str, waits: bool) -> None:
        """A run began or ended to wait for a person: the catalog says so."""
        note = asyncio.get_running_loop().create_task(self._note_waiting(execution_id, waits))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _note_waiting(self, execution_id: str, waits: bool) -> None:
        try:
            if waits == self._desk.waits_for(execution_id) and execution_id in self._tasks:
                await self._records.change_status(
                    execution_id, "running" if waits else "waiting", "waiting" if waits else "running"
                )
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


def _made(workflow_id: str, name: str, inputs: dict[str, Any], source: str = "") -> Execution:
    now = time.time()
    return Execution(
        id=new("exec", 12), workflow_id=workflow_id, workflow_name=name, status="running", inputs=inputs, outputs={},
        error=None, created_at=now, started_at=now, completed_at=None, source=source,
    )  # fmt: skip
