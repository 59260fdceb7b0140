"""Where tables come from, as databases: the project, buckets, database servers, files that hold several tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import data_sources as table
from studio.engine.datasets.dataset import Dataset


class Database(BaseModel):
    """A database and what people wrote down of it. “studio” is the project: it has every registered table."""

    name: str
    description: str = ""
    tags: list[str] = []
    owner: str = ""
    table_count: int = 0


class DatabaseNotes:
    """Kept in the catalog, by the name of the database."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> dict[str, Database]:
        rows = await self._catalog.read(lambda connection: connection.execute(select(table)).mappings().all())
        return {row["name"]: Database.model_validate(dict(row)) for row in rows}

    async def save(self, name: str, *, description: str | None, tags: Sequence[str] | None, owner: str | None) -> None:
        """Change what is given; the rest stays."""
        given = {"description": description, "tags": None if tags is None else list(tags), "owner": owner}

        def write(connection: Any) -> None:
            same = table.c.name == name
            old = connection.execute(select(table).where(same)).mappings().first()
            row = {"description": "", "tags": [], "owner": "", **(old or {}), "name": name, "updated_at": time.time()}
            row.update({key: value for key, value in given.items() if value is not None})
            connection.execute(delete(table).where(same))
            connection.execute(insert(table).values(**row))

        await self._catalog.write(write)


def database_of(dataset: Dataset) -> str:
    """The database that a dataset's table belongs to: a bucket, a server's database, a file with tables, or the project."""
    if "://" in dataset.storage_path:
        parts = urlsplit(dataset.storage_path)
        first = unquote(parts.path.strip("/").split("/")[0])
        return f"s3:{parts.netloc}" if parts.scheme == "s3" else f"{parts.scheme}:{parts.hostname or ''}:{first}"
    base, mark, inner = dataset.storage_path.rpartition("#")
    return base.rsplit("/", 1)[-1] if mark and inner else "studio"
