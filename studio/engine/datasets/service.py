"""The datasets of the project: registered by address, never copied, checked when they are opened."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.datasets import opening, profile
from studio.engine.datasets.dataset import Column, ColumnProfile, Dataset, DatasetsChanged, columns_of
from studio.engine.datasets.format import Format, formats
from studio.engine.datasets.locked import Locked, guarded
from studio.engine.datasets.pages import Pages, condition, readable
from studio.engine.datasets.reading import chosen
from studio.engine.datasets.records import Records, proper_name, taken
from studio.engine.datasets.source import Broken, Source
from studio.engine.errors import BadParameter, DiskFull, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)
LOOK_AGAIN = 5.0  # seconds until an object store is asked anew
CHANGEABLE = frozenset({"name", "description", "tags", "path", "status", "columns"})

Files = list[Path]


class Datasets:
    """Every dataset by id or name. What cannot be read stays listed, with a status that says why and what to do."""

    def __init__(self, catalog: Catalog, objects: Objects, events: Events, paths: Paths, settings: Settings) -> None:
        self._records = Records(catalog)
        self._objects = objects
        self._events = events
        self._paths = paths
        self._settings = settings
        self._sources: dict[str, Source] = {}
        self._seen: dict[str, float] = {}  # when a dataset's files were looked at
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pages = Pages()

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        await asyncio.to_thread(self._pages.close)

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
            and q.lower() in _words(dataset)
        ]

    async def get(self, id_or_name: str) -> Dataset:
        """A dataset as it is now: its files are looked at, and read anew when they changed. Raises `NotFound`."""
        dataset = await self._records.get(id_or_name)
        with suppress(StudioError):
            dataset, _ = await self._opened(dataset)
            return dataset
        return await self._records.get(dataset.id)

    async def register(
        self, path: str | Path, name: str | None = None, *, dataset_id: str | None = None, description: str = "",
        format: str | None = None, tags: Sequence[str] = (),
    ) -> Dataset:  # fmt: skip
        """Register a file, a folder of files or an s3:// address where it lies; nothing is copied or changed.

        An s3:// address that cannot be reached or read is registered all the same, and its status says so. A local file
        raises `BadParameter`, `Unavailable` or `Broken` instead. A name that is taken is a `Conflict`; without one, the file's is used.
        """
        address, remote = self._address(path)
        if not remote and not await asyncio.to_thread(Path(address).exists):
            raise BadParameter(
                Text(f"There is nothing at “{address}”.", f"“{address}”不存在。"),
                Text("Check the path.", "请检查路径。"),
            )
        now = time.time()
        dataset = Dataset(
            id=dataset_id or ids.new("ds"), name=await self._name(name, address), description=description,
            storage_type="s3" if remote else "local", storage_path=address, format=format or "", tags=list(tags),
            created_at=now, updated_at=now,
        )  # fmt: skip
        try:
            dataset, source = await self._read(dataset)
            self._sources[dataset.id] = source
        except StudioError as error:
            if not remote or isinstance(error, BadParameter):
                raise
            dataset = _failed(dataset, error)
        await self._records.add(dataset)
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
        changes: dict[str, Any] = {key: fields[key] for key in ("description", "tags", "status") if key in fields}
        if "name" in fields:
            changes["name"] = proper_name(str(fields["name"]))
        if "columns" in fields:
            words = {column.name: column.description for column in map(Column.model_validate, fields["columns"])}
            changes["columns"] = [
                column.model_copy(update={"description": words.get(column.name, column.description)})
                for column in dataset.columns
            ]
        dataset = Dataset.model_validate({**dataset.model_dump(), **changes, "updated_at": time.time()})
        if "path" in fields:
            address, remote = self._address(fields["path"])
            moved = dataset.model_copy(update={"storage_path": address, "storage_type": "s3" if remote else "local"})
            dataset, self._sources[dataset.id] = await self._read(moved, accept=True)
        await self._save(dataset)
        return dataset

    async def delete(self, id_or_name: str) -> None:
        """Put it in the trash; the files stay as they are."""
        dataset = await self._records.get(id_or_name)
        await self._records.trash(dataset.id)
        self._sources.pop(dataset.id, None)
        self._events.publish(DatasetsChanged(dataset.id))

    async def restore(self, dataset_id: str) -> Dataset:
        """Bring it back from the trash; `Conflict` when its name is taken by now."""
        dataset = await self._records.get(dataset_id, trashed=True)
        await self._records.restore(dataset)
        self._events.publish(DatasetsChanged(dataset.id))
        return dataset

    async def refresh(self, id_or_name: str) -> Dataset:
        """Look at the files again and accept what they are now. Never raises for them: the status says what is wrong."""
        dataset = await self._records.get(id_or_name)
        with suppress(StudioError):
            dataset, _ = await self._opened(dataset, accept=True)
            return dataset
        return await self._records.get(dataset.id)

    async def source(self, id_or_name: str) -> Source:
        """The open table. Raises what keeps it from being read: `Unavailable` or `Broken`, each with the way out."""
        _, source = await self._opened(await self._records.get(id_or_name))
        return source

    async def page(
        self, id_or_name: str, offset: int, limit: int, *, columns: Sequence[str] | None = None,
        order: tuple[str, bool] | None = None, where: str | None = None,
    ) -> Any:  # fmt: skip
        """Rows `offset` to `offset + limit` as a pyarrow Table, of any of millions of rows.

        `order` is (column, descending); `where` is a condition in SQL, run on the locked connection. The first page of an
        order or a filter finds its row numbers (seconds for millions of rows); all others are quick.
        """
        source = await self.source(id_or_name)
        _known(source, [*(columns or ()), *([order[0]] if order else [])])
        if not order and not (where or "").strip():
            return await asyncio.to_thread(self._pages.window, source, offset, limit, columns)
        numbers = await self._numbers(source, where or "", order)
        return await asyncio.to_thread(self._pages.rows, source, numbers[offset : offset + limit], columns)

    async def count(self, id_or_name: str, where: str | None = None) -> int:
        """How many rows there are, or how many a condition holds for."""
        source = await self.source(id_or_name)
        if not (where or "").strip():
            return source.row_count
        return len(await self._numbers(source, where or "", None))

    async def profile(self, id_or_name: str, sample: int = 200_000) -> dict[str, ColumnProfile]:
        """What is in each column. Longer tables are profiled from `sample` rows drawn at random, and say so."""
        source = await self.source(id_or_name)
        with readable(source.files[0]):
            return await asyncio.to_thread(profile.profile, source, columns_of(source.schema), sample)

    async def batches(
        self, id_or_name: str, columns: Sequence[str] | None = None, where: str | None = None, size: int = 65_536
    ) -> AsyncIterator[Any]:
        """The whole table in pyarrow RecordBatches of about `size` rows, in the file's order, in little memory."""
        source = await self.source(id_or_name)
        _known(source, columns or ())
        locked = await asyncio.to_thread(self._lock, source)
        try:
            sql = f"SELECT {chosen(columns)} FROM data {condition(where or '')}"
            rows = locked.all(await asyncio.to_thread(locked.reader, sql, (), size))
            while (batch := await asyncio.to_thread(next, rows, None)) is not None:
                yield batch
        finally:
            await asyncio.to_thread(locked.close)

    async def files(self, id_or_name: str) -> Files:
        """The files it is made of, as they lie there; a remote store's are local copies."""
        dataset = await self._records.get(id_or_name)
        files, _ = await self._files(dataset)
        return files

    async def _numbers(self, source: Source, where: str, order: tuple[str, bool] | None) -> Any:
        found = self._pages.numbers(source, where, order)
        if found is not None:
            return found
        seconds = self._settings.data.query_seconds
        return await guarded(
            lambda: self._lock(source), lambda locked: self._pages.find(locked, source, where, order), seconds
        )

    def _lock(self, source: Source) -> Locked:
        return Locked({"data": source.dataset()}, memory_mb=self._settings.data.query_memory_mb)

    async def _opened(self, dataset: Dataset, *, accept: bool = False) -> tuple[Dataset, Source]:
        """Open it if it is not, or not this content; keep what was found in the catalog."""
        async with self._busy[dataset.id]:
            dataset = await self._records.get(dataset.id)
            if not accept and self._just_seen(dataset):
                return dataset, self._sources[dataset.id]
            try:
                found, source = await self._read(dataset, accept=accept)
            except StudioError as error:
                self._sources.pop(dataset.id, None)
                failed = _failed(dataset, error)
                if (failed.status, failed.status_reason) != (dataset.status, dataset.status_reason):
                    await self._note(failed)
                raise
            self._sources[dataset.id] = source
            self._seen[dataset.id] = time.monotonic()
            if found != dataset:
                await self._note(found)
            if dataset.fingerprint not in ("", found.fingerprint):
                await self._drop_copy(dataset.fingerprint)
            return found, source

    async def _note(self, dataset: Dataset) -> None:
        """Keep what was seen of it; a full disk keeps nobody from reading, and the next look sees the same."""
        try:
            await self._save(dataset)
        except DiskFull as problem:
            log.warning("what is new about %s was not kept: %s", dataset.name, problem)

    def _just_seen(self, dataset: Dataset) -> bool:
        """Object stores are not asked again for every page."""
        source, seen = self._sources.get(dataset.id), self._seen.get(dataset.id, 0.0)
        fresh = source is not None and source.fingerprint == dataset.fingerprint and source.files[0].exists()
        return dataset.storage_type == "s3" and fresh and time.monotonic() - seen < LOOK_AGAIN

    async def _read(self, dataset: Dataset, *, accept: bool = False) -> tuple[Dataset, Source]:
        """The table and the dataset as its files make it now; the same dataset when nothing is new."""
        files, chosen_format = await self._files(dataset)
        mark = await asyncio.to_thread(opening.fingerprint, files, chosen_format)
        source = self._sources.get(dataset.id)
        if source is None or source.fingerprint != mark or not await asyncio.to_thread(source.files[0].exists):
            async with self._busy[mark]:  # two datasets over the same files share their copy
                source = await asyncio.to_thread(_open, chosen_format, files, self._copy(mark), mark)
        if mark == dataset.fingerprint and (dataset.status == "active" or (dataset.status == "changed" and not accept)):
            return dataset, source
        size = await asyncio.to_thread(opening.size, files)
        return _described(dataset, source, chosen_format.name, mark, size, accept), source

    def _copy(self, mark: str) -> Path:
        return self._paths.cache / "datasets" / mark

    async def _drop_copy(self, mark: str) -> None:
        """Remove the copy of content that is no more, unless another dataset still shows it."""
        if all(dataset.fingerprint != mark for dataset in await self._records.all()):
            await asyncio.to_thread(shutil.rmtree, self._copy(mark), ignore_errors=True)

    async def _files(self, dataset: Dataset) -> tuple[Files, Format]:
        if dataset.storage_type == "s3":
            files = await self._objects.paths(dataset.storage_path)
        else:
            files = await asyncio.to_thread(opening.local_files, Path(dataset.storage_path))
        return await asyncio.to_thread(opening.usable, files, dataset.storage_path, dataset.format)

    def _address(self, path: str | Path) -> tuple[str, bool]:
        """The address as it is kept, and whether it is an s3:// one."""
        text = str(path).strip()
        if "://" in text and not text.startswith("file://"):
            self._objects.parse(text)
            return text, True
        if not text:
            raise BadParameter(Text("No path was given.", "未指定路径。"))
        return str(Path(text.removeprefix("file://")).expanduser().absolute()), False

    async def _name(self, name: str | None, address: str) -> str:
        taken_names = {dataset.name.lower() for dataset in await self._records.all()}
        if name is not None:
            if proper_name(name).lower() in taken_names:
                raise taken(proper_name(name))
            return proper_name(name)
        stem = Path(address.rstrip("/")).name.split(".")[0] or "dataset"
        free = (stem if number == 1 else f"{stem} {number}" for number in range(1, len(taken_names) + 2))
        return proper_name(next(each for each in free if each.lower() not in taken_names))

    async def _save(self, dataset: Dataset) -> None:
        await self._records.save(dataset)
        self._events.publish(DatasetsChanged(dataset.id))


