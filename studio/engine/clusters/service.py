"""Cluster profiles and whether each one answers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import delete, insert, select, update

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import clusters as table
from studio.engine.clusters.kind import Seen, kinds
from studio.engine.egress import Egress, place
from studio.engine.errors import BadParameter, BadToken, Conflict, NotFound, StudioError, Unavailable
from studio.engine.events import Event, Events
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.text import Text

EVERY = 30.0  # seconds between two looks
PATIENCE = 5.0  # seconds that a cluster has to answer
State = Literal["unknown", "reachable", "unreachable", "unauthorised"]


class ClusterState(BaseModel):
    """A profile and what was last seen of it. `since` is when its state last changed, `seen_at` when it last answered."""

    id: str
    name: str
    kind: str
    url: str
    state: State = "unknown"
    reason: Text | None = None
    latency_ms: float | None = None
    version: str = ""
    facts: list[Text] = []
    since: float | None = None
    checked_at: float | None = None
    seen_at: float | None = None
    created_at: float

    @property
    def reachable(self) -> bool:
        return self.state == "reachable"


@dataclass(frozen=True, slots=True)
class ClusterChanged(Event):
    """A profile was added, removed (`cluster` is None then) or looked at."""

    cluster_id: str
    cluster: ClusterState | None


class Clusters:
    """Profiles are kept in the catalog, keys in the keychain, states in memory but for when it was last seen."""

    def __init__(self, catalog: Catalog, events: Events, egress: Egress, secrets: Secrets | None = None) -> None:
        self._catalog = catalog
        self._events = events
        self._egress = egress
        self._secrets = secrets
        self._states: dict[str, ClusterState] = {}
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Grant the addresses that a person added, and look at them now and then."""
        rows = await self._catalog.read(lambda connection: connection.execute(select(table)).mappings().all())
        for row in rows:
            state = _profile(dict(row))
            self._states[state.id] = state
            self._egress.grant(state.url)
        self._keep_watch()

    async def close(self) -> None:
        if self._watch:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None

    def plugin_failures(self) -> list[PluginFailure]:
        return list(kinds.failures)

    async def list(self) -> list[ClusterState]:
        """In the order they were added."""
        return list(self._states.values())

    async def get(self, id_or_name: str) -> ClusterState:
        """Raises `NotFound`."""
        for state in self._states.values():
            if id_or_name in (state.id, state.name):
                return state
        raise NotFound(Text(f"There is no cluster “{id_or_name}”.", f"没有名为“{id_or_name}”的集群。"))

    async def add(self, name: str, url: str, kind: str = "studio", key: str = "") -> ClusterState:
        """Keep a profile and look at it once. It is kept also when nobody answers; its state says so.

        Adding an address grants it: the studio may connect to it from now on. Raises `BadParameter`, `Conflict`.
        """
        name, url = name.strip(), url.strip().rstrip("/")
        if not name:
            raise BadParameter(Text("A cluster needs a name.", "集群需要一个名称。"))
        place(url)
        kinds.get(kind)
        if any(name == state.name for state in self._states.values()):
            raise Conflict(Text(f"A cluster named “{name}” exists.", f"已有名为“{name}”的集群。"))
        state = ClusterState(id=ids.new("cluster"), name=name, kind=kind, url=url, created_at=time.time())
        values = {**state.model_dump(include={"id", "name", "kind", "url", "created_at"}), "details": {}}
        if key and self._secrets:
            await asyncio.to_thread(self._secrets.set, _secret(state.id), key)
        await self._catalog.write(lambda connection: connection.execute(insert(table).values(**values)))
        self._states[state.id] = state
        self._egress.grant(url)
        self._keep_watch()
        return await self.check(state.id)

    async def remove(self, id_or_name: str) -> None:
        """Forget a profile, its key and its grant."""
        state = await self.get(id_or_name)
        await self._catalog.write(lambda connection: connection.execute(delete(table).where(table.c.id == state.id)))
        self._states.pop(state.id)
        if not any(place(other.url) == place(state.url) for other in self._states.values()):
            self._egress.revoke(state.url)
        if self._secrets:
            await asyncio.to_thread(self._secrets.delete, _secret(state.id))
        self._events.publish(ClusterChanged(state.id, None))

    async def check(self, id_or_name: str) -> ClusterState:
        """Ask it now, over the network. What goes wrong is in the state, not raised."""
        asked = await self.get(id_or_name)
        said = await self._look(asked)
        now = time.time()
        before = self._states.get(asked.id, asked)  # somebody else may have looked meanwhile
        changed = said["state"] != before.state
        after = before.model_copy(
            update={
                **said,
                "checked_at": now,
                "since": now if changed or not before.since else before.since,
                "seen_at": now if said["state"] == "reachable" else before.seen_at,
            }
        )
        if asked.id in self._states:
            self._states[asked.id] = after
            if changed or after.reachable:
                await self._remember(after)
            self._events.publish(ClusterChanged(after.id, after))
        return after

    async def _look(self, cluster: ClusterState) -> dict[str, Any]:
        began = time.monotonic()
        try:
            seen = await asyncio.wait_for(self._ask(cluster), PATIENCE)
        except BadToken as error:
            return {"state": "unauthorised", "reason": error.whole(), "latency_ms": None}
        except StudioError as error:
            return {"state": "unreachable", "reason": error.whole(), "latency_ms": None}
        except TimeoutError:
            late = Text(f"No answer within {PATIENCE:.0f} s.", f"{PATIENCE:.0f} 秒内没有应答。")
            return {"state": "unreachable", "reason": late, "latency_ms": None}
        latency = round((time.monotonic() - began) * 1000, 1)
        return {
            "state": "reachable",
            "reason": None,
            "latency_ms": latency,
            "version": seen.version,
            "facts": seen.facts,
        }

    async def _ask(self, cluster: ClusterState) -> Seen:
        import httpx

        key = await asyncio.to_thread(self._secrets.get, _secret(cluster.id)) if self._secrets else None
        async with self._egress.client(purpose="clusters", timeout=PATIENCE) as client:
            if key:
                client.headers["Authorization"] = f"Bearer {key}"
            try:
                return await kinds.get(cluster.kind)().look(client, cluster.url)
            except httpx.TimeoutException as error:
                raise TimeoutError from error
            except httpx.HTTPError as error:
                raise _no_connection(cluster, error) from error

    async def _remember(self, state: ClusterState) -> None:
        details = {"state": state.state, "since": state.since, "version": state.version}
        statement = update(table).where(table.c.id == state.id).values(details=details, seen_at=state.seen_at)
        await self._catalog.write(lambda connection: connection.execute(statement))

    def _keep_watch(self) -> None:
        if self._states and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._watch_over(), name="watch clusters")

    async def _watch_over(self) -> None:
        """Look at every profile now and then, as long as there are any."""
        while self._states:
            await asyncio.gather(*(self.check(id) for id in list(self._states)), return_exceptions=True)
            await asyncio.sleep(EVERY)


def _profile(row: dict[str, Any]) -> ClusterState:
    """A profile as it was last seen; what its state is now is not known yet."""
    details = row["details"] or {}
    return ClusterState(
        id=row["id"], name=row["name"], kind=row["kind"], url=row["url"], created_at=row["created_at"],
        seen_at=row["seen_at"], since=details.get("since"), version=details.get("version", ""),
    )  # fmt: skip


def _no_connection(cluster: ClusterState, error: Exception) -> StudioError:
    host, port = place(cluster.url)
    return Unavailable(
        Text(f"Nothing answers at {host}:{port}.", f"{host}:{port} 没有应答。"),
        Text("Check that it runs and that the address is right.", "请确认服务已启动且地址正确。"),
        details=f"{type(error).__name__}: {error}",
    )


def _secret(cluster_id: str) -> str:
    return f"cluster/{cluster_id}"
