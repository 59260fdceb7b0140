"""The connections' place in the catalog: one note."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection as Database
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.connections.connection import Connection

NOTE = "connections"


class Notes:
    """Reads and writes all connections at once; there are few."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def read(self) -> list[Connection]:
        query = select(notes.c.value).where(notes.c.name == NOTE)
        kept = await self._catalog.read(lambda connection: connection.execute(query).scalar())
        return [Connection.model_validate(each) for each in kept or []]

    async def write(self, connections: Sequence[Connection]) -> None:
        kept = [each.model_dump(mode="json", exclude={"state", "reason", "checked_at"}) for each in connections]

        def work(database: Database) -> None:
            database.execute(delete(notes).where(notes.c.name == NOTE))
            database.execute(insert(notes).values(name=NOTE, value=kept))

        await self._catalog.write(work)