def _open(chosen_format: Format, files: Sequence[Path], copy: Path, mark: str) -> Source:
    source = chosen_format.open(files, copy)
    return Source(source.files, source.schema, source.starts, source.statistics, mark)


def _described(dataset: Dataset, source: Source, format_name: str, mark: str, size: int, accept: bool) -> Dataset:
    columns = columns_of(source.schema)
    difference = None if accept else opening.differences(dataset.columns, columns)
    newer = bool(dataset.fingerprint) and dataset.fingerprint != mark
    return dataset.model_copy(
        update={
            "status": "changed" if difference else "active",
            "status_reason": difference,
            "format": format_name,
            "columns": opening.described(dataset.columns, columns),
            "row_count": source.row_count,
            "size_bytes": size,
            "statistics": {**source.statistics, "files": len(source.files)},
            "fingerprint": mark,
            "version": dataset.version + newer,
            "updated_at": time.time(),
        }
    )


def _failed(dataset: Dataset, error: StudioError) -> Dataset:
    reachable = isinstance(error, Broken) or not isinstance(error, Unavailable)
    return dataset.model_copy(
        update={"status": "broken" if reachable else "unreachable", "status_reason": error.whole()}
    )


def _known(source: Source, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in source.names]
    if unknown:
        known = ", ".join(source.names)
        raise BadParameter(
            Text(f"There is no column “{unknown[0]}”. Columns: {known}.", f"没有列“{unknown[0]}”，可用的列：{known}。")
        )


def _words(dataset: Dataset) -> str:
    parts = [dataset.id, dataset.name, dataset.description, *dataset.tags, *(column.name for column in dataset.columns)]
    return "\n".join(parts).lower()
