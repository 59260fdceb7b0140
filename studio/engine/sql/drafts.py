"""The texts of open query tabs, as they were typed: they survive a restart and a crash."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import Connection, delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes as table

PREFIX = "query-draft:"


class Draft(BaseModel):
    """An open tab: its name, its text, and its place among the others."""

    name: str
    sql: str
    place: int = 0


class Drafts:
    """Kept in the catalog, a moment after each change."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[Draft]:
        """In the order of their tabs."""
        query = select(table).where(table.c.name.startswith(PREFIX, autoescape=True))
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        drafts = [Draft(name=row["name"].removeprefix(PREFIX), **row["value"]) for row in rows]
        return sorted(drafts, key=lambda draft: draft.place)

    async def keep(self, draft: Draft) -> None:
        def write(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.name == PREFIX + draft.name))
            connection.execute(insert(table).values(name=PREFIX + draft.name, value=draft.model_dump(exclude={"name"})))

        await self._catalog.write(write)

    async def drop(self, name: str) -> None:
        """Forget a tab that was closed."""
        await self._catalog.write(
            lambda connection: connection.execute(delete(table).where(table.c.name == PREFIX + name))
        )
