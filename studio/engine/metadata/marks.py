"""Marks of personal data on columns, and what a person said of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import column_marks as table
from studio.engine.metadata.personal import TITLES, Found
from studio.engine.text import Text

State = Literal["found", "confirmed", "rejected"]
OTHER = "personal"  # what a person marks without a rule
STATES: dict[State, Text] = {
    "found": Text("Found by a rule", "由规则发现"),
    "confirmed": Text("Confirmed", "已确认"),
    "rejected": Text("Not personal", "非个人信息"),
}


class Mark(BaseModel):
    """Personal data in a column. `kind` is phone, id_card, email, bank_card, address, name or personal."""

    dataset_id: str
    column: str
    kind: str
    state: State
    reason: Text | None = None
    updated_at: float

    @property
    def title(self) -> Text:
        return TITLES.get(self.kind, Text("personal data", "个人信息"))


class Marks:
    """Kept in the catalog. What a person decided is never undone by a rule."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def of(self, dataset_id: str) -> list[Mark]:
        return await self._all(select(table).where(table.c.dataset_id == dataset_id).order_by(table.c.column))

    async def all(self) -> list[Mark]:
        return await self._all(select(table))

    async def note(self, dataset_id: str, found: Mapping[str, Sequence[Found]]) -> None:
        """What the rules found now takes the place of what they found before."""
        here = table.c.dataset_id == dataset_id
        rows = [
            {"dataset_id": dataset_id, "column": column, "kind": each.kind, "state": "found",
             "reason": each.reason.as_dict(), "updated_at": time.time()}
            for column, founds in found.items() for each in founds
        ]  # fmt: skip

        def write(connection: Any) -> None:
            connection.execute(delete(table).where(here, table.c.state == "found"))
            decided = {tuple(row) for row in connection.execute(select(table.c.column, table.c.kind).where(here))}
            fresh = [row for row in rows if (row["column"], row["kind"]) not in decided]
            if fresh:
                connection.execute(insert(table), fresh)

        await self._catalog.write(write)

    async def decide(self, dataset_id: str, column: str, kind: str, state: State | None) -> None:
        """What a person says of a column; None forgets it."""
        same = (table.c.dataset_id == dataset_id, table.c.column == column, table.c.kind == kind)

        def write(connection: Any) -> None:
            reason = connection.execute(select(table.c.reason).where(*same)).scalar()
            connection.execute(delete(table).where(*same))
            if state is not None:
                row = {"dataset_id": dataset_id, "column": column, "kind": kind, "state": state, "reason": reason}
                connection.execute(insert(table).values(**row, updated_at=time.time()))

        await self._catalog.write(write)

    async def _all(self, query: Any) -> list[Mark]:
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Mark.model_validate(dict(row)) for row in rows]
