"""Rows that something made, kept as a dataset: in place of what was there, after it, or put in by a key.

Each save is a new file and a new version beside the old ones, registered in one transaction: a kill leaves the dataset as it
was or as it shall be. Whoever saves says with `once` what makes it this very save; the same is not done twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

from studio.engine import ids
from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.locked import Locked
from studio.engine.datasets.reading import quoted
from studio.engine.datasets.records import proper_name, taken
from studio.engine.datasets.service import Datasets
from studio.engine.errors import Invalid
from studio.engine.sql.spool import spool
from studio.engine.sql.visible import Visible
from studio.engine.text import Text

T = TypeVar("T")
Mode = Literal["replace", "append", "upsert"]
RunLocked = Callable[[Visible, Callable[[Locked], Any], float | None], Awaitable[Any]]
PLACE = "__place__"  # a column of ours while rows are put together: where each stood


@dataclass(frozen=True)
class Saved:
    """The dataset as it is now, the version that was made, and how many rows came new or took the place of others."""

    dataset: Dataset
    version: int
    added: int
    updated: int = 0

    @property
    def id(self) -> str:
        return self.dataset.id


class Saving:
    """Saves one after the other for each name, so that two that append both stay."""

    def __init__(self, datasets: Datasets, folder: Path, run: RunLocked) -> None:
        self._datasets = datasets
        self._folder = folder
        self._run = run
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def save(
        self, table: Any, name: str, description: str = "", *, origin: Mapping[str, Any] | None = None,
        mode: Mode = "replace", key: Sequence[str] = (), once: str = "",
    ) -> Saved:  # fmt: skip
        """Raises `Conflict` for the name of a dataset that was registered from elsewhere: its place stays its own; `Invalid`
        for a key that is missing in a row, or a column that does not fit."""
        name = proper_name(name)
        turn = self._turns.setdefault(name.lower(), asyncio.Lock())
        async with turn:
            known = next((each for each in await self._datasets.list() if each.name.lower() == name.lower()), None)
            if known is not None and not known.statistics.get("origin"):
                raise taken(name).fixed_by("edit", "name")
            done = await self._done(known, once) if known is not None and once else None
            return done or await self._save(known, table, name, description, dict(origin or {}), mode, list(key), once)

    async def _done(self, known: Dataset, once: str) -> Saved | None:
        """What the same save made before. What it registered says so itself: a kill may have come before its version's row."""
        first = known.statistics.get("origin") or {}
        if first.get("once") == once:
            return Saved(known, 1, int(first.get("added") or 0), int(first.get("updated") or 0))
        for version in await self._datasets.versions(known.id):
            if version.origin.get("once") == once:
                said = version.origin
                return Saved(known, version.number, int(said.get("added") or 0), int(said.get("updated") or 0))
        return None

    async def _save(
        self, known: Dataset | None, table: Any, name: str, description: str, origin: dict[str, Any], mode: Mode,
        key: list[str], once: str,
    ) -> Saved:  # fmt: skip
        if known is not None and mode != "replace" and not table.num_rows:
            return Saved(known, known.version, 0)
        path = self._folder / f"{ids.new('result')}.parquet"
        try:
            added, updated = await self._write(known, table, mode, key, path)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        origin |= {"mode": mode, "added": added, "updated": updated, **({"once": once} if once else {})}

        async def register() -> Saved:
            if known is None:
                made = await self._datasets.register(path, name, description=description, origin=origin)
                return Saved(made, made.version, added, updated)
            version = await self._datasets.create_version(known.id, path, origin=origin)
            return Saved(await self._datasets.get(known.id), version.number, added, updated)

        return await registered(self._datasets, path, register())

    async def _write(
        self, known: Dataset | None, table: Any, mode: Mode, key: list[str], path: Path
    ) -> tuple[int, int]:
        """Write what the dataset is to hold, and count the rows that are new and those that were there."""
        tables = {"fresh": table}
        if mode == "upsert":
            await asyncio.to_thread(_check_key, table, key)
        if known is not None and mode != "replace":
            source = await self._datasets.source(known.id)
            kept = await asyncio.to_thread(source.dataset)
            tables = {"kept": kept, "fresh": await asyncio.to_thread(_fitted, table, kept.schema)}
            if mode == "upsert":
                _check_columns(kept.schema.names, key, known.name)
        statement = _statement(tables, mode, key)
        if mode == "upsert":
            tables["fresh"] = await asyncio.to_thread(_placed, tables["fresh"])
        seen = Visible(tables)
        spooled = await self._run(seen, lambda locked: spool(locked, statement, (), path), None)
        if mode != "upsert":
            return int(table.num_rows), 0
        there = int(tables["kept"].count_rows()) if "kept" in tables else 0
        matched = 0
        if there:
            count = partial(Locked.query, sql=_matched(key), parameters=(), limit=1)
            found, _ = await self._run(seen, count, None)
            matched = int(found.column(0)[0].as_py())
        return int(spooled.rows) - there, matched


