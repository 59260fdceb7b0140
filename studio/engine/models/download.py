"""A download as others see it, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import delete, insert, select, update

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import downloads as table
from studio.engine.events import Event
from studio.engine.models.choices import HubFile
from studio.engine.models.hub_source import HUGGING_FACE

Status = Literal["running", "paused", "failed", "done", "cancelled"]
Phase = Literal["waiting", "fetching", "checking", "adding"]


class Download(BaseModel):
    """Files of one repository on their way here. Sizes in bytes; `phase`, `speed` (bytes a second) and `seconds_left` while
    it runs; `error` is a `StudioError` as a dict; `model_id` the model that it became."""

    id: str
    name: str
    hub: str
    dialect: str = HUGGING_FACE
    repository: str
    revision: str
    quantization: str = ""
    format: str = "gguf"
    licence: str = ""
    folder: str
    files: list[HubFile]
    status: Status = "running"
    phase: Phase | None = None
    done_bytes: int = 0
    speed: float | None = None
    model_id: str = ""
    error: dict[str, Any] | None = None
    created_at: float
    finished_at: float | None = None

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def active(self) -> bool:
        return self.status in ("running", "paused", "failed")

    @property
    def seconds_left(self) -> float | None:
        return (self.size_bytes - self.done_bytes) / self.speed if self.speed else None


@dataclass(frozen=True, slots=True)
class DownloadChanged(Event):
    """A download began, moved on or ended."""

    download: Download


PASSING = {"phase", "speed"}
COLUMNS = ("id", "repository", "status", "created_at", "finished_at")


class DownloadStore:
    """Reads and writes the catalog's downloads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[Download]:
        """The newest first."""
        query = select(table).order_by(table.c.created_at.desc())
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [_download(dict(row)) for row in rows]

    async def get(self, download_id: str) -> Download | None:
        query = select(table).where(table.c.id == download_id)
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return _download(dict(row)) if row else None

    async def add(self, download: Download) -> None:
        statement = insert(table).values(**_values(download))
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def keep(self, download: Download) -> None:
        statement = update(table).where(table.c.id == download.id).values(**_values(download))
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def forget(self, download_id: str) -> None:
        statement = delete(table).where(table.c.id == download_id)
        await self._catalog.write(lambda connection: connection.execute(statement))


def _values(download: Download) -> dict[str, Any]:
    content = download.model_dump(mode="json", exclude=PASSING)
    details = {name: value for name, value in content.items() if name not in COLUMNS}
    return {**{name: content[name] for name in COLUMNS}, "details": details}


def _download(row: dict[str, Any]) -> Download:
    return Download.model_validate({**row["details"], **{name: row[name] for name in COLUMNS}})
