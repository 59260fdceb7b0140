"""Workflows and their executions as the catalog keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, String, cast, insert, select, update
from sqlalchemy import delete as erase

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import executions, workflow_versions, workflows
from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.engine.workflows.graph import Graph

Status = Literal["pending", "running", "waiting", "completed", "failed", "stopped", "interrupted"]


class Workflow(BaseModel):
    """A saved workflow. `version` is its last version's number, a draft may be ahead of it; `published` offers it to the models of chats as a tool. `deleted_at` is since when it is in the trash."""

    id: str
    name: str
    description: str
    definition: Graph
    version: int
    published: bool = False
    created_at: float
    updated_at: float
    deleted_at: float | None = None


class WorkflowVersion(BaseModel):
    """A workflow as it was saved once. `name` is what a person called it, "" for most."""

    workflow_id: str
    number: int
    name: str = ""
    definition: Graph
    created_at: float


class Execution(BaseModel):
    """One run of a workflow. `source` is the run that it branched from or replays, or the schedule that started it. `waited` is for how many seconds it stood still: for a person, or until it was resumed. `node_results` say how each step ended: status, seconds, cached, tokens, error, outputs as previews."""

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
    waited: float = 0.0

    @property
    def seconds(self) -> float | None:
        """How long it worked, or has worked so far; what it waited does not count."""
        if not self.started_at:
            return None
        return max(0.0, (self.completed_at or time.time()) - self.started_at - self.waited)


Trigger = Literal["any", "person", "schedule", "run"]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted. `trigger` is what started them: a person or a call, a schedule, or a run that was branched or
    replayed; `since` and `until` are UTC seconds; `words` stand in the workflow's name, the run's id or its inputs."""

    statuses: tuple[str, ...] = ()
    trigger: Trigger = "any"
    since: float | None = None
    until: float | None = None
    words: str = ""

    def narrow(self, query: Any) -> Any:
        """The same query for these runs only."""
        table = executions.c
        if self.statuses:
            query = query.where(table.status.in_(self.statuses))
        if self.trigger != "any":
            query = query.where(
                table.source == "" if self.trigger == "person" else table.source.like(STARTS[self.trigger])
            )
        if self.since is not None:
            query = query.where(table.created_at >= self.since)
        if self.until is not None:
            query = query.where(table.created_at < self.until)
        for word in self.words.split():
            as_kept = json.dumps(word)[1:-1]  # the catalog writes JSON in ASCII
            query = query.where(
                table.workflow_name.icontains(word, autoescape=True)
                | table.id.icontains(word, autoescape=True)
                | cast(table.inputs, String).icontains(as_kept, autoescape=True)
            )
        return query


STARTS = {"schedule": "schedule-%", "run": "exec-%"}  # how the ids of what starts a run begin


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
        raise _no_workflow(id_or_name)

    async def add_workflow(self, workflow: Workflow) -> None:
        values = workflow.model_dump(mode="json")

        def write(connection: Connection) -> None:
            connection.execute(insert(workflows).values(**values))
            connection.execute(insert(workflow_versions).values(**_version(workflow.id, values, values["created_at"])))

        await self._catalog.write(write)

    async def change_workflow(self, workflow_id: str, **values: Any) -> None:
        """Change what is given of a workflow."""
        change = update(workflows).where(workflows.c.id == workflow_id).values(**values)
        await self._catalog.write(lambda connection: connection.execute(change))

    async def revise(
        self, workflow_id: str, name: str | None, description: str | None, graph: Graph | None, *, draft: bool
    ) -> None:
        """Change what is given, and make a version of it unless it is a draft; what others change meanwhile stays."""
        now = time.time()
        given = {
            "name": name,
            "description": description,
            "definition": None if graph is None else graph.model_dump(mode="json"),
        }
        query = select(workflows).where(workflows.c.id == workflow_id, workflows.c.deleted_at.is_(None))

        def write(connection: Connection) -> None:
            if graph is not None and not draft:
                _keep_draft(connection, workflow_id)
            row = connection.execute(query).mappings().first()
            if row is None:
                raise _no_workflow(workflow_id)
            changed = {field: value for field, value in given.items() if value is not None}
            values = {**row, **changed, "updated_at": now, "version": row["version"] + (not draft)}
            values["definition"] = {**values["definition"], "name": values["name"]}
            connection.execute(update(workflows).where(workflows.c.id == workflow_id).values(**values))
            if not draft:
                connection.execute(insert(workflow_versions).values(**_version(workflow_id, values, now)))

        await self._catalog.write(write)

    async def is_draft(self, workflow_id: str) -> bool:
        """Whether the workflow differs from its last version."""
        return bool(await self._rows(_drafts(workflow_id)))

    async def keep_draft(self, workflow_id: str) -> None:
        """Make a version of what was changed after the last one; nothing happens where nothing was."""
        if await self.is_draft(workflow_id):
            await self._catalog.write(lambda connection: _keep_draft(connection, workflow_id))

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

    async def executions(self, workflow_id: str | None, limit: int, where: RunFilter | None = None) -> list[Execution]:
        query = select(*_shown()).order_by(executions.c.created_at.desc()).limit(limit)
        if where is not None:
            query = where.narrow(query)
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


def _keep_draft(connection: Connection, workflow_id: str) -> None:
    for row in connection.execute(_drafts(workflow_id)).mappings().all():
        values = {**row, "version": row["version"] + 1}
        connection.execute(update(workflows).where(workflows.c.id == workflow_id).values(version=values["version"]))
        connection.execute(insert(workflow_versions).values(**_version(workflow_id, values, row["updated_at"])))


def _drafts(workflow_id: str) -> Any:
    """The workflow, where its graph is another than that of its last version."""
    last = (workflow_versions.c.workflow_id == workflows.c.id) & (workflow_versions.c.number == workflows.c.version)
    columns = workflows.c.definition, workflows.c.version, workflows.c.updated_at
    changed = workflow_versions.c.definition != workflows.c.definition
    return select(*columns).join(workflow_versions, last).where((workflows.c.id == workflow_id) & changed)


def _shown() -> list[Any]:
    return [column for column in executions.c if column.name != "definition"]


def _no_workflow(id_or_name: str) -> NotFound:
    return NotFound(
        Text(f"There is no workflow “{id_or_name}”.", f"没有名为“{id_or_name}”的工作流。"),
        Text("The Workflows view lists those there are.", "请在“工作流”中查看现有的工作流。"),
    ).fixed_by("workflow")


def _no_run(execution_id: str) -> NotFound:
    return NotFound(
        Text(f"There is no run “{execution_id}”.", f"没有运行记录“{execution_id}”。"),
        Text("The Runs view lists those there are.", "请在“运行”中查看现有记录。"),
    )
