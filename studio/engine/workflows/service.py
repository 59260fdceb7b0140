"""Workflows: kept, checked, run, stopped, resumed and watched."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from studio.engine.errors import BadParameter, BadState, NotFound, StudioError
from studio.engine.events import Event, Notice
from studio.engine.ids import new
from studio.engine.registry import PluginFailure
from studio.engine.text import Text
from studio.engine.workflows import file, library
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Services
from studio.engine.workflows.execution import Execution, Records, Workflow
from studio.engine.workflows.graph import Edge, Graph, Problem
from studio.engine.workflows.journal import Journal, Row, RunEvent
from studio.engine.workflows.node import NodeType
from studio.engine.workflows.plan import Scope, plan
from studio.engine.workflows.replay import KINDS, Recorded
from studio.engine.workflows.results import Results, brief
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.run import Run, StepFailed
from studio.engine.workflows.store import Ref, Store

log = logging.getLogger(__name__)

Failures = list[PluginFailure]  # names of their own: the class below has a method `list`
NodeTypes = list[NodeType]
Problems = list[Problem]
AllWorkflows = list[Workflow]
AllExecutions = list[Execution]
Rows = list[Row]

QUIET = frozenset({"row", "effect", "effect_started"})
UNSAVED = "unsaved"


@dataclass(frozen=True, slots=True)
class RunProgressed(Event):
    """Something happened in a run and is on disk. Rows of a map are not told one by one; `progress` counts them."""

    execution_id: str
    event: RunEvent


@dataclass(frozen=True, slots=True)
class WorkflowsChanged(Event):
    """A workflow was made, changed or deleted."""

    workflow_id: str


class Workflows:
    """The workflows of one studio."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._records = Records(rooms.catalog)
        self._journal = Journal(rooms.paths.runs / "journal.db", self._deliver, self._not_recorded)
        self._store = Store(rooms.paths.runs / "values")
        self._cache = Cache(self._journal, self._store)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Open the journal, and mark the runs that a crash left behind as interrupted; `resume` goes on with them."""
        await self._journal.start()
        for execution_id in await self._records.interrupted():
            self._journal.append(execution_id, "run_interrupted")
            await self._records.change_execution(execution_id, status="interrupted", completed_at=time.time())
        await self._journal.flush()

    async def close(self) -> None:
        """Interrupt what runs, so that it can be resumed, and close the journal."""
        for task in [*self._tasks.values()]:
            task.cancel("interrupted")
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._journal.close()

    def node_types(self) -> NodeTypes:
        return library.node_types()

    def plugin_failures(self) -> Failures:
        library.node_types()
        return library.nodes.failures

    def check_link(self, graph: Graph, edge: Edge) -> None:
        """Raise `BadLink` that says why this wire may not be, or return."""
        library.check_link(graph, edge)

    def problems(self, graph: Graph) -> Problems:
        return library.problems(graph)

    def running_count(self) -> int:
        return len(self._tasks)

    async def list(self) -> AllWorkflows:
        """All workflows, the last changed first."""
        return await self._records.workflows()

    async def get(self, id_or_name: str) -> Workflow:
        return await self._records.workflow(id_or_name)

    async def create(
        self, name: str, definition: Graph | dict[str, Any] | str | None = None, description: str = ""
    ) -> Workflow:
        """Keep a new workflow. `definition` is a graph, or a file's content in our form or the "1.0" form."""
        graph = _graph(definition)
        graph.name = name or graph.name
        now = time.time()
        made = Workflow(
            id=new("wf", 8), name=graph.name, description=description or graph.description, definition=graph,
            version=1, created_at=now, updated_at=now,
        )  # fmt: skip
        await self._records.add_workflow(made)
        self._rooms.events.publish(WorkflowsChanged(made.id))
        return made

    async def update(
        self, workflow_id: str, *, name: str | None = None, description: str | None = None,
        definition: Graph | dict[str, Any] | str | None = None,
    ) -> Workflow:  # fmt: skip
        """Change what is given; the version goes up by one."""
        now = await self._records.workflow(workflow_id)
        graph = now.definition if definition is None else _graph(definition)
        graph.name = name or now.name
        values: dict[str, Any] = {
            "name": graph.name,
            "description": now.description if description is None else description,
            "definition": graph.model_dump(mode="json"),
            "version": now.version + 1,
            "updated_at": time.time(),
        }
        await self._records.change_workflow(now.id, values)
        self._rooms.events.publish(WorkflowsChanged(now.id))
        return await self._records.workflow(now.id)

    async def delete(self, workflow_id: str) -> None:
        """Put a workflow away; `restore` brings it back. Its runs stay."""
        found = await self._records.workflow(workflow_id)
        await self._records.change_workflow(found.id, {"deleted_at": time.time()})
        self._rooms.events.publish(WorkflowsChanged(found.id))

    async def restore(self, workflow_id: str) -> None:
        await self._records.change_workflow(workflow_id, {"deleted_at": None})
        self._rooms.events.publish(WorkflowsChanged(workflow_id))

    async def start(self, workflow: str | Graph, inputs: dict[str, Any] | None = None, *, name: str = "") -> Execution:
        """Start a run and return at once. `Invalid` names the step that is not ready, `NotFound` the workflow that is not there."""
        if isinstance(workflow, Graph):
            return await self._begin(UNSAVED, name or workflow.name, workflow, inputs or {})
        found = await self._records.workflow(workflow)
        return await self._begin(found.id, name or found.name, found.definition, inputs or {})

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
        recorded = Recorded.read(await self._journal.history(execution_id, kinds=KINDS), repeat)
        await self._records.change_execution(execution_id, status="running", completed_at=None, error=None)
        self._launch(execution_id, scope, execution.inputs, recorded)
        return await self._records.execution(execution_id)

    async def executions(self, workflow_id: str | None = None, limit: int = 100) -> AllExecutions:
        """Runs, the latest first, without their steps' results."""
        found = [self._as_it_is(execution) for execution in await self._records.executions(workflow_id, limit)]
        tokens = await self._journal.tokens([execution.id for execution in found])
        return [execution.model_copy(update={"tokens": tokens.get(execution.id, 0)}) for execution in found]

    async def execution(self, execution_id: str) -> Execution:
        """A run with how each step ended."""
        found = self._as_it_is(await self._records.execution(execution_id))
        results = Results()
        for event in await self._journal.history(execution_id):
            results.note(event)
        return found.model_copy(update={"node_results": results.steps, "tokens": results.tokens})

    def _as_it_is(self, execution: Execution) -> Execution:
        """One that the catalog calls running and that nobody runs ended while nothing could be written."""
        if execution.status == "running" and execution.id not in self._tasks:
            return execution.model_copy(update={"status": "interrupted"})
        return execution

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

    async def wait(self, execution_id: str) -> Execution:
        """Wait for the end of a run, whatever end that is."""
        task = self._tasks.get(execution_id)
        if task is not None:
            await asyncio.gather(asyncio.shield(task), return_exceptions=True)
        return await self.execution(execution_id)

    async def _begin(self, workflow_id: str, name: str, graph: Graph, inputs: dict[str, Any]) -> Execution:
        if not isinstance(inputs, dict):
            raise BadParameter(
                Text("The inputs must be an object of names and values.", "输入必须是由名称和值组成的对象。")
            )
        scope = plan(graph)
        now = time.time()
        execution = Execution(
            id=new("exec", 12), workflow_id=workflow_id, workflow_name=name, status="running", inputs=inputs, outputs={},
            error=None, created_at=now, started_at=now, completed_at=None,
        )  # fmt: skip
        await self._records.add_execution(execution, graph)
        self._launch(execution.id, scope, inputs, None)
        return execution

    def _launch(self, execution_id: str, scope: Scope, inputs: dict[str, Any], recorded: Recorded | None) -> None:
        rooms = self._rooms
        services = Services(models=rooms.models, knowledge=rooms.knowledge, datasets=rooms.datasets, sql=rooms.sql)
        run = Run(execution_id, scope, inputs, services, self._journal, self._store, self._cache, recorded)
        run.announce()
        task = asyncio.get_running_loop().create_task(self._go(run), name=f"run {execution_id}")
        self._tasks[execution_id] = task

    async def _go(self, run: Run) -> None:
        """From the first step to the last word in the journal; the run counts as running until that is on disk."""
        started = time.perf_counter()
        try:
            await self._to_its_end(run, started)
        finally:
            await asyncio.shield(self._journal.settle())
            self._tasks.pop(run.execution, None)
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
        """The catalog first, so that whoever hears of the end and asks sees it."""
        change = self._records.change_execution(
            run.execution, status=status, outputs=outputs or {}, error=data.get("error"), completed_at=time.time()
        )
        try:
            await asyncio.shield(change)
        except StudioError as problem:  # the next start finds it running and offers to go on
            log.warning("the end of run %s was not written: %s", run.execution, problem)
        self._journal.append(run.execution, f"run_{'finished' if status == 'completed' else status}", "", data)  # type: ignore[arg-type]

    async def _brief(self, outputs: dict[str, Ref]) -> dict[str, Any]:
        return {name: brief(await self._store.get(ref)) for name, ref in outputs.items()}

    def _not_recorded(self, error: StudioError) -> None:
        self._rooms.events.publish(
            Notice("error", Text("Runs cannot be recorded for now", "暂时无法记录运行"), error.whole())
        )

    def _deliver(self, rows: Rows) -> None:
        for execution_id, event in rows:
            if event.kind not in QUIET:
                self._rooms.events.publish(RunProgressed(execution_id, event))


def _graph(definition: Graph | dict[str, Any] | str | None) -> Graph:
    if isinstance(definition, Graph):
        return definition.model_copy(deep=True)
    return file.read(definition) if definition is not None else Graph()
