"""Cluster profiles: kept, checked, forgotten."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import clusters as table
from studio.engine.egress import Egress
from studio.engine.events import Event, Events
from studio.engine.registry import PluginFailure
from studio.engine.text import Text


class Cluster(BaseModel):
    """A profile and how it was when last checked. Times are UTC seconds, `latency_ms` of the last answer."""

    id: str
    name: str
    kind: str
    url: str
    state: Literal["unknown", "reachable", "unreachable", "unauthorised"] = "unknown"
    latency_ms: float | None = None
    version: str = ""
    reason: Text | None = None
    since: float | None = None
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ClustersChanged(Event):
    """A profile was added, checked or removed."""

    cluster_id: str


class Clusters:
    """The profiles of this studio."""

    def __init__(self, catalog: Catalog, events: Events, egress: Egress) -> None:
        self._catalog = catalog
        self._events = events
        self._egress = egress

    async def start(self) -> None:
        """Grant the addresses that a person entered."""
        for cluster in await self.list():
            self._egress.grant(cluster.url)

    async def close(self) -> None:
        """Nothing is held."""

    def plugin_failures(self) -> list[PluginFailure]:
        return []

    async def list(self) -> list[Cluster]:
        query = select(table).order_by(table.c.created_at)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Cluster.model_validate({**row, **row["details"]}) for row in rows]

    async def add(self, name: str, url: str, kind: str = "studio") -> Cluster:
        """Keep a profile; entering its address grants it."""
        self._egress.grant(url)
        values: dict[str, Any] = {"id": ids.new("cluster"), "name": name, "kind": kind, "url": url}
        row = {**values, "details": {}, "created_at": time.time()}
        await self._catalog.write(lambda connection: connection.execute(insert(table).values(**row)))
        self._events.publish(ClustersChanged(values["id"]))
        return Cluster.model_validate(row)

    async def remove(self, cluster_id: str) -> None:
        statement = delete(table).where(table.c.id == cluster_id)
        await self._catalog.write(lambda connection: connection.execute(statement))
        self._events.publish(ClustersChanged(cluster_id))
