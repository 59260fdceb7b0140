"""The project that a data folder holds: its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.errors import BadParameter
from studio.engine.events import Event, Events
from studio.engine.text import Text

NOTE = "project"
UNTITLED = Text("Untitled project", "未命名项目")


@dataclass(frozen=True, slots=True)
class ProjectRenamed(Event):
    """The project has this name now."""

    name: Text


class Project:
    """One per data folder."""

    def __init__(self, catalog: Catalog, events: Events) -> None:
        self._catalog = catalog
        self._events = events

    async def name(self) -> Text:
        """The project's name; `UNTITLED` until somebody gave it one."""
        query = select(notes.c.value).where(notes.c.name == NOTE)
        kept: dict[str, Any] | None = await self._catalog.read(lambda connection: connection.execute(query).scalar())
        return Text(kept["en"], kept["zh"]) if kept else UNTITLED

    async def rename(self, name: Text) -> None:
        """Give it a name, kept on disk when this returns."""
        if not name.en.strip() or not name.zh.strip():
            raise BadParameter(Text("A project needs a name.", "项目需要一个名称。"))

        def work(connection: Connection) -> None:
            connection.execute(delete(notes).where(notes.c.name == NOTE))
            connection.execute(insert(notes).values(name=NOTE, value=name.as_dict()))

        await self._catalog.write(work)
        self._events.publish(ProjectRenamed(name))
