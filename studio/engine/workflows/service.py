"""Workflows: kept in versions, checked, compared; and, by what it inherits, run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from studio.engine.events import Event
from studio.engine.ids import new
from studio.engine.registry import PluginFailure
from studio.engine.workflows import file, library
from studio.engine.workflows.compare import Change, compare
from studio.engine.workflows.execution import Execution, Workflow, WorkflowVersion
from studio.engine.workflows.graph import Edge, Graph, Problem
from studio.engine.workflows.node import NodeType
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.running import UNSAVED, RunProgressed, Runs
from studio.engine.workflows.schedules import Schedules

Failures = list[PluginFailure]  # names of their own: the class below has a method `list`
NodeTypes = list[NodeType]
Problems = list[Problem]
AllWorkflows = list[Workflow]
Versions = list[WorkflowVersion]
Changes = list[Change]

__all__ = ["RunProgressed", "Workflows", "WorkflowsChanged"]


@dataclass(frozen=True, slots=True)
class WorkflowsChanged(Event):
    """A workflow was made, changed or deleted."""

    workflow_id: str


class Workflows(Runs):
    """The workflows of one studio."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__(rooms)
        self.schedules = Schedules(rooms.catalog, rooms.events, self._start_scheduled, self.end, self._content_of)

    async def open(self) -> None:
        await super().open()
        await self.schedules.open()

    async def close(self) -> None:
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
        return library.problems(graph)

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
        await self.schedules.remove_of(found.id)
        self._rooms.events.publish(WorkflowsChanged(found.id))

    async def restore(self, workflow_id: str) -> None:
        await self._records.change_workflow(workflow_id, {"deleted_at": None})
        self._rooms.events.publish(WorkflowsChanged(workflow_id))

    async def versions(self, workflow_id: str) -> Versions:
        """Every version that was saved, the newest first; the last one is what the workflow is now."""
        found = await self._records.workflow(workflow_id)
        return await self._records.versions(found.id)

    async def name_version(self, workflow_id: str, number: int, name: str) -> None:
        """Give a version a name that it can be found by; "" takes it away."""
        await self._records.name_version(workflow_id, number, name.strip()[:255])
        self._rooms.events.publish(WorkflowsChanged(workflow_id))

    async def restore_version(self, workflow_id: str, number: int) -> Workflow:
        """Make an earlier version the newest one; nothing in between is lost."""
        found = await self._records.workflow(workflow_id)
        return await self.update(found.id, definition=await self._records.version(found.id, number))

    async def compare(self, workflow_id: str, before: int, after: int) -> Changes:
        """What differs between two versions, in the order of the graph: steps, settings, wires, notes."""
        found = await self._records.workflow(workflow_id)
        return compare(await self._records.version(found.id, before), await self._records.version(found.id, after))

    async def _start_scheduled(self, workflow_id: str, inputs: dict[str, Any], schedule_id: str) -> Execution:
        found = await self._records.workflow(workflow_id)
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
        graph = found.definition if version is None else await self._records.version(found.id, version)
        return await self._begin(found.id, name or found.name, graph, inputs or {})


def _graph(definition: Graph | dict[str, Any] | str | None) -> Graph:
    if isinstance(definition, Graph):
        return definition.model_copy(deep=True)
    return file.read(definition) if definition is not None else Graph()
