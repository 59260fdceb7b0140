"""The datasets of the project: registered by address, never copied, checked when they are opened."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.datasets import pasted, stream
from studio.engine.datasets.browsing import Browsing
from studio.engine.datasets.content import Contents
from studio.engine.datasets.dataset import Column, ColumnProfile, Dataset, DatasetsChanged, columns_of
from studio.engine.datasets.exporting import Ranges, export
from studio.engine.datasets.format import formats
from studio.engine.datasets.glimpse import Glimpse, glimpse
from studio.engine.datasets.history import History
from studio.engine.datasets.opened import Opened
from studio.engine.datasets.purge import purge
from studio.engine.datasets.records import Records, proper_name
from studio.engine.datasets.source import Broken, Source
from studio.engine.datasets.tables import failed
from studio.engine.datasets.version import Version, version_address
from studio.engine.datasets.view import Filter, View
from studio.engine.errors import BadParameter, StudioError
from studio.engine.events import Events
from studio.engine.jobs import Jobs, JobState
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.settings import Settings
from studio.engine.text import Text, listed

log = logging.getLogger(__name__)
Order = tuple[str, bool] | Sequence[tuple[str, bool]] | None  # (column, descending), or several
CHANGEABLE = frozenset({"name", "description", "tags", "owner", "path", "options", "status", "columns"})

Files = list[Path]
Names = list[str]
AllVersions = list[Version]


class Datasets:
    """Every dataset by id or name. What cannot be read stays listed, with a status that says why and what to do."""

    def __init__(
        self, catalog: Catalog, objects: Objects, events: Events, paths: Paths, settings: Settings, jobs: Jobs
    ) -> None:
        self._records = Records(catalog)
        self._events = events
        self._settings = settings
        self._paths = paths
        self._contents = Contents(objects, paths, jobs)
        self._opened = Opened(self._records, self._contents, jobs, events)
        self._tables = self._opened.tables
        self._catalog, self._jobs = catalog, jobs
        self._purging: asyncio.Task[Any] | None = None
        self.browsing = Browsing(paths, settings, jobs)
        self.history = History(
            catalog,
            paths,
            settings,
            self._records,
            self._contents,
            self._tables,
            self.browsing.pages,
            self._opened.save,
        )
        self._opened.noticed = self.history.noticed

    async def start(self) -> None:
        self._purging = asyncio.create_task(purge(self._catalog, self._paths), name="purge datasets")
        self._purging.add_done_callback(_tell_failure)

    async def close(self) -> None:
        if self._purging is not None:
            self._purging.cancel()
            await asyncio.gather(self._purging, return_exceptions=True)
        await self._opened.close()
        await self.history.close()
        await self.browsing.close()

    def plugin_failures(self) -> list[PluginFailure]:
        return formats.failures

    async def list(
        self, q: str = "", status: str | None = None, tags: Sequence[str] = (), format: str | None = None
    ) -> list[Dataset]:
        """What is registered, oldest first. `q` is looked for in names, descriptions, tags and columns."""
        found = await self._records.all()
        return [
            dataset
            for dataset in found
            if (status is None or dataset.status == status)
            and (format is None or dataset.format == format)
            and set(tags) <= set(dataset.tags)
            and (not q or q.lower() in self._records.words(dataset))
        ]

    async def known(self, id_or_name: str) -> Dataset:
        """A dataset as it was seen last, without looking at its files. Raises `NotFound`."""
        return await self._records.get(id_or_name)

    async def get(self, id_or_name: str, *, version: int | None = None) -> Dataset:
        """A dataset as it is now: its files are looked at, and read anew when they changed. Raises `NotFound`.

        With `version` as it was then. All that reads rows takes `ds-001@3` as the id of a version.
        """
        name, number = await self._addressed(id_or_name)
        if version is not None or number is not None:
            return await self.history.dataset(name, version if version is not None else number or 0)
        return await self._opened.current(id_or_name)

    async def register(
        self, path: str | Path, name: str | None = None, *, dataset_id: str | None = None, description: str = "",
        format: str | None = None, tags: Sequence[str] = (), origin: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Dataset:  # fmt: skip
        """Register a file, a folder of files or an s3:// address where it lies; nothing is copied or changed.

        An s3:// address that cannot be reached or read is registered all the same, and its status says so. A local file
        or one on the web, which is brought to the cache, raises `BadParameter`, `Unavailable` or `Broken` instead. A name that is taken is a `Conflict`; without one, the file's is used.
        What takes long is read in the background; until then there are first rows and no row count. `options` are those
        of its format, for what the studio should not find out by itself.
        `origin` says what made it, as plain data: it stays in the statistics (`{"kind": "query", "sql": …, "datasets": […]}`).
        """
        place = self._contents.place(path)
        if place.kind == "local" and not await asyncio.to_thread(Path(place.base).exists):
            raise BadParameter(
                Text(f"There is nothing at “{place.base}”.", f"“{place.base}”不存在。"),
                Text("Check the path.", "请检查路径。"),
            )
        await self._contents.prepare(place)
        now = time.time()
        dataset = Dataset(
            id=dataset_id or ids.new("ds"), name=await self._records.free_name(name, place.name), description=description,
            storage_type=place.kind, storage_path=place.address, format=format or "", tags=list(tags),
            statistics={"origin": dict(origin or {}), "options": dict(options or {})}, created_at=now, updated_at=now,
        )  # fmt: skip
        source = None
        try:
            dataset, source = await self._tables.read(dataset)
        except StudioError as error:
            if place.kind in ("local", "web") or isinstance(error, BadParameter):
                raise
            dataset = failed(dataset, error)
        try:
            await self._records.add(dataset)
        except BaseException:
            await self._tables.leave(dataset.id)
            raise
        await self.history.noticed(dataset.model_copy(update={"fingerprint": ""}), dataset, source)
        if dataset.statistics.get("reading"):
            self._opened.look_later(dataset.id)  # it may be over before the catalog knew of it
        self._events.publish(DatasetsChanged(dataset.id))
        return dataset

    async def update(self, id_or_name: str, **fields: Any) -> Dataset:
        """Change name, description, tags, columns' descriptions, or `path` after a move. `BadParameter` names others."""
        fields = {"path" if name == "storage_path" else name: value for name, value in fields.items()}
        unknown = set(fields) - CHANGEABLE
        if unknown:
            word = ", ".join(sorted(unknown))
            raise BadParameter(Text(f"A dataset's {word} cannot be changed.", f"数据集的 {word} 不能修改。"))
        dataset = await self._records.get(id_or_name)
        same = ("description", "tags", "owner", "status")
        changes: dict[str, Any] = {key: fields[key] for key in same if key in fields}
        if "name" in fields:
            changes["name"] = proper_name(str(fields["name"]))
        if "columns" in fields:
            words = {column.name: column.description for column in map(Column.model_validate, fields["columns"])}
            changes["columns"] = [
                column.model_copy(update={"description": words.get(column.name, column.description)})
                for column in dataset.columns
            ]
        dataset = Dataset.model_validate({**dataset.model_dump(), **changes, "updated_at": time.time()})
        if "path" in fields or "options" in fields:
            place = self._contents.moved(dataset, fields.get("path", dataset.storage_path))
            options = dict(fields.get("options", dataset.options))
            moved = {
                "storage_path": place.address, "storage_type": place.kind,
                "statistics": {**dataset.statistics, "options": options},
            }  # fmt: skip
            before = dataset
            dataset, source = await self._tables.read(dataset.model_copy(update=moved), accept=True)
            await self.history.noticed(before, dataset, source)
        await self._opened.save(dataset)
        return dataset

    async def delete(self, id_or_name: str) -> None:
        """Put it in the trash; the files stay as they are."""
        dataset = await self._records.get(id_or_name)
        await self._records.trash(dataset.id)
        self._opened.glances.forget()
        await self._tables.leave(dataset.id)
        self._events.publish(DatasetsChanged(dataset.id))

    async def restore(self, dataset_id: str) -> Dataset:
        """Bring it back from the trash; `Conflict` when its name is taken by now."""
        dataset = await self._records.get(dataset_id, trashed=True)
        await self._records.restore(dataset)
        self._events.publish(DatasetsChanged(dataset.id))
        return dataset

    async def refresh(self, id_or_name: str) -> Dataset:
        """Look at the files again and accept what they are now. Never raises for them: the status says what is wrong."""
        return await self._opened.current(id_or_name, accept=True)

    async def look_again(self, id_or_name: str) -> None:
        """Its files are about to change: whoever asks next looks at them, however short ago that was done."""
        self._tables.close((await self._records.get(id_or_name)).id)

    async def source(self, id_or_name: str) -> Source:
        """The open table, whole: waits for a reading in the background, and begins one anew that was stopped.

        Raises what keeps it from being read: `Unavailable` or `Broken`, each with the way out.
        """
        name, number = await self._addressed(id_or_name)
        if number is not None:
            return await self.history.source(name, number)
        return await self._opened.whole(await self._records.get(id_or_name))

    async def glimpse(self, path: str | Path, *, format: str = "", options: Mapping[str, Any] | None = None) -> Glimpse:
        """What would be registered: format, tables to choose from, first rows, what may be decided. Nothing is kept."""
        return await glimpse(self._contents, self._tables, path, format, options or {})

    async def paste(self, text: str, html: str = "", name: str | None = None) -> Dataset:
        """Keep the table that a clipboard holds as a file of the project's own, and register it. `BadParameter` without one."""
        rows = await asyncio.to_thread(pasted.rows_of, text, html)
        if not rows:
            raise pasted.no_table()
        path = await asyncio.to_thread(pasted.keep, rows, self._paths.data / "pasted")
        return await self.register(path, name, origin={"kind": "clipboard"})

    async def tables(self, path: str | Path) -> Names:
        """The tables that a file holds, to choose from; none where the file itself is the table, or one is named already."""
        return await self._contents.tables(self._contents.place(path))

    async def page(
        self, id_or_name: str, offset: int, limit: int, *, columns: Sequence[str] | None = None,
        order: Order = None, where: str | None = None, filters: Sequence[Filter] = (),
    ) -> Any:  # fmt: skip
        """Rows `offset` to `offset + limit` as a pyarrow Table, of any of millions of rows.

        `order` is (column, descending), or several of them; `where` is a condition in SQL, run on the locked connection;
        `filters` are conditions as plain data, which are quicker. The first rows of an order come at once, the others when
        it is known (seconds for millions of rows). While a file is read in the background its first rows are there at once,
        and all else waits for it.
        """
        view = _view(order, where, filters)
        glance = self._opened.glances.get(id_or_name)
        if glance is not None:
            _known(glance, [*(columns or ()), *view.columns])
            with suppress(Broken):  # gone or damaged within the last second: looking again says what it is
                return await self.browsing.page(glance, view, offset, limit, columns, id_or_name)
        source = await (self._first_rows(id_or_name, offset + limit) if view.plain else self.source(id_or_name))
        self._opened.glances.keep(id_or_name, source)
        _known(source, [*(columns or ()), *view.columns])
        return await self.browsing.page(source, view, offset, limit, columns, id_or_name)

    async def count(self, id_or_name: str, where: str | None = None, *, filters: Sequence[Filter] = ()) -> int:
        """How many rows there are, or how many the conditions hold for."""
        source = await self.source(id_or_name)
        view = _view(None, where, filters)
        _known(source, view.columns)
        return await self.browsing.count(source, view)

    async def profile(
        self, id_or_name: str, sample: int = 200_000, *, columns: Sequence[str] | None = None
    ) -> dict[str, ColumnProfile]:
        """What is in each column. Longer tables are profiled from `sample` rows drawn at random, and say so."""
        source = await self.source(id_or_name)
        _known(source, columns or ())
        return await self.browsing.profile(source, _chosen_columns(source, columns), sample)

    async def profile_all(self, id_or_name: str, *, columns: Sequence[str] | None = None) -> JobState:
        """Profile all rows, as a job with progress whose result is as of `profile`; wait for it with `jobs.wait`."""
        source = await self.source(id_or_name)
        _known(source, columns or ())
        return await self.browsing.profile_all(source, _chosen_columns(source, columns), id_or_name)

    async def export(
        self, id_or_name: str, path: str | Path, format: str = "csv", *, columns: Sequence[str] | None = None,
        order: Order = None, where: str | None = None, filters: Sequence[Filter] = (), ranges: Ranges = (),
    ) -> JobState:  # fmt: skip
        """Write rows to a file as csv, parquet, arrow, jsonl or excel: a job whose result is their number.

        `ranges` are (first, last) rows of what `order`, `where` and `filters` show, all of it without them. The file is
        written aside and appears whole or not at all. `BadParameter` when a sheet cannot hold so many rows.
        """
        source, view = await self.source(id_or_name), _view(order, where, filters)
        _known(source, [*(columns or ()), *view.columns])
        return await export(self.browsing, self._jobs, source, view, Path(path), format, columns, ranges)

    async def batches(
        self, id_or_name: str, columns: Sequence[str] | None = None, where: str | None = None, size: int = 65_536
    ) -> AsyncGenerator[Any, None]:
        """The whole table in pyarrow RecordBatches of about `size` rows, in the file's order, in little memory."""
        source = await self.source(id_or_name)
        _known(source, columns or ())
        plain = not (where or "").strip()
        locked = None if plain else await asyncio.to_thread(self.browsing.lock, source)
        rows = (
            stream.whole(source, columns, size)
            if locked is None
            else stream.filtered(locked, source, columns, where or "", size)
        )
        try:
            interrupt = locked.interrupt if locked is not None else lambda: None
            while (batch := await stream.following(rows, interrupt)) is not None:
                yield batch
        finally:
            await asyncio.to_thread(rows.close)
            if locked is not None:
                await asyncio.to_thread(locked.close)

    async def files(self, id_or_name: str) -> Files:
        """The files it is made of, as they lie there; a remote store's are local copies."""
        return await self._contents.files(await self._records.get(id_or_name))

    async def versions(self, id_or_name: str) -> AllVersions:
        """The contents it had, newest first; see `history` for comparing and going back."""
        return await self.history.versions(id_or_name)

    async def moved_on(self, id_or_name: str, version: int, wait: float = 0.0) -> bool:
        """Whether the content, as it was seen last, is known to be another than that version's. See `history`."""
        return await self.history.moved_on(id_or_name, version, wait)

    async def create_version(
        self, id_or_name: str, path: str | Path | None = None, *, origin: Mapping[str, Any] | None = None
    ) -> Version:
        """What lies at `path` becomes the new version; without one, what lies at its own place now."""
        return await self.history.create(id_or_name, path, origin=origin)

    async def _addressed(self, id_or_name: str) -> tuple[str, int | None]:
        """`ds-001@3` as dataset and number; a dataset whose name looks like that is just itself."""
        name, number = version_address(id_or_name)
        if number is None or await self._records.has(id_or_name):
            return id_or_name, None
        return name, number

    async def _first_rows(self, id_or_name: str, end: int) -> Source:
        """The table, or its first rows when those reach to row `end` and there is no more yet."""
        if (await self._addressed(id_or_name))[1] is not None:
            return await self.source(id_or_name)
        return await self._opened.first_rows(await self._records.get(id_or_name), end)


def _tell_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("the trash was not emptied", exc_info=task.exception())


def _view(order: Order, where: str | None, filters: Sequence[Filter]) -> View:
    several: Any = [order] if order and isinstance(order[0], str) else order or ()
    return View(tuple(filters), where or "", tuple((str(name), bool(down)) for name, down in several))


def _chosen_columns(source: Source, names: Sequence[str] | None) -> list[Column]:
    wanted = source.names if names is None else names
    return [column for column in columns_of(source.schema) if column.name in set(wanted)]


def _known(source: Source, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in source.names]
    if unknown:
        known = listed(source.names)
        raise BadParameter(
            Text(
                f"There is no column “{unknown[0]}”. Columns: {known.en}.",
                f"没有列“{unknown[0]}”，可用的列：{known.zh}。",
            )
        )
