"""Queries that a person keeps by name."""

from __future__ import annotations

import time

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes as table
from studio.engine.errors import BadParameter, NotFound
from studio.engine.text import Text

PREFIX = "query:"
LONGEST_NAME = 100


class SavedQuery(BaseModel):
    """A query with a name. `updated_at` is UTC seconds."""

    name: str
    sql: str
    updated_at: float


class SavedQueries:
    """Kept in the catalog; a name is used once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[SavedQuery]:
        """By name."""
        query = select(table).where(table.c.name.startswith(PREFIX, autoescape=True)).order_by(table.c.name)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [SavedQuery(name=row["name"].removeprefix(PREFIX), **row["value"]) for row in rows]

    async def get(self, name: str) -> SavedQuery:
        found = next((each for each in await self.all() if each.name == name), None)
        if found is None:
            raise NotFound(Text(f"There is no query “{name}”.", f"没有查询“{name}”。"))
        return found

    async def save(self, name: str, sql: str, *, old_name: str = "") -> SavedQuery:
        """Keep a query, in the place of one with that name; `old_name` gives it another name."""
        name = name.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadParameter(Text(f"“{name}” cannot be the name of a query.", f"“{name}”不能用作查询名称。"))
        saved = SavedQuery(name=name, sql=sql, updated_at=time.time())
        gone = [PREFIX + name, PREFIX + (old_name or name)]
        row = {"name": PREFIX + name, "value": saved.model_dump(exclude={"name"})}
        await self._catalog.write(
            lambda connection: (
                connection.execute(delete(table).where(table.c.name.in_(gone))),
                connection.execute(insert(table), row),
            )
        )
        return saved

    async def delete(self, name: str) -> None:
        statement = delete(table).where(table.c.name == PREFIX + name)
        await self._catalog.write(lambda connection: connection.execute(statement))
