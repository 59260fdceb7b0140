"""Workflows that were put away: on disk with their versions and schedules until they are restored or forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import schedules, workflow_versions, workflows
from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow

KEPT_DAYS = 30


class Trash:
    """Reads the rows that have a date of deletion, and removes them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[Workflow]:
        """The last deleted first."""
        query = select(workflows).where(workflows.c.deleted_at.is_not(None)).order_by(workflows.c.deleted_at.desc())
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Workflow.model_validate(row) for row in rows]

    async def get(self, id_or_name: str) -> Workflow:
        """Of several of that name the last deleted."""
        for found in await self.all():
            if id_or_name in (found.id, found.name):
                return found
        raise NotFound(
            Text(f"There is no workflow “{id_or_name}” in the trash.", f"回收站中没有名为“{id_or_name}”的工作流。"),
            Text("The trash in the Workflows view lists those there are.", "请在“工作流”的回收站中查看。"),
        )

    async def forget(self, *conditions: Any) -> list[str]:
        """Remove for good, with versions and schedules, what is still in the trash; the ids. Runs stay."""
        due = select(workflows.c.id).where(workflows.c.deleted_at.is_not(None), *conditions)

        def work(connection: Connection) -> list[str]:
            gone = [row.id for row in connection.execute(due)]
            for of_them in (workflow_versions.c.workflow_id, schedules.c.workflow_id, workflows.c.id):
                connection.execute(delete(of_them.table).where(of_them.in_(gone)))
            return gone

        return await self._catalog.write(work)
