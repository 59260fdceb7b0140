"""What is known of runs: how they stand, what happened in them, what their steps gave and what they ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, Records, RunFilter
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.journal import Journal
from studio.engine.workflows.replay import ABOUT_QUESTIONS, KINDS, Recorded
from studio.engine.workflows.results import NOTED, Results
from studio.engine.workflows.run_event import Row, RunEvent
from studio.engine.workflows.store import Ref, Store

AllExecutions = list[Execution]
Rows = list[Row]
Events = list[RunEvent]

UNSAVED = "unsaved"
MOST_WAITING = 1_000  # runs
ASKING = ("waiting", "running")  # one that is taken up again counts as running until it has come to its question


class History:
    """The runs of one studio, to be read. Runs that are under way are those in `_tasks`."""

    def __init__(self, records: Records, journal: Journal, store: Store) -> None:
        self._records, self._journal, self._store = records, journal, store
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def running_count(self) -> int:
        return len(self._tasks)

    async def questions(self, execution_id: str, assignee: str = "") -> list[dict[str, Any]]:
        """What a person is asked in this run: `step`, `at` (rows and passes), `question`, `since`; with `assignee`, what somebody
        of that name is."""
        await self._records.execution(execution_id)
        asked = await self._recorded(execution_id, kinds=ABOUT_QUESTIONS)
        return [
            {"step": where[0], "at": list(where[1]), "question": event.data["question"], "since": event.at}
            for where, event in asked.open_questions().items()
            if assignee.strip().casefold() in ("", str(event.data["question"].get("assignee", "")).casefold())
        ]

    async def waiting_questions(self, assignee: str = "") -> list[dict[str, Any]]:
        """What people are asked in all runs that wait, the oldest run last: as `questions`, with `execution_id` and
        `workflow_name`."""
        found = []
        for run in await self._records.executions(None, MOST_WAITING, RunFilter(statuses=ASKING)):
            named = {"execution_id": run.id, "workflow_name": run.workflow_name}
            found += [named | item for item in await self.questions(run.id, assignee)]
        return found

    async def executions(
        self, workflow_id: str | None = None, limit: int = 100, where: RunFilter | None = None
    ) -> AllExecutions:
        """Runs, newest first, without the results of their steps."""
        found = await self._records.executions(workflow_id, limit, where)
        tokens = await self._journal.tokens([run.id for run in found if run.status == "completed"])
        return [self._as_it_is(run.model_copy(update={"tokens": tokens.get(run.id, 0)})) for run in found]

    async def execution(self, execution_id: str) -> Execution:
        """A run with how each step ended."""
        found = self._as_it_is(await self._records.execution(execution_id))
        results = Results()
        async for page in self._journal.pages(execution_id, kinds=NOTED):
            for event in page:
                results.note(event)
        return found.model_copy(update={"node_results": results.steps, "tokens": results.tokens})

    async def workflow_of(self, execution_id: str) -> str:
        """The id of the workflow that a run is of; one that is not kept goes by its name."""
        found = await self._records.execution(execution_id)
        return found.workflow_id if found.workflow_id != UNSAVED else f"{UNSAVED}:{found.workflow_name}"

    async def definition(self, execution_id: str) -> Graph:
        """The graph that a run was started with."""
        return await self._records.definition(execution_id)

    def events(self, execution_id: str, after: int = 0) -> AsyncIterator[RunEvent]:
        """What happened so far, then what happens, to the end of the run. Any number of readers, none misses anything."""
        return self._journal.watch(execution_id, after, lambda: execution_id in self._tasks)

    async def history(self, execution_id: str) -> Events:
        """What happened so far, in its order."""
        return await self._journal.history(execution_id)

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

    async def _recorded(self, execution_id: str, repeat: bool = False, kinds: tuple[str, ...] = KINDS) -> Recorded:
        found = Recorded(repeat=repeat)
        async for page in self._journal.pages(execution_id, kinds=kinds):
            await asyncio.to_thread(found.note, page)
        return found

    def _as_it_is(self, execution: Execution) -> Execution:
        """One that the catalog calls running and that nobody runs ended while nothing could be written."""
        if execution.status == "running" and execution.id not in self._tasks:
            return execution.model_copy(update={"status": "interrupted"})
        return execution