async def registered(datasets: Datasets, path: Path, work: Coroutine[Any, Any, T]) -> T:
    """Register a file that was written, to the end also when whoever asked is cancelled meanwhile: it is removed only where
    nothing shows it."""

    async def to_the_end() -> T:
        try:
            return await work
        except Exception:
            if all(each.storage_path != str(path) for each in await datasets.list()):
                await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    registering = asyncio.ensure_future(to_the_end())
    try:
        return await asyncio.shield(registering)
    except asyncio.CancelledError:
        await asyncio.wait([registering])
        registering.cancelled() or registering.exception()
        raise


def _statement(tables: Mapping[str, Any], mode: Mode, key: list[str]) -> str:
    if mode == "upsert":
        return _upsert(list(tables["kept"].schema.names) if "kept" in tables else [], tables["fresh"].schema.names, key)
    if "kept" in tables:
        return "SELECT * FROM kept UNION ALL BY NAME SELECT * FROM fresh"
    return "SELECT * FROM fresh"


def _upsert(kept: list[str], fresh: list[str], key: list[str]) -> str:
    """The rows as they were, with what comes in its place; new ones after them. Of new rows with one key the last counts, and a
    column that they do not have keeps its values."""
    keys = ", ".join(map(quoted, key))
    last = f"SELECT * FROM fresh QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {PLACE} DESC) = 1"
    if not kept:
        return f"SELECT * EXCLUDE ({PLACE}) FROM ({last}) ORDER BY {PLACE}"
    columns = [_column(name, kept, fresh, key) for name in dict.fromkeys([*kept, *fresh])]
    matched = " AND ".join(f"k.{quoted(name)} = f.{quoted(name)}" for name in key)
    return (
        f"WITH k AS (SELECT *, row_number() OVER () AS {PLACE} FROM kept), f AS ({last}) "
        f"SELECT {', '.join(columns)} FROM k FULL JOIN f ON {matched} ORDER BY k.{PLACE} NULLS LAST, f.{PLACE}"
    )


def _column(name: str, kept: list[str], fresh: list[str], key: list[str]) -> str:
    column = quoted(name)
    if name in key:
        return f"coalesce(k.{column}, f.{column}) AS {column}"
    if name not in kept:
        return f"f.{column} AS {column}"
    if name not in fresh:
        return f"k.{column} AS {column}"
    return f"CASE WHEN f.{PLACE} IS NULL THEN k.{column} ELSE f.{column} END AS {column}"


def _matched(key: list[str]) -> str:
    keys = ", ".join(map(quoted, key))
    return f"SELECT count(*) FROM kept WHERE ({keys}) IN (SELECT ({keys}) FROM fresh)"


def _check_key(table: Any, key: list[str]) -> None:
    if not key:
        raise Invalid(
            Text("Rows that are put in by a key need one.", "按键更新需要指定键列。"),
            Text("Name the columns of the key.", "请填写键列。"),
        ).fixed_by("edit", "key")
    _check_columns(table.column_names, key, "rows")
    for name in key:
        if table.column(name).null_count:
            raise Invalid(
                Text(f"A row has nothing in “{name}”, which is a part of the key.", f"有一行的键列“{name}”为空。"),
                Text("Filter such rows out, or take another key.", "请先筛除这些行，或更换键列。"),
            ).fixed_by("edit", "key")


def _check_columns(columns: Sequence[str], key: list[str], where: str) -> None:
    missing = [name for name in key if name not in columns]
    if missing:
        known = ", ".join(columns)
        raise Invalid(
            Text(f"“{where}” has no column “{missing[0]}”. Columns: {known}.", f"“{where}”没有列“{missing[0]}”，可用的列：{known}。")
        ).fixed_by("edit", "key")  # fmt: skip


def _fitted(table: Any, schema: Any) -> Any:
    """The rows with the types that the dataset's columns have; a column that cannot be one is named. Blocks."""
    import pyarrow

    for place, name in enumerate(table.column_names):
        wanted = schema.field(name).type if name in schema.names else None
        if wanted is None or wanted == table.schema.field(place).type or pyarrow.types.is_null(wanted):
            continue
        try:
            table = table.set_column(place, name, table.column(place).cast(wanted))
        except pyarrow.ArrowException as error:
            raise Invalid(
                Text(f"“{name}” holds {wanted} there, and these rows bring other values: {error}.", f"“{name}”列的类型为 {wanted}，新数据不符：{error}。"),
                Text("Convert the column first, or replace the whole dataset.", "请先转换该列，或改为整体替换。"),
            ).fixed_by("edit", "mode") from error  # fmt: skip
    return table


def _placed(table: Any) -> Any:
    import pyarrow

    return table.append_column(PLACE, pyarrow.array(range(table.num_rows), pyarrow.int64()))
