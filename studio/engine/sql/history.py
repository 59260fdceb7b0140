"""What was run, newest first; a person can look through it and pin what is worth keeping."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.catalog.tables import queries as table
from studio.engine.errors import StudioError
from studio.engine.sql.query import Query

log = logging.getLogger(__name__)
PIN = "query-pin:"
KEPT = 10_000


class History:
    """Kept in the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def add(self, query: Query) -> None:
        """Remember a query; a full disk keeps nobody from reading."""
        values = query.model_dump(exclude={"pinned"})
        try:
            await self._catalog.write(lambda connection: connection.execute(insert(table).values(**values)))
        except StudioError as problem:
            log.warning("a query is missing in the history: %s", problem)

    async def list(self, limit: int = 50, q: str = "") -> list[Query]:
        """Pinned ones first, then the newest; with `q`, those that hold every word of it."""
        return await self._catalog.read(lambda connection: _found(connection, limit, q.split()))

    async def pin(self, query_id: str, on: bool = True) -> None:
        name = PIN + query_id

        def write(connection: Connection) -> None:
            connection.execute(delete(notes).where(notes.c.name == name))
            if on:
                connection.execute(insert(notes).values(name=name, value={}))

        await self._catalog.write(write)

    async def trim(self, kept: int = KEPT) -> None:
        """Forget the oldest of very many; pinned ones stay."""

        def write(connection: Connection) -> None:
            newest = select(table.c.id).order_by(table.c.started_at.desc()).limit(kept)
            connection.execute(
                delete(table).where(table.c.id.not_in(newest), table.c.id.not_in(_pinned(connection) or [""]))
            )

        await self._catalog.write(write)


def _found(connection: Connection, limit: int, words: list[str]) -> list[Query]:
    holds = [table.c.sql.icontains(word, autoescape=True) for word in words]
    newest = select(table).where(*holds).order_by(table.c.started_at.desc())
    pinned = _pinned(connection)
    first = connection.execute(newest.where(table.c.id.in_(pinned))).mappings().all() if pinned else []
    rest = connection.execute(newest.where(table.c.id.not_in(pinned or [""])).limit(limit)).mappings().all()
    rows = [{**row, "pinned": True} for row in first] + [dict(row) for row in rest]
    return [Query.model_validate(row) for row in rows[:limit]]


def _pinned(connection: Connection) -> list[str]:
    query = select(notes.c.name).where(notes.c.name.startswith(PIN, autoescape=True))
    return [str(name).removeprefix(PIN) for (name,) in connection.execute(query)]
