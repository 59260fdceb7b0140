"""What people know of the data, and finding it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from studio.engine.catalog import Catalog
from studio.engine.datasets.content import READING
from studio.engine.datasets.dataset import Column, Dataset, DatasetsChanged
from studio.engine.datasets.difference import find_key
from studio.engine.datasets.service import Datasets
from studio.engine.errors import BadParameter, NotFound, StudioError
from studio.engine.events import Events
from studio.engine.metadata.databases import Database, DatabaseNotes, database_of
from studio.engine.metadata.marks import OTHER, Mark, Marks, State
from studio.engine.metadata.personal import TITLES, find
from studio.engine.metadata.samples import MOST_COLUMNS, ROWS, Sample, Samples, kept_values, values_of
from studio.engine.metadata.search import Entry, Field, Hit, Index, known, values_known
from studio.engine.paths import Paths
from studio.engine.quiet import quietly
from studio.engine.text import Text

log = logging.getLogger(__name__)
KEYED = 2_000_000  # rows up to which a key column is looked for unasked


class Metadata:
    """Descriptions, tags, owners, marks of personal data and the search over all of it.

    Every dataset is looked through in the background when its content is new: a few hundred rows, one dataset at a time.
    """

    def __init__(self, catalog: Catalog, datasets: Datasets, events: Events, paths: Paths) -> None:
        self._datasets = datasets
        self._events = events
        self._marks = Marks(catalog)
        self._samples = Samples(catalog)
        self._notes = DatabaseNotes(catalog)
        self._spill = paths.cache / "keys"
        self._index = Index()
        self._loaded: asyncio.Task[None] | None = None
        self._changed: asyncio.Queue[str] = asyncio.Queue()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._events.subscribe(DatasetsChanged, lambda event: self._changed.put_nowait(event.dataset_id))
        self._looking = asyncio.create_task(self._keep_current(), name="metadata")

    async def close(self) -> None:
        for task in (self._looking, self._loaded):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def settled(self) -> None:
        """Wait until everything that changed was looked through."""
        await self._changed.join()

    async def search(self, query: str, limit: int = 50) -> list[Hit]:
        """Datasets by name, column, description, tag, owner, place or sampled value, Chinese and pinyin too; best first."""
        await self._ready()
        return await asyncio.to_thread(self._index.search, query, limit)

    async def marks(self, id_or_name: str) -> list[Mark]:
        """The marks of personal data on a dataset's columns, rejected ones included."""
        return await self._marks.of((await self._datasets.known(id_or_name)).id)

    async def decide(self, id_or_name: str, column: str, state: State | None, kind: str = "") -> list[Mark]:
        """A person says that a column holds personal data or does not; None takes that back. The answer is all marks.

        Without a kind it is the one that was found there, or just “personal”.
        """
        dataset = await self._datasets.known(id_or_name)
        _column(dataset, column)
        here = [mark.kind for mark in await self._marks.of(dataset.id) if mark.column == column]
        for each in [kind] if kind else here or [OTHER]:
            if each not in TITLES and each != OTHER:
                raise BadParameter(
                    Text(f"There is no kind of personal data “{each}”.", f"没有个人信息类别“{each}”。"),
                    Text(f"Kinds: {', '.join([*TITLES, OTHER])}.", f"可用类别：{'、'.join([*TITLES, OTHER])}。"),
                )
            await self._marks.decide(dataset.id, column, each, state)
        if state is None:
            await self._look_through(dataset)
        else:
            await self._forget_values(dataset, column, state)
        self._events.publish(DatasetsChanged(dataset.id))
        return await self._marks.of(dataset.id)

    async def key_column(self, id_or_name: str) -> str:
        """The column that tells a dataset's rows apart; empty where there is none, or nobody looked yet."""
        sample = await self._samples.get((await self._datasets.known(id_or_name)).id)
        return sample.key_column if sample else ""

    async def databases(self) -> list[Database]:
        """The project itself, and every bucket, server and file that registered tables come from."""
        notes = await self._notes.all()
        counts: dict[str, int] = {"studio": 0}
        for dataset in await self._datasets.list():
            for name in {"studio", database_of(dataset)}:
                counts[name] = counts.get(name, 0) + 1
        return [
            notes.get(name, Database(name=name)).model_copy(update={"table_count": count})
            for name, count in counts.items()
        ]

    async def tables(self, database: str) -> list[Dataset]:
        """The tables of a database; `NotFound` with the names there are."""
        names = [each.name for each in await self.databases()]
        if database not in names:
            raise NotFound(
                Text(f"There is no database “{database}”.", f"没有数据库“{database}”。"),
                Text(f"There are: {', '.join(names)}.", f"现有：{'、'.join(names)}。"),
            )
        return [each for each in await self._datasets.list() if database in ("studio", database_of(each))]

    async def table(self, database: str, name: str) -> Dataset:
        """A table of a database by name or id."""
        found = [each for each in await self.tables(database) if name.lower() in (each.name.lower(), each.id)]
        if not found:
            raise NotFound(
                Text(f"“{database}” has no table “{name}”.", f"“{database}”中没有表“{name}”。"),
                Text("The list of its tables shows what there is.", "请查看该数据库的表列表。"),
            )
        return found[0]

    async def describe_database(
        self, name: str, *, description: str | None = None, tags: Sequence[str] | None = None, owner: str | None = None
    ) -> Database:
        """Write down what a database is, what belongs to it and whose it is."""
        await self.tables(name)
        await self._notes.save(name, description=description, tags=tags, owner=owner)
        return next(each for each in await self.databases() if each.name == name)

    async def describe_column(self, id_or_name: str, column: str, description: str) -> Dataset:
        """Write down what a column holds."""
        dataset = await self._datasets.known(id_or_name)
        changed = _column(dataset, column).model_copy(update={"description": description})
        return await self._datasets.update(dataset.id, columns=[changed.model_dump()])

    async def look_through(self, id_or_name: str) -> list[Mark]:
        """Look for personal data now, in what the dataset holds now."""
        dataset = await self._datasets.known(id_or_name)
        await self._look_through(dataset)
        await self._index_again(dataset.id)
        return await self._marks.of(dataset.id)

    async def _ready(self) -> None:
        if self._loaded is None:
            self._loaded = asyncio.create_task(self._load(), name="load the search")
        await asyncio.shield(self._loaded)

    async def _load(self) -> None:
        datasets, samples = await self._datasets.list(), await self._samples.all()
        entries = await asyncio.to_thread(lambda: [entry_of(each, samples.get(each.id)) for each in datasets])
        for entry in entries:
            self._index.put(entry)

    async def _keep_current(self) -> None:
        await self._look_at_all()
        await self._ready()
        while True:
            dataset_id = await self._changed.get()
            try:
                await self._index_again(dataset_id)
            except StudioError as problem:
                log.info("%s was not looked through: %s", dataset_id, problem)
            finally:
                self._changed.task_done()

    async def _look_at_all(self) -> None:
        """What was registered before there was metadata, or while nobody could read it."""
        samples = await self._samples.all()
        for dataset in await self._datasets.list():
            if dataset.status == "active" and _stale(dataset, samples.get(dataset.id)):
                self._changed.put_nowait(dataset.id)

    async def _index_again(self, dataset_id: str) -> None:
        try:
            dataset = await self._datasets.known(dataset_id)
        except NotFound:
            self._index.remove(dataset_id)
            return
        sample = await self._samples.get(dataset.id)
        if dataset.status in ("active", "changed") and _stale(dataset, sample):
            with suppress(StudioError):
                sample = await self._look_through(dataset)
        if self._loaded is not None:
            await asyncio.shield(self._loaded)
        self._index.put(await asyncio.to_thread(entry_of, dataset, sample))

    async def _look_through(self, dataset: Dataset) -> Sample:
        names = [column.name for column in dataset.columns[:MOST_COLUMNS]]
        rows = await self._datasets.page(dataset.id, 0, ROWS, columns=names)
        values = await quietly(values_of, rows)
        found = await quietly(lambda: {name: find(name, each) for name, each in values.items()})
        await self._marks.note(dataset.id, {name: each for name, each in found.items() if each})
        personal = {mark.column for mark in await self._marks.of(dataset.id) if mark.state != "rejected"}
        key = await self._key(dataset)
        sample = Sample(dataset.id, dataset.fingerprint, kept_values(values, sorted(personal)), key)
        await self._samples.save(sample)
        return sample

    async def _key(self, dataset: Dataset) -> str:
        if not dataset.row_count or dataset.row_count > KEYED or dataset.storage_type in ("mysql", "postgresql"):
            return ""
        source = await self._datasets.source(dataset.id)
        return "".join(await quietly(find_key, source, Path(self._spill)))

    async def _forget_values(self, dataset: Dataset, column: str, state: State) -> None:
        sample = await self._samples.get(dataset.id)
        if sample is not None and state == "confirmed" and column in sample.values:
            values = {name: each for name, each in sample.values.items() if name != column}
            await self._samples.save(replace(sample, values=values))


