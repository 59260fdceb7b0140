"""The connections of the project: kept in the catalog without their secrets, which are in the keychain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.connections.connection import Branch, Connection, ConnectionsChanged, SignIn, State
from studio.engine.connections.kind import ConnectionKind, kinds
from studio.engine.connections.notes import Notes
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Conflict, NotFound, StudioError
from studio.engine.events import Events
from studio.engine.params import check
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.text import Text

Found = list[Connection]
Branches = list[Branch]


class Connections:
    """Every connection by id or name. Adding one grants its address: the studio may go there from now on."""

    def __init__(self, catalog: Catalog, events: Events, egress: Egress, secrets: Secrets) -> None:
        self._notes = Notes(catalog)
        self._events = events
        self.egress = egress
        self._secrets = secrets
        self._all: dict[str, Connection] = {}
        self._values: dict[str, dict[str, Any]] = {}  # with secrets, as long as the program runs

    async def start(self) -> None:
        for connection in await self._notes.read():
            self._all[connection.id] = connection
            self._grant(connection)

    async def close(self) -> None:
        self._values.clear()

    def plugin_failures(self) -> list[PluginFailure]:
        return list(kinds.failures)

    async def list(self, kind: str | None = None) -> Found:
        """In the order they were added."""
        return [each for each in self._all.values() if kind in (None, each.kind)]

    async def get(self, id_or_name: str) -> Connection:
        """Raises `NotFound`."""
        for each in self._all.values():
            if id_or_name in (each.id, each.name):
                return each
        known = ", ".join(each.name for each in self._all.values()) or "–"
        raise NotFound(
            Text(f"There is no connection “{id_or_name}”. Known: {known}.", f"没有连接“{id_or_name}”，现有：{known}。"),
            Text("Add it under Data › Connections.", "请在“数据 › 连接”中添加。"),
        )

    async def add(self, kind: str, name: str, values: Mapping[str, Any]) -> Connection:
        """Keep a connection and look at it once; it is kept also when nobody answers, and its state says so.

        Raises `Invalid` for values that do not fit, `Conflict` for a name that is taken.
        """
        made = Connection(
            id=ids.new("conn"), name=self._free_name(name), kind=kind, settings={}, created_at=time.time()
        )
        return await self._keep(made, values)

    async def change(self, id_or_name: str, name: str | None = None, **values: Any) -> Connection:
        """Change settings or secrets, or sign in with a password; what is not given stays."""
        connection = await self.get(id_or_name)
        if name is not None and name.strip() != connection.name:
            connection = connection.model_copy(update={"name": self._free_name(name)})
        return await self._keep(connection, {**await self.values(connection.id), **values})

    async def remove(self, id_or_name: str) -> None:
        """Forget a connection, its secrets and its grant."""
        connection = await self.get(id_or_name)
        place = self._place(connection)
        self._all.pop(connection.id)
        await self._notes.write([*self._all.values()])
        self._values.pop(connection.id, None)
        for secret in kinds.get(connection.kind).secret_names() if place else []:
            await asyncio.to_thread(self._secrets.delete, _secret(connection.id, secret))
        if place and place not in [self._place(each) for each in self._all.values()]:
            self.egress.revoke_host(*place)
        self._events.publish(ConnectionsChanged(connection.id))

    async def values(self, id_or_name: str) -> dict[str, Any]:
        """The settings with their secrets, for whoever connects."""
        connection = await self.get(id_or_name)
        if connection.id not in self._values:
            names = self.kind(connection).secret_names()
            kept = [await asyncio.to_thread(self._secrets.get, _secret(connection.id, name)) for name in names]
            secrets = {name: secret or "" for name, secret in zip(names, kept, strict=True)}
            self._values[connection.id] = {**connection.settings, **secrets}
        return dict(self._values[connection.id])

    async def judged(self, id_or_name: str, purpose: str = "data") -> dict[str, Any]:
        """`values`, after the address was judged: it is refused while the studio stays offline."""
        connection = await self.get(id_or_name)
        values = await self.values(connection.id)
        await self.egress.judge_host(*self.kind(connection).address(values), purpose=purpose)
        return values

    async def at(self, url: str) -> Connection | None:
        """The connection with that address (`mysql://user@host:3306`), if there is one."""
        for each in self._all.values():
            if url.startswith(f"{each.kind}://") and self.kind(each).url(each.settings) == url:
                return each
        return None

    async def check(self, id_or_name: str) -> Connection:
        """Ask it now. What goes wrong is in the state, not raised."""
        try:
            await self.branches(id_or_name)
        except StudioError:
            pass
        return await self.get(id_or_name)

    async def branches(self, id_or_name: str, path: tuple[str, ...] = ()) -> Branches:
        """What is below a path of a connection. Raises what keeps it from being seen; the state says it too."""
        connection = await self.get(id_or_name)
        try:
            values = await self.judged(connection.id)
            found = await asyncio.to_thread(self.kind(connection).branches, values, tuple(path))
        except StudioError as error:
            self.note(connection.id, error)
            raise
        self.note(connection.id, None)
        return found

    def note(self, connection_id: str, problem: StudioError | None) -> None:
        """Remember how the last try went."""
        before = self._all.get(connection_id)
        if before is None:
            return
        state: State = "reachable" if problem is None else "sign_in" if isinstance(problem, SignIn) else "unreachable"
        reason = problem.whole() if problem else None
        after = before.model_copy(update={"state": state, "reason": reason, "checked_at": time.time()})
        self._all[connection_id] = after
        if (before.state, before.reason) != (state, reason):
            self._events.publish(ConnectionsChanged(connection_id))

    def kind(self, connection: Connection) -> ConnectionKind:
        return kinds.get(connection.kind)

    async def _keep(self, connection: Connection, values: Mapping[str, Any]) -> Connection:
        kind = kinds.get(connection.kind)
        checked = check(kind.params, dict(values)).model_dump()
        kind.address(checked)
        secrets = kind.secret_names()
        for name in secrets:
            await asyncio.to_thread(self._secrets.set, _secret(connection.id, name), str(checked[name]))
        kept = connection.model_copy(
            update={"settings": {name: value for name, value in checked.items() if name not in secrets}}
        )
        kept_all = {**self._all, kept.id: kept}
        await self._notes.write(list(kept_all.values()))
        self._all, self._values[kept.id] = kept_all, checked
        self._grant(kept)
        self._events.publish(ConnectionsChanged(kept.id))
        return await self.check(kept.id)

    def _grant(self, connection: Connection) -> None:
        place = self._place(connection)
        if place:
            self.egress.grant_host(*place)

    def _place(self, connection: Connection) -> tuple[str, int] | None:
        """Host and port; None for a connection of a plug-in that is not there any more, or whose settings it cannot read."""
        try:
            return self.kind(connection).address(connection.settings)
        except (StudioError, KeyError, ValueError):
            return None

    def _free_name(self, name: str) -> str:
        name = name.strip()
        if not name or len(name) > 100 or not name.isprintable() or set(name) & set("/@"):
            raise BadParameter(
                Text(f"“{name[:60]}” cannot be the name of a connection.", f"“{name[:60]}”不能用作连接名称。"),
                Text("Use up to 100 visible characters without / and @.", "请使用不超过 100 个可见字符，不含 / 和 @。"),
            )
        if any(name.lower() == each.name.lower() for each in self._all.values()):
            raise Conflict(
                Text(f"There is a connection “{name}” already.", f"已有名为“{name}”的连接。"),
                Text("Choose another name.", "请换一个名称。"),
            )
        return name


def _secret(connection_id: str, name: str) -> str:
    return f"connection/{connection_id}/{name}"
