"""A few values of each column: for the rules that find personal data, and to find a dataset by what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import dataset_samples as table

ROWS = 200  # that are looked at
MOST_COLUMNS = 300
VALUES = 12  # that are kept of a column
LONGEST = 48  # characters that are kept of a value


@dataclass(frozen=True)
class Sample:
    """What was seen of a dataset's content (`fingerprint`): some values of its columns, and the column that tells rows apart."""

    dataset_id: str
    fingerprint: str
    values: dict[str, list[str]] = field(default_factory=dict)
    key_column: str = ""


class Samples:
    """Kept in the catalog. Values of personal data are never kept."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> dict[str, Sample]:
        rows = await self._catalog.read(lambda connection: connection.execute(select(table)).mappings().all())
        return {row["dataset_id"]: Sample(**row) for row in rows}

    async def get(self, dataset_id: str) -> Sample | None:
        query = select(table).where(table.c.dataset_id == dataset_id)
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().first())
        return Sample(**row) if row else None

    async def save(self, sample: Sample) -> None:
        same = delete(table).where(table.c.dataset_id == sample.dataset_id)
        await self._catalog.write(
            lambda connection: (connection.execute(same), connection.execute(insert(table).values(**vars(sample))))
        )


def values_of(rows: Any) -> dict[str, list[Any]]:
    """The values of an Arrow table by column, nested ones and bytes left out. Blocks for a moment."""
    import pyarrow.types as types

    plain = [each for each in rows.schema if not types.is_nested(each.type) and not types.is_binary(each.type)]
    return {each.name: rows.column(each.name).to_pylist() for each in plain}


def kept_values(values: Mapping[str, Sequence[Any]], personal: Sequence[str]) -> dict[str, list[str]]:
    """Some different values of each column whose words can be looked for; none of personal ones."""
    return {
        name: list(dict.fromkeys(value.strip()[:LONGEST] for value in found if isinstance(value, str) and value.strip()))[:VALUES]
        for name, found in values.items()
        if name not in personal and any(isinstance(value, str) for value in found)
    }  # fmt: skip
