"""The datasets' rows in the catalog."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import column_marks, dataset_samples, dataset_versions
from studio.engine.catalog.tables import datasets as table
from studio.engine.datasets.dataset import Dataset
from studio.engine.errors import BadParameter, Conflict, NotFound
from studio.engine.text import Text

LONGEST_NAME = 255


class Records:
    """Reads and writes rows; names are unique among what is not in the trash, without regard to capitals.

    What is not in the trash is held in memory: only this process writes it, and a list of 10,000 is asked for often.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._held: dict[str, Dataset] | None = None
        self._named: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._sorted: list[Dataset] | None = None
        self._loading = asyncio.Lock()

    async def all(self) -> list[Dataset]:
        """Oldest first."""
        held = await self._all_held()
        if self._sorted is None:
            self._sorted = sorted(held.values(), key=lambda each: (each.created_at, each.name))
        return [*self._sorted]

    async def get(self, id_or_name: str, *, trashed: bool = False) -> Dataset:
        held = await self._all_held()
        found = held.get(id_or_name) or held.get(self._named.get(id_or_name.lower(), ""))
        if trashed:
            found = await self._trashed(id_or_name)
        if found is None:
            raise NotFound(
                Text(f"There is no dataset “{id_or_name}”.", f"没有数据集“{id_or_name}”。"),
                Text("The list of datasets shows what there is.", "请在数据集列表中查看。"),
            ).fixed_by("dataset")
        return found

    async def has(self, id_or_name: str) -> bool:
        return id_or_name in await self._all_held() or id_or_name.lower() in self._named

    async def free_name(self, name: str | None, otherwise: str) -> str:
        """A name that nothing has: the given one, or `Conflict`; without one, one like `otherwise`."""
        await self._all_held()
        if name is not None:
            if proper_name(name).lower() in self._named:
                raise taken(proper_name(name))
            return proper_name(name)
        stem = usable_name(otherwise)
        free = (stem if number == 1 else f"{stem} {number}" for number in range(1, len(self._named) + 2))
        return proper_name(next(each for each in free if each.lower() not in self._named))

    def words(self, dataset: Dataset) -> str:
        """What a dataset of the list is found by, in small letters."""
        text = self._texts.get(dataset.id)
        if text is None:
            columns = (column.name for column in dataset.columns)
            parts = [dataset.id, dataset.name, dataset.description, *dataset.tags, *columns]
            text = self._texts[dataset.id] = "\n".join(parts).lower()
        return text

    async def add(self, dataset: Dataset) -> None:
        """Raises `Conflict` for a name or id that is taken. The id of something in the trash is free again."""
        values = _values(dataset)

        def write(connection: Any) -> None:
            _free(connection, dataset.name, dataset.id)
            old = delete(table).where(table.c.id == dataset.id, table.c.deleted_at.is_not(None))
            if connection.execute(old).rowcount:
                for beside in (dataset_versions, column_marks, dataset_samples):
                    connection.execute(delete(beside).where(beside.c.dataset_id == dataset.id))
            connection.execute(insert(table).values(**values))

        try:
            await self._write(write, dataset.id, values)
        except IntegrityError as error:
            raise taken(dataset.id) from error

    async def save(self, dataset: Dataset, numbered: Callable[[Any], int] | None = None) -> None:
        """`numbered` writes its new version in the same transaction, and says the number that it has."""
        values = _values(dataset)

        def write(connection: Any) -> bool:
            if numbered is not None:
                values["version"] = numbered(connection)
            _free(connection, dataset.name, dataset.id)
            here = (table.c.id == dataset.id, table.c.deleted_at.is_(None))
            connection.execute(update(table).where(table.c.id == dataset.id).values(**values))
            return connection.execute(select(table.c.id).where(*here)).first() is not None

        await self._write(write, dataset.id, values)

    async def trash(self, dataset_id: str) -> None:
        statement = update(table).where(table.c.id == dataset_id).values(deleted_at=time.time())
        await self._write(lambda connection: connection.execute(statement) and None, dataset_id, None)

    async def restore(self, dataset: Dataset) -> None:
        """Take it out of the trash; `Conflict` when its name was given to something else meanwhile."""

        def write(connection: Any) -> None:
            _free(connection, dataset.name, dataset.id)
            connection.execute(update(table).where(table.c.id == dataset.id).values(deleted_at=None))

        await self._write(write, dataset.id, _values(dataset))

    async def _trashed(self, id_or_name: str) -> Dataset | None:
        named = or_(table.c.id == id_or_name, func.lower(table.c.name) == id_or_name.lower())
        query = select(table).where(named, table.c.deleted_at.is_not(None)).order_by((table.c.id == id_or_name).desc())
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().first())
        return _dataset(dict(row)) if row is not None else None

    async def _all_held(self) -> dict[str, Dataset]:
        if self._held is not None:
            return self._held
        async with self._loading:
            if self._held is None:
                query = select(table).where(table.c.deleted_at.is_(None))
                held = await self._catalog.read(
                    lambda connection: [_dataset(dict(row)) for row in connection.execute(query).mappings()]
                )
                self._held = {each.id: each for each in held}
                self._named = {each.name.lower(): each.id for each in held}
        return self._held

    async def _write(self, work: Callable[[Any], bool | None], dataset_id: str, values: dict[str, Any] | None) -> None:
        """Change the catalog and what is held with it, also when whoever asked does not wait for it any more."""
        await self._all_held()

        async def both() -> None:
            if await self._catalog.write(work) is not False:
                self._hold(dataset_id, values)

        await asyncio.shield(asyncio.ensure_future(both()))

    def _hold(self, dataset_id: str, values: dict[str, Any] | None) -> None:
        held = self._held if self._held is not None else {}
        old = held.pop(dataset_id, None)
        if old is not None:
            self._named.pop(old.name.lower(), None)
        self._texts.pop(dataset_id, None)
        self._sorted = None
        if values is not None:
            held[dataset_id] = _dataset(values)
            self._named[values["name"].lower()] = dataset_id


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
    return Dataset.model_validate({name: value for name, value in row.items() if name != "deleted_at"})
