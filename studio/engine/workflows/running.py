"""Runs of workflows: begun, watched, answered, stopped, taken up again, branched and replayed."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from typing import Any

from studio.engine.errors import BadParameter, BadState, NotFound, StudioError
from studio.engine.ids import new
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.addressed import check_handed_on
from studio.engine.workflows.desk import check_answer
from studio.engine.workflows.doubt import is_doubt, says_stop
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.launching import SCRATCH, Launches
from studio.engine.workflows.plan import Scope, downstream, plan
from studio.engine.workflows.replay import EXCHANGES, Recorded
from studio.engine.workflows.run import Rules
from studio.engine.workflows.run_files import holds_files
from studio.engine.workflows.store import Ref

log = logging.getLogger(__name__)

DEEPEST = 8  # workflows inside workflows


class Runs(Launches):
    """The runs of one studio."""

    async def open(self) -> None:
        """Open the journal, mark the runs that a crash left behind as interrupted (`resume` goes on with them), and take up
        those that wait for a person."""
        await self._journal.start()
        await asyncio.to_thread(shutil.rmtree, self._rooms.paths.runs / SCRATCH, ignore_errors=True)
        for execution_id in await self._records.with_status("running", "pending"):
            if (await self._recorded(execution_id)).open_questions():  # killed before the catalog knew of the question
                ended = self._journal.last_moment(execution_id)
                await self._records.change_execution(execution_id, status="waiting", completed_at=ended)
                continue
            ended = self._journal.last_moment(execution_id)  # about when it was killed; nothing ran since then
            self._journal.append(execution_id, "run_interrupted", at=ended)
            await self._records.change_execution(execution_id, status="interrupted", completed_at=ended)
        await self._journal.flush()
        for execution_id in await self._records.with_status("waiting"):
            await self._take_up(execution_id)

    async def close(self) -> None:
        """Interrupt what runs, so that it can be resumed, and close the journal."""
        for execution_id in [*self._tasks]:
            self._cut_short(execution_id, "interrupted")
        await asyncio.gather(*self._tasks.values(), *self._notes, return_exceptions=True)
        await self._journal.close()

    async def stop(self, execution_id: str) -> Execution:
        """Stop a run; its steps and their processes have ended when this returns."""
        async with self._alone(execution_id):
            if execution_id not in self._tasks and (await self._records.execution(execution_id)).status == "waiting":
                return await self._stop_waiting(execution_id)
            return await self._stop(execution_id)

    async def resume(self, execution_id: str, *, repeat: bool = False) -> Execution:
        """Go on with a run that was interrupted, stopped or failed, after its last recorded step and row.

        A side effect that was recorded is never repeated. About one that had begun when the studio ended a person is asked
        (`questions`, `answer`), unless `repeat` says that it may happen again. Raises `BadState` for a run that is running or
        complete.
        """
        async with self._alone(execution_id):
            return await self._resume(execution_id, repeat)

    async def _resume(self, execution_id: str, repeat: bool = False) -> Execution:
        execution = await self._records.execution(execution_id)
        if (ending := self._tasks.get(execution_id)) and execution.status not in ("running", "waiting"):
            await asyncio.wait([ending])  # its end is told a moment before it is over
        if execution_id in self._tasks or execution.status == "completed":
            raise BadState(
                Text(
                    "This run is running or complete; there is nothing to resume.", "该运行正在进行或已完成，无需恢复。"
                )
            )
        graph = await self._records.definition(execution_id)
        scope = plan(graph)
        recorded = await self._recorded(execution_id, repeat)
        paused = max(0.0, time.time() - execution.completed_at) if execution.completed_at else 0.0
        await self._records.change_execution(
            execution_id, status="running", completed_at=None, error=None, waited=execution.waited + paused
        )
        self._launch(execution_id, scope, execution.inputs, recorded, Rules(concurrency=graph.concurrency))
        return await self._records.execution(execution_id)

    async def answer(
        self,
        execution_id: str,
        answer: Any,
        *,
        step: str = "",
        at: list[int] | None = None,
        by: str = "",
        all: bool = False,
    ) -> Execution:
        """Answer what a run asks. Without `step`, its only question. A run that nobody runs is taken up again by it.

        `all` answers every such question alike, and what these steps ask about interrupted side effects until the run ends.
        """
        async with self._alone(execution_id):
            return await self._answer(execution_id, answer, step, at, by, all)

    async def _answer(
        self, execution_id: str, answer: Any, step: str, at: list[int] | None, by: str, all: bool
    ) -> Execution:
        found = await self._questions_at(execution_id, step, at)
        if not found or (len(found) > 1 and not all):
            raise BadState(
                Text(
                    f"This run has {len(found)} such questions open; say which step is answered.",
                    f"该运行有 {len(found)} 个这样的待答问题，请指明节点。",
                )
            )
        said = [(item, check_answer(item["question"], answer)) for item in found]
        for item, checked in said:
            noted = {"at": item["at"], "answer": checked, "by": by}
            self._journal.append(execution_id, "answered", item["step"], noted)
            if all and is_doubt(item["question"]):
                self._desk.stand(execution_id, item["step"], checked)
        await self._journal.flush()
        if says_stop(said):
            return await self._stop_waiting(execution_id)
        given = [self._desk.give(execution_id, (item["step"], tuple(item["at"])), checked) for item, checked in said]
        if not any(given) and execution_id not in self._tasks:
            return await self._resume(execution_id)
        return await self._records.execution(execution_id)

    async def _stop(self, execution_id: str) -> Execution:
        if (task := self._cut_short(execution_id, "stopped")) is not None:
            await asyncio.wait([task])
        return await self.execution(execution_id)

    async def _questions_at(self, execution_id: str, step: str, at: list[int] | None) -> list[dict[str, Any]]:
        """The open questions of a step ("": of any) at a place (None: at any)."""
        asked = await self.questions(execution_id)
        return [item for item in asked if step in ("", item["step"]) and (at is None or at == item["at"])]

    async def _stop_waiting(self, execution_id: str) -> Execution:
        """Stop a run that waits, whether it is alive here or not."""
        if execution_id not in self._tasks:
            self._journal.append(execution_id, "run_stopped")
            await self._records.change_execution(execution_id, status="stopped", completed_at=time.time())
        return await self._stop(execution_id)

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
        edited = {tuple(name.rsplit(".", 1)): value for name, value in (edits or {}).items()}
        changed = {step for step, _ in edited}
        first = {start_at, only} - {""}
        _check_steps(scope, first | changed)
        again = downstream(scope, first) | (downstream(scope, changed) - changed)
        kept = (await self._recorded(execution_id)).without(again)
        for (step, port), value in edited.items():
            before = kept.steps.get((step, ())) or {}
            kept.steps[step, ()] = {**before, port: await self._store.put(value)}
        rules = Rules(only=frozenset({only}) if only else None, concurrency=graph.concurrency)
        given = await self.handed_over(graph, inputs or source.inputs)
        execution = _made(source.workflow_id, source.workflow_name, given, source=execution_id)
        async with self._alone(execution.id):
            await self._records.add_execution(execution, graph)
            await self.memory.take_over(execution_id, execution.id, {step for (step, _), _ in kept.steps.items()})
            self._launch(execution.id, scope, execution.inputs, kept, rules, taken_from=execution_id)
        return execution

    async def replay(self, execution_id: str) -> Execution:
        """Run again with what models, servers and tools said then: nothing outside is asked, no side effect happens."""
        source = await self._records.execution(execution_id)
        graph = await self._records.definition(execution_id)
        scope = plan(graph)
        recorded = await self._recorded(execution_id)
        effects = recorded.steps.without({step.id for step in scope.everything() if not step.effect})
        kept = Recorded(steps=effects, answers=recorded.answers, asked=recorded.asked)
        played = await self._recorded(execution_id, kinds=EXCHANGES)
        execution = _made(source.workflow_id, source.workflow_name, source.inputs, source=execution_id)
        async with self._alone(execution.id):
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
        """Run a workflow for a step of another, to its end, and give its whole outputs. `Forbidden` names a file of this computer
        that the calling run was not given itself."""
        depth, around = 0, caller
        while around in self._inside:
            depth, around = depth + 1, self._inside[around]
        if depth >= DEEPEST:
            raise BadState(
                Text(f"Workflows call each other {DEEPEST} deep.", f"工作流嵌套调用超过 {DEEPEST} 层。"),
                Text("One of them probably calls itself.", "其中之一可能调用了自身。"),
            )
        if earlier is None:
            given = (await self._records.execution(caller)).inputs
            await asyncio.to_thread(check_handed_on, inputs, given)
        execution = await self._inner(caller, workflow, version, inputs, earlier)
        try:
            if earlier is None:
                await begun(execution.id)
            return await self._inner_outputs(execution.id)
        except asyncio.CancelledError:
            if (task := self._cut_short(execution.id, self._cut.get(caller, "stopped"))) is not None:
                await asyncio.wait([task])
            raise
        finally:
            self._inside.pop(execution.id, None)

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

    async def handed_over(self, graph: Graph, inputs: dict[str, Any]) -> dict[str, Any]:
        """Inputs as they are recorded: a `Path` (a file that a person chose) is copied to where the run finds it again."""
        return await self.files.taken(inputs, library.asked(graph).fields) if holds_files(inputs) else inputs

    async def _begin(
        self, workflow_id: str, name: str, graph: Graph, inputs: dict[str, Any], source: str = ""
    ) -> Execution:
        if not isinstance(inputs, dict):
            raise BadParameter(
                Text("The inputs must be an object of names and values.", "输入必须是由名称和值组成的对象。")
            )
        scope = plan(graph)
        inputs = await self.handed_over(graph, inputs)
        execution = _made(workflow_id, name, inputs, source)
        async with self._alone(execution.id):
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
        if version is None:
            await self._records.keep_draft(found.id)
        graph = found.definition if version is None else await self._records.version(found.id, version)
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


def _check_steps(scope: Scope, names: set[str]) -> None:
    """Raise `NotFound` for a name that no step has."""
    strange = sorted(names - {step.id for step in scope.everything()})
    if strange:
        raise NotFound(
            Text(f"There is no step “{strange[0]}” in this workflow.", f"此工作流中没有节点“{strange[0]}”。")
        )


def _made(workflow_id: str, name: str, inputs: dict[str, Any], source: str = "") -> Execution:
    now = time.time()
    return Execution(
        id=new("exec", 12), workflow_id=workflow_id, workflow_name=name, status="running", inputs=inputs, outputs={},
        error=None, created_at=now, started_at=now, completed_at=None, source=source,
    )  # fmt: skip
