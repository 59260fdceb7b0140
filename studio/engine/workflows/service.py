"""Workflows: kept in versions, checked, compared; and, by what it inherits, run."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from studio.engine.catalog.tables import workflows
from studio.engine.events import Event
from studio.engine.ids import new
from studio.engine.registry import PluginFailure
from studio.engine.workflows import file, library
from studio.engine.workflows.compare import Change, compare
from studio.engine.workflows.execution import Execution, Workflow, WorkflowVersion
from studio.engine.workflows.graph import Edge, Graph, Problem
from studio.engine.workflows.history import UNSAVED
from studio.engine.workflows.launching import RunProgressed, RunWaits
from studio.engine.workflows.longest import Longest, LongestRows
from studio.engine.workflows.missing import missing
from studio.engine.workflows.node import NodeType
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.running import Runs
from studio.engine.workflows.schedules import Schedules
from studio.engine.workflows.trash import KEPT_DAYS, Trash

Failures = list[PluginFailure]  # names of their own: the class below has a method `list`
NodeTypes = list[NodeType]
Problems = list[Problem]
AllWorkflows = list[Workflow]
Versions = list[WorkflowVersion]
Changes = list[Change]
Estimates = dict[str, Longest]

__all__ = ["RunProgressed", "RunWaits", "Workflows", "WorkflowsChanged"]


@dataclass(frozen=True, slots=True)
class WorkflowsChanged(Event):
    """A workflow was made, changed or deleted."""

    workflow_id: str


class Workflows(Runs):
    """The workflows of one studio."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__(rooms)
        self._trash = Trash(rooms.catalog)
        self.schedules = Schedules(rooms.catalog, rooms.events, self._start_scheduled, self.end, self._content_of)
        self._purging: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await super().open()
        await self.forget_old()
        await self.schedules.open()
        self._purging = asyncio.create_task(self.files.purge_daily(self._rooms.catalog), name="purge files of runs")

    async def close(self) -> None:
        if self._purging is not None:
            self._purging.cancel()
            await asyncio.gather(self._purging, return_exceptions=True)
        await self.schedules.close()
        await super().close()

    def node_types(self) -> NodeTypes:
        return library.node_types()

    def plugin_failures(self) -> Failures:
        library.node_types()
        return library.nodes.failures

    def check_link(self, graph: Graph, edge: Edge) -> None:
        """Raise `BadLink` that says why this wire may not be, or return."""
        library.check_link(graph, edge)

    def problems(self, graph: Graph) -> Problems:
        """What keeps a graph from running and what looks wrong in it; of the graph alone, so it takes no time."""
        return library.problems(graph)

    async def examine(self, graph: Graph) -> Problems:
        """The problems of a graph, and a warning for each dataset, collection, model or workflow that it names and that is not there."""
        found = await asyncio.to_thread(library.problems, graph)
        return found + await missing(graph, self._rooms, self.get)

    async def longest(self, graph: Graph, node_id: str, execution_id: str = "") -> Estimates:
        """Of each input of a step that comes from the rows of a table: the longest text that they hold, as far as can be told."""

        async def output(slot: tuple[str, str]) -> Any:
            return await self.output(execution_id, *slot) if execution_id else None

        return await LongestRows(graph, self._rooms, output).of_inputs(node_id)

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
        definition: Graph | dict[str, Any] | str | None = None, draft: bool = False,
    ) -> Workflow:  # fmt: skip
        """Change what is given. That is a new version, but for a `draft`: what a canvas saves while somebody draws is on disk
        all the same and becomes a version when it runs or when `save_version` says so."""
        found = await self._records.workflow(workflow_id)
        graph = None if definition is None else _graph(definition)
        await self._records.revise(found.id, name or None, description, graph, draft=draft)
        self._rooms.events.publish(WorkflowsChanged(found.id))
        return await self._records.workflow(found.id)

    async def publish(self, workflow_id: str, published: bool = True) -> Workflow:
        """Offer it to the models of chats as a tool, or no longer; no new version for that."""
        found = await self._records.workflow(workflow_id)
        await self._records.change_workflow(found.id, published=published)
        self._rooms.events.publish(WorkflowsChanged(found.id))
        return await self._records.workflow(found.id)

    async def delete(self, workflow_id: str) -> None:
        """Put a workflow away; `restore` brings it back. Its runs stay, its schedules and triggers rest meanwhile."""
        found = await self._records.workflow(workflow_id)
        await self._records.change_workflow(found.id, deleted_at=time.time())
        self.schedules.put_away(found.id)
        self._rooms.events.publish(WorkflowsChanged(found.id))

    async def trash(self) -> AllWorkflows:
        """What was deleted in the last 30 days, the last first."""
        return await self._trash.all()

    async def restore(self, workflow_id: str) -> Workflow:
        """Bring a workflow back from the trash, by its id or name, with its schedules and triggers."""
        found = await self._trash.get(workflow_id)
        await self._records.change_workflow(found.id, deleted_at=None)
        await self.schedules.bring_back(found.id)
        self._rooms.events.publish(WorkflowsChanged(found.id))
        return await self._records.workflow(found.id)

    async def forget(self, workflow_id: str) -> Workflow:
        """Remove a workflow of the trash for good, by its id or name; its runs stay. Cannot be undone."""
        found = await self._trash.get(workflow_id)
        await self._forget(workflows.c.id == found.id)
        return found

    async def empty_trash(self) -> None:
        """Remove all that is in the trash for good. Cannot be undone."""
        await self._forget()

    async def forget_old(self, now: float | None = None) -> None:
        """Remove what has been in the trash for longer than 30 days; done at every start."""
        before = (time.time() if now is None else now) - KEPT_DAYS * 86_400
        await self._forget(workflows.c.deleted_at < before)

    async def _forget(self, *conditions: Any) -> None:
        gone = await self._trash.forget(*conditions)
        if gone:
            await self.memory.forget(gone)
        for workflow_id in gone:
            self._rooms.events.publish(WorkflowsChanged(workflow_id))

    async def versions(self, workflow_id: str) -> Versions:
        """Every version that was saved, the newest first; the workflow itself may be ahead of them (`is_draft`)."""
        found = await self._records.workflow(workflow_id)
        return await self._records.versions(found.id)

    async def is_draft(self, workflow_id: str) -> bool:
        """Whether the workflow was changed after its last version."""
        return await self._records.is_draft((await self._records.workflow(workflow_id)).id)

    async def save_version(self, workflow_id: str, name: str = "") -> Workflow:
        """Keep the workflow as it is now as a version, under a name; an unchanged one only gets the name."""
        found = await self._records.workflow(workflow_id)
        await self._records.keep_draft(found.id)
        kept = await self._records.workflow(found.id)
        if name.strip():
            await self._records.name_version(kept.id, kept.version, name.strip()[:255])
        self._rooms.events.publish(WorkflowsChanged(kept.id))
        return kept

    async def name_version(self, workflow_id: str, number: int, name: str) -> None:
        """Give a version a name that it can be found by; "" takes it away."""
        await self._records.name_version(workflow_id, number, name.strip()[:255])
        self._rooms.events.publish(WorkflowsChanged(workflow_id))

    async def restore_version(self, workflow_id: str, number: int) -> Workflow:
        """Make an earlier version the newest one; nothing in between is lost."""
        found = await self._records.workflow(workflow_id)
        return await self.update(found.id, definition=await self._records.version(found.id, number))

    async def compare(self, workflow_id: str, before: int, after: int | None = None) -> Changes:
        """What differs between two versions, or a version and the workflow as it is now, in the order of the graph: steps,
        settings, wires, notes."""
        found = await self._records.workflow(workflow_id)
        later = found.definition if after is None else await self._records.version(found.id, after)
        return compare(await self._records.version(found.id, before), later)

    async def _start_scheduled(self, workflow_id: str, inputs: dict[str, Any], schedule_id: str) -> Execution:
        found = await self._records.workflow(workflow_id)
        await self._records.keep_draft(found.id)
        return await self._begin(found.id, found.name, found.definition, inputs, schedule_id)

    async def _content_of(self, dataset: str) -> str:
        found = await self._rooms.datasets.get(dataset)
        return f"{found.id}@{found.version}"

    async def start(
        self, workflow: str | Graph, inputs: dict[str, Any] | None = None, *, name: str = "", version: int | None = None
    ) -> Execution:
        """Start a run and return at once. `Invalid` names the step that is not ready, `NotFound` the workflow that is not there."""
        if isinstance(workflow, Graph):
            return await self._begin(UNSAVED, name or workflow.name, workflow, inputs or {})
        found = await self._records.workflow(workflow)
        if version is None:
            await self._records.keep_draft(found.id)
        graph = found.definition if version is None else await self._records.version(found.id, version)
        return await self._begin(found.id, name or found.name, graph, inputs or {})


def _graph(definition: Graph | dict[str, Any] | str | None) -> Graph:
    if isinstance(definition, Graph):
        return definition.model_copy(deep=True)
    return file.read(definition) if definition is not None else Graph()
