"""A look at data before it is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.engine.datasets.content import Contents
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.format import FIRST_ROWS, formats
from studio.engine.datasets.places import Place
from studio.engine.datasets.tables import Tables
from studio.engine.params import Params


@dataclass(frozen=True)
class Glimpse:
    """What would be registered. `tables` are there to choose from; `rows` are the first ones, a pyarrow Table, or None
    where a table has to be chosen first or where there is no quick way. `options` are what may be decided."""

    name: str
    format: str
    size: int | None
    tables: list[str]
    options: type[Params]
    rows: Any = None
    statistics: dict[str, Any] = field(default_factory=dict)


async def glimpse(
    contents: Contents, opened: Tables, path: str | Path, format: str, options: Mapping[str, Any]
) -> Glimpse:
    """Look at what lies there. Raises what keeps it from being read."""
    place = contents.place(path)
    content = await contents.look(_unregistered(place, format, options))
    tables = await contents.tables(place)
    options_of = next((each.options for each in formats if each.name == content.format), Params)
    found = Glimpse(place.name, content.format, content.size, tables, options_of)
    if len(tables) > 1:
        return found
    try:
        source = await opened.first(content)
        if source is None:
            return found
        rows = await asyncio.to_thread(source.dataset().head, FIRST_ROWS)
        return replace(found, rows=rows, statistics=source.statistics)
    finally:
        await opened.drop_copy(content.mark)


def _unregistered(place: Place, format: str, options: Mapping[str, Any]) -> Dataset:
    return Dataset(
        id="", name=place.name, storage_type=place.kind, storage_path=place.address, format=format,
        statistics={"options": dict(options)}, created_at=0, updated_at=0,
    )  # fmt: skip
