"""Queries over the datasets, their limits, their history."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import insert, select

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import queries as history_table
from studio.engine.datasets.dataset import Dataset, columns_of
from studio.engine.datasets.locked import Locked, SqlProblem, guarded
from studio.engine.datasets.reading import quoted
from studio.engine.datasets.service import Datasets
from studio.engine.errors import Forbidden, StudioError
from studio.engine.settings import Settings
from studio.engine.sql import ask, export
from studio.engine.sql.query import Problem, Query, QueryResult, Sqled
from studio.engine.sql.saved import SavedQueries

log = logging.getLogger(__name__)
Complete = Callable[[str], Awaitable[str]]
Tables = tuple[dict[str, Any], list[str], dict[str, StudioError]]


class Sql:
    """Every query reads the registered datasets by name or id, and nothing else."""

    def __init__(self, catalog: Catalog, datasets: Datasets, settings: Settings) -> None:
        self._catalog = catalog
        self._datasets = datasets
        self._settings = settings
        self.saved = SavedQueries(catalog)

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def query(
        self, sql: str, *, limit: int | None = None, seconds: float | None = None,
        datasets: Sequence[str] | None = None, parameters: Sequence[object] = (), remember: bool = True,
    ) -> QueryResult:  # fmt: skip
        """Run one SELECT. Without `limit` and `seconds` the limits of the settings hold.

        Raises `Forbidden` for what does more than read, `SqlProblem` with the place of a mistake, `BadState` when time is
        over. Cancelling ends the query at once. `datasets` narrows what is visible, by id or name.
        """
        began = time.time()
        try:
            tables, known, problems = await self._visible(sql, datasets)
            result = await self._run(sql, tables, known, problems, limit, seconds, parameters)
        except BaseException as error:
            if remember and isinstance(error, StudioError | asyncio.CancelledError):
                await asyncio.shield(self._remember(sql, began, None, error))
            raise
        if remember:
            await self._remember(sql, began, result, None)
        return result

    async def query_tables(
        self, sql: str, tables: Mapping[str, Any], *, limit: int | None = None, seconds: float | None = None,
        parameters: Sequence[object] = (),
    ) -> QueryResult:  # fmt: skip
        """Run one SELECT over Arrow tables given by name, and nothing else."""
        return await self._run(sql, dict(tables), list(tables), {}, limit, seconds, parameters)

    async def explain(self, sql: str) -> str:
        """The plan of a query as text, without running it."""
        tables, known, problems = await self._visible(sql, None)
        plan: str = await self._locked(tables, known, problems, lambda locked: _explain(locked, sql), None)
        return plan

    async def validate(self, sql: str) -> list[Problem]:
        """What keeps a query from running, with places; empty when it would run. Nothing is read."""
        try:
            await self.explain(sql)
        except StudioError as error:
            return [problem_of(error)]
        return []

    async def history(self, limit: int = 50) -> list[Query]:
        """What was run, newest first."""
        query = select(history_table).order_by(history_table.c.started_at.desc()).limit(limit)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Query.model_validate(dict(row)) for row in rows]

    async def ask(self, question: str, dataset_ids: Sequence[str], model: Complete | None = None) -> Sqled:
        """Answer a question about datasets: question to SQL to rows.

        `model` is a callable that completes a prompt; what it writes is checked and run on the locked connection, with
        one chance to mend it. Without one, or when it fails, words are matched with columns and their values. Raises
        `Invalid` that says what was not understood.
        """
        datasets = [await self._datasets.get(each) for each in dataset_ids] or await self._datasets.list()
        return await ask.ask(self, question, datasets, model)

    async def export(
        self, sql_or_dataset: str, path: str | Path, format: Literal["csv", "parquet", "jsonl"] = "csv"
    ) -> int:
        """Write all rows of a query or a dataset (by id or name) to a file; the answer is their number.

        Exact values in all formats; the file appears whole or not at all. Raises `Unavailable` when it cannot be written.
        """
        sql = await self._as_sql(sql_or_dataset)
        tables, known, problems = await self._visible(sql, None)
        write = partial(export.write, sql=sql, path=Path(path), format=format)
        rows: int = await self._locked(tables, known, problems, write, None)
        return rows

    async def export_table(
        self, table: Any, path: str | Path, format: Literal["csv", "parquet", "jsonl"] = "csv"
    ) -> int:
        """Write an Arrow table to a file, as `export` does."""
        write = partial(export.write, sql="SELECT * FROM rows", path=Path(path), format=format)
        rows: int = await self._locked({"rows": table}, [], {}, write, None)
        return rows

    async def _as_sql(self, sql_or_dataset: str) -> str:
        for dataset in await self._datasets.list():
            if sql_or_dataset.strip().lower() in (dataset.id.lower(), dataset.name.lower()):
                return f"SELECT * FROM {quoted(dataset.id)}"
        return sql_or_dataset

    async def _run(
        self, sql: str, tables: dict[str, Any], known: Sequence[str], problems: dict[str, StudioError],
        limit: int | None, seconds: float | None, parameters: Sequence[object],
    ) -> QueryResult:  # fmt: skip
        began = time.perf_counter()
        rows = self._settings.data.query_rows if limit is None else limit
        run = await self._locked(
            tables,
            known,
            problems,
            lambda locked: locked.query(sql, parameters, rows),
            seconds or self._settings.data.query_seconds,
        )
        table, truncated = run
        return QueryResult(columns_of(table.schema), table, time.perf_counter() - began, truncated, sql)

    async def _locked(
        self, tables: dict[str, Any], known: Sequence[str], problems: dict[str, StudioError],
        work: Callable[[Locked], Any], seconds: float | None,
    ) -> Any:  # fmt: skip
        memory = self._settings.data.query_memory_mb
        try:
            return await guarded(lambda: Locked(tables, memory_mb=memory, known=known), work, seconds)
        except SqlProblem as error:
            for name, problem in problems.items():
                if f"“{name}”".lower() in error.message.en.lower():
                    raise problem from error
            raise

    async def _visible(self, sql: str, names: Sequence[str] | None) -> Tables:
        """The tables that the text mentions, all names there are, and what keeps mentioned ones from being opened."""
        datasets = await self._datasets.list()
        if names is not None:
            wanted = {(await self._datasets.get(name)).id for name in names}
            datasets = [dataset for dataset in datasets if dataset.id in wanted]
        tables: dict[str, Any] = {}
        problems: dict[str, StudioError] = {}
        for dataset in datasets:
            if _mentioned(dataset, sql):
                await self._open(dataset, tables, problems)
        return tables, [dataset.name for dataset in datasets], problems

    async def _open(self, dataset: Dataset, tables: dict[str, Any], problems: dict[str, StudioError]) -> None:
        try:
            source = await self._datasets.source(dataset.id)
        except StudioError as error:
            problems.update({dataset.id: error, dataset.name: error})
            return
        table = await asyncio.to_thread(source.dataset)
        tables.update({dataset.id: table, dataset.name: table})

    async def _remember(self, sql: str, began: float, result: QueryResult | None, error: BaseException | None) -> None:
        status = "done" if result else "failed" if isinstance(error, StudioError) else "cancelled"
        values = {
            "id": ids.new("query"), "sql": sql, "status": status, "rows": result.table.num_rows if result else None,
            "seconds": time.time() - began, "error": str(error) if error else None, "started_at": began,
        }  # fmt: skip
        try:
            await self._catalog.write(lambda connection: connection.execute(insert(history_table).values(**values)))
        except StudioError as problem:  # a full disk keeps nobody from reading
            log.warning("a query is missing in the history: %s", problem)


def problem_of(error: StudioError) -> Problem:
    """An error as a mark in an editor."""
    line, column = (error.line, error.column) if isinstance(error, SqlProblem) else (0, 0)
    if isinstance(error, Forbidden):
        line, column = 1, 1
    return Problem(line=line, column=column, message=error.message.en, repair=error.repair.en if error.repair else "")


def _explain(locked: Locked, sql: str) -> str:
    locked.check(sql)
    return locked.explain(sql)


def _mentioned(dataset: Dataset, sql: str) -> bool:
    text = sql.lower()
    return dataset.name.lower() in text or dataset.id.lower() in text
