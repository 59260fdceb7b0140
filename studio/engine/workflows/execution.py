"""Workflows and their executions as the catalog keeps them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as erase

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import executions, workflow_versions, workflows
from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.engine.workflows.graph import Graph

Status = Literal["pending", "running", "waiting", "completed", "failed", "stopped", "interrupted"]


class Workflow(BaseModel):
    """A saved workflow. `version` counts its changes."""

    id: str
    name: str
    description: str
    definition: Graph
    version: int
    created_at: float
    updated_at: float


class WorkflowVersion(BaseModel):
    """A workflow as it was saved once. `name` is what a person called it, "" for most."""

    workflow_id: str
    number: int
    name: str = ""
    definition: Graph
    created_at: float


class Execution(BaseModel):
    """One run of a workflow. `source` is the run that it branched from or replays, or the schedule that started it. `node_results` say how each step ended: status, seconds, cached, tokens, error, outputs as previews."""

    id: str
    workflow_id: str
    workflow_name: str
    status: Status
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    node_results: dict[str, dict[str, Any]] = {}
    tokens: int = 0
    error: dict[str, Any] | None
    created_at: float
    started_at: float | None
    completed_at: float | None
    source: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        return (self.completed_at or time.time()) - self.started_at if self.started_at else None


class Records:
    """Reads and writes the rows; knows nothing of running."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def workflows(self) -> list[Workflow]:
        query = select(workflows).where(workflows.c.deleted_at.is_(None)).order_by(workflows.c.updated_at.desc())
        return [Workflow.model_validate(row) for row in await self._rows(query)]

    async def workflow(self, id_or_name: str) -> Workflow:
        query = (
            select(workflows)
            .where(workflows.c.deleted_at.is_(None))
            .where((workflows.c.id == id_or_name) | (workflows.c.name == id_or_name))
        )
        for row in await self._rows(query):
            return Workflow.model_validate(row)
        raise NotFound(
            Text(f"There is no workflow “{id_or_name}”.", f"没有名为“{id_or_name}”的工作流。"),
            Text("The Workflows view lists those there are.", "请在“工作流”中查看现有的工作流。"),
        )

    async def add_workflow(self, workflow: Workflow) -> None:
        values = workflow.model_dump(mode="json")

        def write(connection: Connection) -> None:
            connection.execute(insert(workflows).values(**values))
            connection.execute(insert(workflow_versions).values(**_version(workflow.id, values, values["created_at"])))

        await self._catalog.write(write)

    async def change_workflow(self, workflow_id: str, values: dict[str, Any]) -> None:
        """Change a row; one with a new version is kept among the versions too."""
        change = update(workflows).where(workflows.c.id == workflow_id).values(**values)

        def write(connection: Connection) -> None:
            connection.execute(change)
            if "version" in values:
                row = _version(workflow_id, values, values["updated_at"])
                connection.execute(insert(workflow_versions).values(**row))

        await self._catalog.write(write)

    async def versions(self, workflow_id: str) -> list[WorkflowVersion]:
        """All versions, the newest first."""
        query = (
            select(workflow_versions)
            .where(workflow_versions.c.workflow_id == workflow_id)
            .order_by(workflow_versions.c.number.desc())
        )
        return [WorkflowVersion.model_validate(row) for row in await self._rows(query)]

    async def version(self, workflow_id: str, number: int | None) -> Graph:
        """The graph of one version, or `NotFound`."""
        query = select(workflow_versions.c.definition).where(
            (workflow_versions.c.workflow_id == workflow_id) & (workflow_versions.c.number == number)
        )
        for row in await self._rows(query):
            return Graph.model_validate(row["definition"])
        raise NotFound(
            Text(f"The workflow {workflow_id} has no version {number}.", f"工作流 {workflow_id} 没有版本 {number}。")
        )

    async def name_version(self, workflow_id: str, number: int, name: str) -> None:
        await self.version(workflow_id, number)
        change = (
            update(workflow_versions)
            .where((workflow_versions.c.workflow_id == workflow_id) & (workflow_versions.c.number == number))
            .values(name=name)
        )
        await self._catalog.write(lambda connection: connection.execute(change))

    async def executions(self, workflow_id: str | None, limit: int) -> list[Execution]:
        query = select(*_shown()).order_by(executions.c.created_at.desc()).limit(limit)
        if workflow_id is not None:
            query = query.where(executions.c.workflow_id == workflow_id)
        return [Execution.model_validate(row) for row in await self._rows(query)]

    async def execution(self, execution_id: str) -> Execution:
        for row in await self._rows(select(*_shown()).where(executions.c.id == execution_id)):
            return Execution.model_validate(row)
        raise _no_run(execution_id)

    async def definition(self, execution_id: str) -> Graph:
        """The graph as it was when the run began."""
        for row in await self._rows(select(executions.c.definition).where(executions.c.id == execution_id)):
            return Graph.model_validate(row["definition"])
        raise _no_run(execution_id)

    async def add_execution(self, execution: Execution, graph: Graph) -> None:
        values = execution.model_dump(mode="json", exclude={"node_results", "tokens"}) | {
            "definition": graph.model_dump(mode="json", exclude_defaults=True)
        }
        await self._catalog.write(lambda connection: connection.execute(insert(executions).values(**values)))

    async def change_execution(self, execution_id: str, **values: Any) -> None:
        change = update(executions).where(executions.c.id == execution_id).values(**values)
        await self._catalog.write(lambda connection: connection.execute(change))

    async def change_status(self, execution_id: str, before: str, after: str) -> None:
        """Change the status of a run that has that status still."""
        change = update(executions).where((executions.c.id == execution_id) & (executions.c.status == before))
        await self._catalog.write(lambda connection: connection.execute(change.values(status=after)))

    async def delete_execution(self, execution_id: str) -> None:
        await self._catalog.write(
            lambda connection: connection.execute(erase(executions).where(executions.c.id == execution_id))
        )

    async def with_status(self, *statuses: str) -> list[str]:
        """The ids of runs that the catalog has so."""
        query = select(executions.c.id).where(executions.c.status.in_(statuses))
        return [row["id"] for row in await self._rows(query)]

    async def _rows(self, query: Any) -> Sequence[Any]:
        def work(connection: Connection) -> Sequence[Any]:
            return connection.execute(query).mappings().all()

        return await self._catalog.read(work)


def _version(workflow_id: str, values: dict[str, Any], at: float) -> dict[str, Any]:
    definition = values["definition"]
    return {
        "workflow_id": workflow_id,
        "number": values["version"],
        "name": "",
        "definition": definition,
        "created_at": at,
    }


def _shown() -> list[Any]:
    return [column for column in executions.c if column.name != "definition"]


def _no_run(execution_id: str) -> NotFound:
    return NotFound(
        Text(f"There is no run “{execution_id}”.", f"没有运行记录“{execution_id}”。"),
        Text("The Runs view lists those there are.", "请在“运行”中查看现有记录。"),
    )
