"""The models that this studio knows of, and the names they go by. Kept in the catalog."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, delete, insert, select, update

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import model_aliases, models
from studio.engine.models.model import LoadSettings, Model

T = TypeVar("T")
AUTOMATIC = "auto"
DEFAULT_ALIASES = {
    "default": AUTOMATIC,
    "qwen": "default",
    "gpt-4o-mini": "default",
    "text-embedding-ada-002": "usem3",
}
COLUMNS = {"id", "name", "kind", "backend", "location", "load_settings"}
KEPT = select(models).where(models.c.deleted_at.is_(None)).order_by(models.c.created_at, models.c.id)
USED = select(models.c.id, models.c.used_at).where(models.c.used_at.is_not(None))
ALIASES = select(model_aliases).order_by(model_aliases.c.alias)
PASSING = {"state", "error", "engine", "why"}


class Library:
    """Reads and writes the catalog's models and aliases. A removed model is kept, so that a scan does not bring it back.

    What every request asks for is remembered until something is written: the catalog has this one owner.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._remembered: dict[str, Any] = {}

    async def all(self) -> list[Model]:
        """Every model that was not removed, the oldest first."""
        return list(await self._once("models", KEPT, lambda rows: [_model(dict(row)) for row in rows]))

    async def used(self) -> dict[str, float]:
        """When each model was last used, by id."""
        query = select(models.c.id, models.c.used_at).where(models.c.used_at.is_not(None))
        return dict(
            await self._once("used", query, lambda rows: {str(row["id"]): float(row["used_at"]) for row in rows})
        )

    async def known_locations(self) -> set[str]:
        """Where models are or were, the removed ones too."""
        rows = await self._catalog.read(lambda connection: connection.execute(select(models.c.location)).all())
        return {str(row[0]) for row in rows}

    async def keep(self, model: Model) -> None:
        """Add it, or change what is kept under its id; a removed one is back then."""
        values = _values(model)
        change = update(models).where(models.c.id == model.id).values(**values, deleted_at=None)
        add = insert(models).values(**values, created_at=time.time())

        def write(connection: Any) -> None:
            if not connection.execute(change).rowcount:
                connection.execute(add)

        await self._write(write)

    async def change(self, model_id: str, **fields: Any) -> Model | None:
        """Change these fields of what is kept now, whoever changed others meanwhile; None when it was removed."""
        query = select(models).where(models.c.id == model_id, models.c.deleted_at.is_(None))

        def write(connection: Any) -> Model | None:
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None
            changed = _model(dict(row)).model_copy(update=fields)
            connection.execute(update(models).where(models.c.id == model_id).values(**_values(changed)))
            return changed

        return await self._write(write)

    async def was_removed(self, model_id: str) -> bool:
        query = select(models.c.deleted_at).where(models.c.id == model_id)
        row = await self._catalog.read(lambda connection: connection.execute(query).one_or_none())
        return row is not None and row[0] is not None

    async def note_use(self, model_id: str) -> None:
        change = update(models).where(models.c.id == model_id).values(used_at=time.time())
        await self._write(lambda connection: connection.execute(change))

    async def remove(self, model_id: str) -> None:
        change = update(models).where(models.c.id == model_id).values(deleted_at=time.time())
        await self._write(lambda connection: connection.execute(change))

    async def aliases(self) -> dict[str, str]:
        """Alias to target: a model's id or name, another alias, or "auto"."""
        return dict(await self._once("aliases", ALIASES, lambda rows: {row["alias"]: row["target"] for row in rows}))

    async def ensure_aliases(self) -> None:
        """The default ones, at the first start only."""
        rows = [{"alias": alias, "target": target} for alias, target in DEFAULT_ALIASES.items()]
        if not await self.aliases():
            await self._write(lambda connection: (connection.execute(insert(model_aliases), rows), None)[1])

    async def set_alias(self, alias: str, target: str | None) -> None:
        forget = delete(model_aliases).where(model_aliases.c.alias == alias)
        row = {"alias": alias, "target": target}

        def write(connection: Any) -> None:
            connection.execute(forget)
            if target is not None:
                connection.execute(insert(model_aliases).values(**row))

        await self._write(write)

    async def _once(self, name: str, query: Select[Any], turn: Callable[[Sequence[Any]], T]) -> T:
        """What a query gives, read again only after something was written."""
        remembered = self._remembered  # a write meanwhile puts another in its place
        if name not in remembered:
            rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
            remembered[name] = turn(rows)
        found: T = remembered[name]
        return found

    async def _write(self, work: Callable[[Any], T]) -> T:
        try:
            return await self._catalog.write(work)
        finally:
            self._remembered = {}


def _values(model: Model) -> dict[str, Any]:
    content = model.model_dump(mode="json", exclude=PASSING)
    details = {name: value for name, value in content.items() if name not in COLUMNS}
    return {**{name: content[name] for name in COLUMNS}, "details": details}


def _model(row: dict[str, Any]) -> Model:
    settings = LoadSettings.model_validate(row["load_settings"] or {})
    return Model.model_validate({**row["details"], **{name: row[name] for name in COLUMNS}, "load_settings": settings})
