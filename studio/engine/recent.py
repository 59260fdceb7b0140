"""What was opened lately, for Home."""

from __future__ import annotations

import time

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import recent as table

KEPT = 50


class Opened(BaseModel):
    """An object that was opened: its kind ("dataset", "thread", …), its id and when, in UTC seconds."""

    kind: str
    object_id: str
    opened_at: float


class Recent:
    """The last objects a person opened, newest first."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def note(self, kind: str, object_id: str) -> None:
        """The object was opened now."""
        same = delete(table).where(table.c.kind == kind, table.c.object_id == object_id)
        row = {"kind": kind, "object_id": object_id, "opened_at": time.time()}
        await self._catalog.write(lambda connection: (connection.execute(same), connection.execute(insert(table), row)))

    async def list(self, limit: int = KEPT) -> list[Opened]:
        query = select(table).order_by(table.c.opened_at.desc()).limit(limit)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Opened.model_validate(dict(row)) for row in rows]
