"""The versions' rows in the catalog."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, insert, select, update

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import dataset_versions as table
from studio.engine.catalog.tables import datasets
from studio.engine.datasets.version import Version

HERE = table.c


class VersionRecords:
    """Reads and writes rows; a dataset's numbers only ever grow."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def of(self, dataset_id: str) -> list[Version]:
        """A dataset's versions, newest first."""
        return await self._all(select(table).where(HERE.dataset_id == dataset_id).order_by(HERE.number.desc()))

    async def newest(self, dataset_id: str) -> Version | None:
        query = select(table).where(HERE.dataset_id == dataset_id).order_by(HERE.number.desc()).limit(1)
        return next(iter(await self._all(query)), None)

    async def numbered(self, dataset_id: str, number: int) -> Version | None:
        query = select(table).where(HERE.dataset_id == dataset_id, HERE.number == number)
        return next(iter(await self._all(query)), None)

    async def kept(self) -> list[Version]:
        """All versions of all datasets of which something is kept, newest first."""
        return await self._all(select(table).where(HERE.kept.is_not(None)).order_by(HERE.created_at.desc()))

    async def paths_shown(self, folder: str) -> list[str]:
        """The places below a folder that datasets are read from now, trashed ones included."""
        query = select(datasets.c.storage_path).where(datasets.c.storage_path.startswith(folder, autoescape=True))
        return [str(path) for (path,) in await self._catalog.read(lambda connection: connection.execute(query).all())]

    async def add(self, version: Version) -> Version:
        """Add it with its number, or the next free one."""
        number = await self._catalog.write(lambda connection: insert_into(connection, version))
        return version.model_copy(update={"number": number})

    async def change(self, version_id: str, **fields: Any) -> None:
        statement = update(table).where(HERE.id == version_id).values(**fields)
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def remove(self, version_id: str) -> None:
        await self._catalog.write(lambda connection: connection.execute(delete(table).where(HERE.id == version_id)))

    async def _all(self, query: Any) -> list[Version]:
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Version.model_validate(dict(row)) for row in rows]


def insert_into(connection: Any, version: Version) -> int:
    """Add it with its number, or the next free one, which is the answer."""
    same = select(func.max(HERE.number)).where(HERE.dataset_id == version.dataset_id)
    number = max(version.number, int(connection.execute(same).scalar() or 0) + 1)
    connection.execute(insert(table).values(**{**_values(version), "number": number}))
    return number


def _values(version: Version) -> dict[str, Any]:
    return version.model_dump(mode="json", exclude={"state"})
