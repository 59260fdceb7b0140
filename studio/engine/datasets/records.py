"""The datasets' rows in the catalog."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import datasets as table
from studio.engine.datasets.dataset import Dataset
from studio.engine.errors import BadParameter, Conflict, NotFound
from studio.engine.text import Text

LONGEST_NAME = 255


class Records:
    """Reads and writes rows; names are unique among what is not in the trash, without regard to capitals."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[Dataset]:
        query = select(table).where(table.c.deleted_at.is_(None)).order_by(table.c.created_at, table.c.name)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [_dataset(dict(row)) for row in rows]

    async def get(self, id_or_name: str, *, trashed: bool = False) -> Dataset:
        gone = table.c.deleted_at.is_not(None) if trashed else table.c.deleted_at.is_(None)
        named = or_(table.c.id == id_or_name, func.lower(table.c.name) == id_or_name.lower())
        query = select(table).where(named, gone).order_by((table.c.id == id_or_name).desc())
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            raise NotFound(
                Text(f"There is no dataset “{id_or_name}”.", f"没有数据集“{id_or_name}”。"),
                Text("The list of datasets shows what there is.", "请在数据集列表中查看。"),
            )
        return _dataset(dict(row))

    async def add(self, dataset: Dataset) -> None:
        """Raises `Conflict` for a name or id that is taken. The id of something in the trash is free again."""
        values = _values(dataset)

        def write(connection: Any) -> None:
            _free(connection, dataset.name, dataset.id)
            connection.execute(delete(table).where(table.c.id == dataset.id, table.c.deleted_at.is_not(None)))
            connection.execute(insert(table).values(**values))

        try:
            await self._catalog.write(write)
        except IntegrityError as error:
            raise taken(dataset.id) from error

    async def save(self, dataset: Dataset) -> None:
        def write(connection: Any) -> None:
            _free(connection, dataset.name, dataset.id)
            connection.execute(update(table).where(table.c.id == dataset.id).values(**_values(dataset)))

        await self._catalog.write(write)

    async def trash(self, dataset_id: str) -> None:
        await self._set_deleted(dataset_id, time.time())

    async def restore(self, dataset: Dataset) -> None:
        """Take it out of the trash; `Conflict` when its name was given to something else meanwhile."""

        def write(connection: Any) -> None:
            _free(connection, dataset.name, dataset.id)
            connection.execute(update(table).where(table.c.id == dataset.id).values(deleted_at=None))

        await self._catalog.write(write)

    async def _set_deleted(self, dataset_id: str, moment: float) -> None:
        statement = update(table).where(table.c.id == dataset_id).values(deleted_at=moment)
        await self._catalog.write(lambda connection: connection.execute(statement))


def proper_name(name: str) -> str:
    """The name without blanks around it; `BadParameter` when it cannot be one."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or '"' in name:
        raise BadParameter(
            Text(f"“{name[:60]}” cannot be the name of a dataset.", f"“{name[:60]}”不能用作数据集名称。"),
            Text("Use 1 to 255 visible characters without double quotes.", "请使用 1 到 255 个可见字符，不含双引号。"),
        )
    return name


def usable_name(text: str) -> str:
    """What is left of a file's or a table's name when it becomes the name of a dataset."""
    visible = "".join(sign if sign.isprintable() else " " for sign in text.replace('"', "'"))
    return visible.strip()[: LONGEST_NAME - 10].strip() or "dataset"


def taken(name: str) -> Conflict:
    return Conflict(
        Text(f"There is a dataset “{name}” already.", f"已有名为“{name}”的数据集。"),
        Text("Choose another name.", "请换一个名称。"),
    )


def _free(connection: Any, name: str, dataset_id: str) -> None:
    same = or_(func.lower(table.c.name) == name.lower(), table.c.id == name)
    query = select(table.c.id).where(same, table.c.id != dataset_id, table.c.deleted_at.is_(None))
    if connection.execute(query).first() is not None:
        raise taken(name)


def _values(dataset: Dataset) -> dict[str, Any]:
    return dataset.model_dump(mode="json")


def _dataset(row: dict[str, Any]) -> Dataset:
    row.pop("deleted_at", None)
    return Dataset.model_validate(row)
