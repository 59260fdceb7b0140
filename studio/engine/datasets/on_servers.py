"""Tables of database servers. What is read is a copy in our cache, taken when a person asks, and it says of when it is.

A server answers for row 20,000,000 of a table only by counting to it, and gives other rows at the next call: pages, filters
and joins of a moving table would be slow and wrong. So its rows are copied once, in one transaction, and shown with the
time of the copy; “Refresh” takes a new one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from studio.engine.connections.connection import sign_in
from studio.engine.connections.database import ATTACHED, DatabaseKind, Server
from studio.engine.connections.service import Connections
from studio.engine.datasets.places import PORTS, Place
from studio.engine.datasets.reading import literal, quoted
from studio.engine.datasets.source import Source, open_parquet
from studio.engine.datasets.watch import Watch
from studio.engine.errors import BadParameter, DiskFull, StudioError
from studio.engine.files import write_json
from studio.engine.text import Text

FIRST_ROWS = 1000
QUICK_ROWS, QUICK_BYTES = 20_000, 4 << 20  # up to here the copy is made at once
AS_TEXT = (
    "INTERVAL",
    "UUID",
    "BIT",
    "TIME WITH TIME ZONE",
    "HUGEINT",
    "UHUGEINT",
)  # Parquet or Arrow would change them
Note = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """One copy of a table, taken or to be taken; the three functions block."""

    mark: str
    size: int | None
    open: Callable[[Watch], Source]
    slow: Callable[[], bool]
    preview: Callable[[], Source | None]


class OnServers:
    """Finds, takes and keeps the copies. Which one a table has stands in a small file beside them."""

    def __init__(self, connections: Connections, cache: Path) -> None:
        self._connections = connections
        self._cache = cache

    async def remember(self, place: Place) -> None:
        """Make a connection of a server that is not known yet, and keep a password that came with the address."""
        if not place.table:
            raise BadParameter(
                Text("The address names no table.", "地址中没有指定表。"),
                Text(
                    "Add it, as in mysql://user@host/database/table.", "请补充表名，例如 mysql://用户@主机/数据库/表。"
                ),
            )
        parts = urlsplit(place.base)
        known = await self._connections.at(_server_url(place))
        if known is None:
            values = {
                "host": parts.hostname, "port": parts.port or PORTS[place.kind], "user": unquote(parts.username or ""),
                "password": place.password or "",
            }  # fmt: skip
            await self._connections.add(place.kind, await self._free_name(place), values)
        elif place.password:
            await self._connections.change(known.id, password=place.password)

    async def look(self, place: Place, *, anew: bool = False) -> Found:
        """The copy there is; with `anew`, or without one, the server is asked, and a new one is taken when it is opened."""
        note_file = self._cache / "servers" / f"{hashlib.sha256(place.address.encode()).hexdigest()[:32]}.json"
        note = await asyncio.to_thread(_read, note_file)
        ready = bool(note) and self._ready(note["mark"])
        kind, server = await self._server(place, ask=anew or not ready)
        if anew or not note:
            rows, size = await self._estimate(kind, server, place)
            taken = not note or ready  # a copy that is being taken is new enough
            note = {"mark": _mark(place) if taken else note["mark"], "rows": rows, "size": size}
            await asyncio.to_thread(write_json, note_file, note)
        return self._found(note, kind, server, place)

    def _found(self, note: Note, kind: DatabaseKind, server: Server, place: Place) -> Found:
        folder = self._cache / str(note["mark"])
        mark, rows = str(note["mark"]), note["rows"]
        whole = folder / "table.parquet"
        return Found(
            mark, whole.stat().st_size if self._ready(mark) else note["size"],
            partial(_open, kind, server, place, folder, mark, note["size"]),
            lambda: not self._ready(mark) and _is_long(rows, note["size"]),
            partial(_preview, kind, server, place, folder, mark),
        )  # fmt: skip

    def _ready(self, mark: str) -> bool:
        return (self._cache / mark / "ready.json").exists()

    async def _server(self, place: Place, *, ask: bool) -> tuple[DatabaseKind, Server]:
        """Who answers for an address. `ask` judges the way there, as it is about to be gone."""
        connection = await self._connections.at(_server_url(place))
        if connection is None:
            raise sign_in(urlsplit(place.base).netloc)
        kind = self._connections.kind(connection)
        assert isinstance(kind, DatabaseKind)
        values = await (self._connections.judged if ask else self._connections.values)(connection.id)
        return kind, kind.server(values, _database(place))

    async def _estimate(self, kind: DatabaseKind, server: Server, place: Place) -> tuple[int | None, int | None]:
        """What the server believes of the table; how it went is noted at the connection."""
        connection = await self._connections.at(_server_url(place))
        problem: StudioError | None = None
        try:
            return await asyncio.to_thread(_estimate, kind, server, place)
        except StudioError as error:
            problem = error
            raise
        finally:
            if connection is not None:
                self._connections.note(connection.id, problem)

    async def _free_name(self, place: Place) -> str:
        host = urlsplit(place.base).hostname or ""
        taken = {each.name.lower() for each in await self._connections.list()}
        names = (host if number == 1 else f"{host} {number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name.lower() not in taken)


def _open(
    kind: DatabaseKind, server: Server, place: Place, folder: Path, mark: str, size: int | None, watch: Watch
) -> Source:
    """Take the copy if it is not there. Raises `SignIn` or `Unavailable`; half a copy is never shown."""
    target, note = folder / "table.parquet", folder / "ready.json"
    if not note.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if size and shutil.disk_usage(folder).free < size:
            raise DiskFull(place.table)
        part = folder / "table.part"
        try:
            taken = _copy(kind, server, place, part, watch)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        part.replace(target)
        write_json(note, taken)
    return replace(open_parquet([target], json.loads(note.read_text())), fingerprint=mark)


def _copy(kind: DatabaseKind, server: Server, place: Place, part: Path, watch: Watch) -> Note:
    began = time.time()
    with kind.attached(server) as database:
        rows = _select(database, kind, server, place)
        with watch.over(database):
            database.execute(f"COPY ({rows}) TO {literal(part)} (FORMAT parquet, ROW_GROUP_SIZE 122880)")
    return {"taken_at": began, "server": server.place, "files": 1}


def _preview(kind: DatabaseKind, server: Server, place: Place, folder: Path, mark: str) -> Source | None:
    """The first rows as the server gives them."""
    first = folder / "first.parquet"
    if not first.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "first.part"
        with kind.attached(server) as database:
            rows = f"{_select(database, kind, server, place)} LIMIT {FIRST_ROWS}"
            database.execute(f"COPY ({rows}) TO {literal(part)} (FORMAT parquet)")
        part.replace(first)
    return replace(open_parquet([first], {"server": server.place}), fingerprint=f"{mark}~", preview=True)


def _select(database: Any, kind: DatabaseKind, server: Server, place: Place) -> str:
    """A query for all rows with every value exact: what Parquet cannot say, or DuckDB would round, comes as text."""
    schema, table = _names(kind, server, place)
    relation = f"{ATTACHED}.{quoted(schema)}.{quoted(table)}"
    columns = database.execute(f"DESCRIBE {relation}").fetchall()
    rounded = set(kind.rounded(database, schema, table))
    if rounded:
        relation = kind.as_text(schema, table, [str(name) for name, *_ in columns], rounded)
    chosen = [
        f"{quoted(name)}::VARCHAR AS {quoted(name)}" if type.startswith(("ENUM", *AS_TEXT)) else quoted(name)
        for name, type, *_ in columns
    ]
    return f"SELECT {', '.join(chosen)} FROM {relation}"


def _estimate(kind: DatabaseKind, server: Server, place: Place) -> tuple[int | None, int | None]:
    with kind.attached(server) as database:
        schema, table = _names(kind, server, place)
        database.execute(f"DESCRIBE {ATTACHED}.{quoted(schema)}.{quoted(table)}")
        return kind.estimate(database, schema, table)


def _is_long(rows: int | None, size: int | None) -> bool:
    """Whether a copy takes longer than a person waits; what a server knows nothing of, a view, does."""
    return rows > QUICK_ROWS if rows is not None else size is None or size > QUICK_BYTES


def _mark(place: Place) -> str:
    return hashlib.sha256(f"{place.address} {time.time_ns()}".encode()).hexdigest()[:32]


def _names(kind: DatabaseKind, server: Server, place: Place) -> tuple[str, str]:
    return kind.relation(server.database, place.address.rpartition("/")[2])


def _database(place: Place) -> str:
    return unquote(urlsplit(place.base).path.strip("/"))


def _server_url(place: Place) -> str:
    """The address as a connection says it, whatever way a person wrote the user's name."""
    parts = urlsplit(place.base)
    user, _, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{quote(unquote(user), safe='')}@{host}"


def _read(file: Path) -> Note:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError):
        return {}