def entry_of(dataset: Dataset, sample: Sample | None) -> Entry:
    """All that can be found of a dataset."""
    fields: list[Field] = [known("name", dataset.name), known("place", dataset.storage_path)]
    fields += [known("tag", tag) for tag in dataset.tags]
    fields += [known("owner", dataset.owner)] if dataset.owner else []
    fields += [known("description", dataset.description)] if dataset.description else []
    for column in dataset.columns:
        fields.append(known("column", column.name, column.name))
        if column.description:
            fields.append(known("description", column.description, column.name))
    return Entry(dataset.id, dataset.name, [*fields, *values_known(sample.values if sample else {})])


def _stale(dataset: Dataset, sample: Sample | None) -> bool:
    if dataset.fingerprint.endswith(READING):
        return False  # only once the whole is there
    return sample is None or sample.fingerprint != dataset.fingerprint


def _column(dataset: Dataset, name: str) -> Column:
    found = next((column for column in dataset.columns if column.name == name), None)
    if found is None:
        raise NotFound(
            Text(f"“{dataset.name}” has no column “{name}”.", f"“{dataset.name}”没有列“{name}”。"),
            Text(
                f"Columns: {', '.join(column.name for column in dataset.columns[:40])}.",
                f"可用的列：{'、'.join(column.name for column in dataset.columns[:40])}。",
            ),
        )
    return found
