"""Queries over the datasets, their limits, their history."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, Literal

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.datasets.dataset import Dataset, columns_of
from studio.engine.datasets.locked import Locked, Parameters, SqlProblem, guarded, streamed
from studio.engine.datasets.reading import quoted
from studio.engine.datasets.records import proper_name, taken
from studio.engine.datasets.service import Datasets
from studio.engine.datasets.spill import Spill
from studio.engine.errors import Forbidden, StudioError
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from studio.engine.sql import ask, export, plan_tree, pretty
from studio.engine.sql.drafts import Drafts
from studio.engine.sql.export import FormatName
from studio.engine.sql.history import History
from studio.engine.sql.plan_tree import Plan
from studio.engine.sql.query import Problem, Query, QueryResult, Read, Sqled, Written
from studio.engine.sql.saved import SavedQueries
from studio.engine.sql.saving import Mode, Saved, Saving, registered
from studio.engine.sql.scanned import read_of
from studio.engine.sql.script import Outcome, in_text, no_query
from studio.engine.sql.spool import Spooled, spool
from studio.engine.sql.spooling import spooling
from studio.engine.sql.statements import Statement, split
from studio.engine.sql.visible import View, Visible, visible

Complete = Callable[[str], Awaitable[str]]


class Sql:
    """Every query reads the registered datasets by name or id, and nothing else."""

    def __init__(self, catalog: Catalog, datasets: Datasets, settings: Settings, paths: Paths) -> None:
        self._datasets = datasets
        self._settings = settings
        self._paths = paths
        self.saved = SavedQueries(catalog)
        self.drafts = Drafts(catalog)
        self.history = History(catalog)
        self._saving = Saving(datasets, paths.results, self._locked)
        self.views: dict[str, View] = {}
        self.view_columns: dict[str, list[str]] = {}  # what a query can name of them

    async def start(self) -> None:
        """Remove what a kill left behind."""
        await asyncio.to_thread(self._spill().clean)
        await asyncio.to_thread(shutil.rmtree, self._paths.spools, ignore_errors=True)
        await self.history.trim()

    async def close(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._paths.spools, ignore_errors=True)

    async def query(
        self, sql: str, *, limit: int | None = None, seconds: float | None = None,
        datasets: Sequence[str] | None = None, parameters: Parameters = (), remember: bool = True,
    ) -> QueryResult:  # fmt: skip
        """Run one SELECT. Without `limit` and `seconds` the limits of the settings hold.

        Raises `Forbidden` for what does more than read, `SqlProblem` with the place of a mistake, `BadState` when time is
        over. Cancelling ends the query at once. `datasets` narrows what is visible, by id or name.
        """
        began = time.time()
        try:
            seen = await visible(self._datasets, sql, datasets, self.views)
            result = await self._run(sql, seen, limit, seconds, parameters)
        except BaseException as error:
            if remember and isinstance(error, StudioError | asyncio.CancelledError):
                await asyncio.shield(self.history.add(_entry(sql, began, error)))
            raise
        if remember:
            await self.history.add(_entry(sql, began, rows=result.table.num_rows))
        return result

    async def query_tables(
        self, sql: str, tables: Mapping[str, Any], *, limit: int | None = None, seconds: float | None = None,
        parameters: Parameters = (),
    ) -> QueryResult:  # fmt: skip
        """Run one SELECT over Arrow tables given by name, and nothing else."""
        return await self._run(sql, Visible(tables, list(tables)), limit, seconds, parameters)

    async def run(self, text: str, *, limit: int | None = None) -> AsyncGenerator[Outcome, None]:
        """Run the statements of a text one after the other, until one fails; each brings rows, or the plan it asks for.

        Errors come as outcomes, with their place in the whole text. Closing the iterator ends the query that runs.
        """
        statements = split(text)
        if not statements:
            yield Outcome(Statement("", 0, 0, 0), 0, 0, error=no_query())
        for number, statement in enumerate(statements):
            outcome = partial(Outcome, statement, number, len(statements))
            try:
                if statement.explains:
                    plan = await self.plan(statement.explained().sql, analyze=statement.explains == "analyze")
                    yield outcome(plan=plan)
                else:
                    yield outcome(await self.query(statement.sql, limit=limit))
            except StudioError as error:
                yield outcome(error=in_text(error, statement.explained()))
                return

    async def plan(self, sql: str, *, analyze: bool = False) -> Plan:
        """How a query would be run, as a tree; with `analyze` it is run, and each step says its rows and time."""
        began = time.time()
        seen = await visible(self._datasets, sql, views=self.views)
        seconds = self._settings.data.query_seconds
        found = await self._locked(seen, lambda locked: locked.plan(sql, analyze=analyze), seconds)
        if analyze:
            await self.history.add(_entry(sql, began))
        return plan_tree.read(sql, found, measured=analyze)

    async def explain(self, sql: str) -> str:
        """The plan of a query as text, without running it."""
        return (await self.plan(sql)).as_text()

    async def scanned(self, sql: str) -> Read | None:
        """How much of the datasets' files the query looks at, at most; None when it reads none, or very many."""
        seen = await visible(self._datasets, sql, views=self.views)
        found = await self._locked(seen, lambda locked: locked.plan(sql), None) if seen.sources else None
        return await asyncio.to_thread(read_of, found, seen.sources) if found else None

    async def validate(self, sql: str) -> list[Problem]:
        """What keeps a text from running, with places; empty when it would run. Nothing is read."""
        try:
            for statement in split(sql) or [Statement(sql, 0, 0, 0)]:
                checked = statement.explained()
                try:
                    await self.prove(checked.sql)
                except StudioError as error:
                    raise in_text(error, checked) from error
        except StudioError as error:
            return [problem_of(error)]
        return []

    async def formatted(self, sql: str) -> str:
        """The text laid out anew. Raises `Invalid` for what cannot be read."""
        return await asyncio.to_thread(pretty.formatted, sql)

    async def all_rows(self, sql: str) -> AsyncGenerator[int | Spooled, None]:
        """Write all rows of a query aside: says how many are there so far, and at the end where they are.

        They are in a file of ours until `Spooled.remove`, at the latest until the engine closes. Closing the iterator ends it.
        """
        async with aclosing(self._spooled(await visible(self._datasets, sql, views=self.views), sql)) as said:
            async for each in said:
                yield each

    async def sorted_rows(
        self, rows: Spooled, column: str, descending: bool = False
    ) -> AsyncGenerator[int | Spooled, None]:
        """The rows of a spooled result in another order, written aside as `all_rows` does."""
        sql = f"SELECT * FROM rows ORDER BY {quoted(column)} {'DESC' if descending else 'ASC'} NULLS LAST"
        seen = Visible({"rows": await asyncio.to_thread(rows.dataset)})
        async with aclosing(self._spooled(seen, sql)) as said:
            async for each in said:
                yield each

    async def save_as(self, sql: str, name: str, description: str = "") -> Dataset:
        """Run a query and register all its rows as a dataset: a Parquet file in the project's own folder.

        What it came from stays with it: `statistics["origin"]` is `{"kind": "query", "sql": …, "datasets": [ids]}`.
        Raises `Conflict` for a name that is taken, before anything is run.
        """
        name = proper_name(name)
        if any(each.name.lower() == name.lower() for each in await self._datasets.list()):
            raise taken(name)
        seen = await visible(self._datasets, sql, views=self.views)
        path = self._paths.results / f"{ids.new('result')}.parquet"
        await self._locked(seen, lambda locked: spool(locked, sql, (), path), None)
        origin = {"kind": "query", "sql": sql, "datasets": [dataset.id for dataset in seen.datasets]}
        made = self._datasets.register(path, name, description=description, origin=origin)
        return await registered(self._datasets, path, made)

    async def save_rows(
        self, table: Any, name: str, description: str = "", *, origin: Mapping[str, Any] | None = None,
        mode: Mode = "replace", key: Sequence[str] = (), once: str = "",
    ) -> Saved:  # fmt: skip
        """Keep rows that something made as a dataset; one of that name that was made too gets a new version (`Saving.save`)."""
        return await self._saving.save(table, name, description, origin=origin, mode=mode, key=key, once=once)

    async def ask(self, question: str, dataset_ids: Sequence[str], model: Complete | None = None) -> Sqled:
        """Answer a question about datasets: question to SQL to rows.

        `model` is a callable that completes a prompt; what it writes is checked and run on the locked connection, with
        one chance to mend it. Without one, or when it fails, words are matched with columns and their values. Raises
        `Invalid` that says what was not understood.
        """
        datasets = [await self._datasets.get(each) for each in dataset_ids] or await self._datasets.list()
        return await ask.ask(self, question, datasets, model)

    async def write(self, question: str, dataset_ids: Sequence[str], model: Complete | None = None) -> Written:
        """The SQL with which `ask` would answer, checked in the same way and not run."""
        datasets = [await self._datasets.get(each) for each in dataset_ids] or await self._datasets.list()
        return await ask.write(self, question, datasets, model)

    async def prove(self, sql: str, datasets: Sequence[str] | None = None) -> None:
        """Raise what keeps a query of these datasets from running: as `query` does, but nothing is read."""
        seen = await visible(self._datasets, sql, datasets, self.views)
        await self._locked(seen, partial(_bind, sql=sql), None)

    async def batches(self, sql: str, size: int = 65_536) -> AsyncGenerator[Any, None]:
        """All rows of a query as pyarrow RecordBatches, in little memory. The first one is there even when it is empty."""
        seen = await visible(self._datasets, sql, views=self.views)
        try:
            async with aclosing(streamed(lambda: self._open(seen), sql, size)) as batches:
                async for batch in batches:
                    yield batch
        except SqlProblem as error:
            raise seen.reason(error) from error

    async def export(self, sql_or_dataset: str, path: str | Path, format: FormatName = "csv") -> int:
        """Write all rows of a query or a dataset (by id or name) to a file; the answer is their number.

        Exact values in all formats; the file appears whole or not at all. Raises `Unavailable` when it cannot be written.
        """
        sql = await self._as_sql(sql_or_dataset)
        write = partial(export.write, sql=sql, path=Path(path), format=format)
        rows: int = await self._locked(await visible(self._datasets, sql, views=self.views), write, None)
        return rows

    async def export_table(self, table: Any, path: str | Path, format: FormatName = "csv") -> int:
        """Write an Arrow table to a file, as `export` does."""
        write = partial(export.write, sql="SELECT * FROM rows", path=Path(path), format=format)
        rows: int = await self._locked(Visible({"rows": table}), write, None)
        return rows

    def _spooled(self, seen: Visible, sql: str) -> AsyncGenerator[int | Spooled, None]:
        path = self._paths.spools / f"{ids.new('rows')}.parquet"
        return spooling(lambda told: self._locked(seen, lambda locked: spool(locked, sql, (), path, told), None))

    async def _as_sql(self, sql_or_dataset: str) -> str:
        for dataset in await self._datasets.list():
            if sql_or_dataset.strip().lower() in (dataset.id.lower(), dataset.name.lower()):
                return f"SELECT * FROM {quoted(dataset.id)}"
        return sql_or_dataset

    async def _run(
        self, sql: str, seen: Visible, limit: int | None, seconds: float | None, parameters: Parameters
    ) -> QueryResult:
        began = time.perf_counter()
        rows = self._settings.data.query_rows if limit is None else limit
        work = partial(Locked.query, sql=sql, parameters=parameters, limit=rows)
        table, truncated = await self._locked(seen, work, seconds or self._settings.data.query_seconds)
        return QueryResult(columns_of(table.schema), table, time.perf_counter() - began, truncated, sql)

    async def _locked(self, seen: Visible, work: Callable[[Locked], Any], seconds: float | None) -> Any:
        try:
            return await guarded(lambda: self._open(seen), work, seconds)
        except SqlProblem as error:
            raise seen.reason(error) from error

    def _open(self, seen: Visible) -> Locked:
        memory = self._settings.data.query_memory_mb
        return Locked(seen.tables, memory_mb=memory, known=seen.known, spill=self._spill())

    def _spill(self) -> Spill:
        return Spill(self._paths.spill, self._settings.data.query_disk_mb)


def problem_of(error: StudioError) -> Problem:
    """An error as a mark in an editor."""
    line, column = (error.line, error.column) if isinstance(error, SqlProblem) else (0, 0)
    if isinstance(error, Forbidden):
        line, column = 1, 1
    repair = error.repair.en if error.repair else ""
    return Problem(line=line, column=column, message=error.message.en, repair=repair, message_zh=error.message.zh)


def _entry(sql: str, began: float, error: BaseException | None = None, rows: int | None = None) -> Query:
    status: Literal["done", "failed", "cancelled"] = "done"
    if error is not None:
        status = "failed" if isinstance(error, StudioError) else "cancelled"
    return Query(
        id=ids.new("query"), sql=sql, status=status, rows=rows, seconds=time.time() - began,
        error=(str(error) or None) if error else None, started_at=began,
    )  # fmt: skip


def _bind(locked: Locked, sql: str) -> None:
    locked.bind(sql)
