"""The locked connection: the only place where SQL that a person or a model wrote is run.

DuckDB's read-only switches alone let `COPY … TO` overwrite a registered file (see the table of attempts in
tests/sql/test_locked_connection.py). So: nothing is attached, no folder is allowed, the file system is off, the
configuration is locked, tables come in as Arrow, and a statement must prove that it only reads before it is run.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from studio.engine.datasets.locked_errors import Errors, SqlProblem
from studio.engine.datasets.reading import quoted
from studio.engine.datasets.spill import Spill
from studio.engine.errors import BadState, Forbidden
from studio.engine.text import Text

__all__ = ["Locked", "Parameters", "SqlProblem", "guarded", "streamed"]

T = TypeVar("T")
Parameters = Sequence[object] | Mapping[str, object]
FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat_row", "repeat", "json_each", "json_tree"})
REFUSED = frozenset(
    {"getenv", "current_setting", "getvariable", "json_execute_serialized_sql", "which_secret", "write_log", "sleep_ms"}
)
SCHEMAS = frozenset({"", "main", "information_schema"})
BATCH = 2048
LOCK = (("enable_external_access", "false"), ("lock_configuration", "true"))


class Locked:
    """A DuckDB in memory that sees only the tables it was given. Not for two threads at once; `interrupt` may come from any.

    With `spill`, what does not fit into memory is put aside in a folder of its own, which `close` removes.
    """

    def __init__(
        self, tables: Mapping[str, Any], *, memory_mb: int = 2048, known: Sequence[str] = (), spill: Spill | None = None
    ) -> None:
        import duckdb

        self._known = list(known) or list(tables)
        self._tables = frozenset(name.lower() for name in tables)
        self._memory_mb = memory_mb
        self._folder = spill.make() if spill else None
        self._room_mb = spill.room_mb() if spill and self._folder else 0
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": str(self._folder or ""),
                "errors_as_json": "true",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
                "python_scan_all_frames": "false",
            },
        )
        for name, table in tables.items():
            self._database.register(name, table)
        if self._folder:  # as a part of `config` it has no effect
            self._database.execute(f"SET max_temp_directory_size='{self._room_mb}MB'")
        for setting, value in LOCK:
            self._database.execute(f"SET {setting}={value}")

    def close(self) -> None:
        self._database.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def interrupt(self) -> None:
        """End what is running; it raises there."""
        self._database.interrupt()

    def check(self, sql: str) -> None:
        """Raise unless the text is one statement that only reads: `SqlProblem` with a place, or `Forbidden`."""
        if "\0" in sql:  # DuckDB reads up to there, and no further
            raise SqlProblem(Text("There is a character in the query that cannot be read.", "查询中有无法读取的字符。"))
        with self._errors(sql):
            statements = self._database.extract_statements(sql)
        if not statements:
            raise SqlProblem(Text("There is no query here.", "这里没有查询语句。"))
        kinds = {statement.type.name for statement in statements}
        if kinds != {"SELECT"}:
            raise _only_reading(sorted(kinds - {"SELECT"})[0])
        if len(statements) > 1:
            raise Forbidden(
                Text("Only one statement can be run at a time.", "一次只能运行一条语句。"),
                Text("Select the one to run, or remove the others.", "请选中要运行的语句，或删除其余语句。"),
            )
        tree = json.loads(self._database.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()[0])
        if tree.get("error"):
            raise _only_reading(sql.split()[0].upper())
        _judge(tree, _system_views() - self._tables)

    def bind(self, sql: str) -> None:
        """Check the names and types of a statement too; nothing is read."""
        self.check(sql)
        self.explain(sql)

    def explain(self, sql: str, parameters: Parameters = ()) -> str:
        """The plan of a checked statement, as text."""
        return "\n".join(str(text) for _, text in self._plan(sql, "EXPLAIN ", parameters))

    def plan(self, sql: str, parameters: Parameters = (), *, analyze: bool = False) -> Any:
        """The plan as DuckDB's JSON; with `analyze` the statement is run, and each step says its rows and seconds."""
        self.check(sql)
        before = "EXPLAIN (ANALYZE, FORMAT json) " if analyze else "EXPLAIN (FORMAT json) "
        return json.loads(self._plan(sql, before, parameters)[0][1])

    def query(self, sql: str, parameters: Parameters = (), limit: int | None = None) -> tuple[Any, bool]:
        """The rows as an Arrow table, at most `limit` of them, and whether there would be more."""
        import pyarrow

        batches, rows = [], 0
        reader = self.reader(sql, parameters)
        for batch in self.all(reader):
            batches.append(batch)
            rows += batch.num_rows
            if limit is not None and rows > limit:
                break
        table = pyarrow.Table.from_batches(batches, schema=reader.schema)
        return (table, False) if limit is None else (table.slice(0, limit), rows > limit)

    def reader(self, sql: str, parameters: Parameters = (), size: int = BATCH) -> Any:
        """Check and start a statement; the rows come as a pyarrow RecordBatchReader. Read it with `all`."""
        self.check(sql)
        with self._errors(sql):
            result = self._database.execute(sql, _given(parameters))
            kinds = [str(column[1]) for column in result.description or ()]
            if any("UHUGEINT" in kind for kind in kinds):  # Arrow would have the greater half of them negative
                result = self._database.execute(_as_text(sql, result.description), _given(parameters))
            return result.to_arrow_reader(size)

    def all(self, reader: Any) -> Iterator[Any]:
        """The record batches of a reader, its errors turned into ours."""
        with self._errors():
            yield from reader

    def _plan(self, sql: str, before: str, parameters: Parameters) -> list[tuple[str, str]]:
        with self._errors(sql, before):
            rows: list[tuple[str, str]] = self._database.execute(before + sql, _given(parameters)).fetchall()
        return rows

    def _errors(self, sql: str = "", before: str = "") -> Errors:
        return Errors(sql, self._known, before, self._memory_mb, self._room_mb)


def _as_text(sql: str, description: Sequence[Any]) -> str:
    """The same query with numbers that Arrow does not hold as text, by place: names may be there twice."""
    import duckdb

    whole, last = sql.encode(), duckdb.tokenize(sql)[-1][0]  # comments are no tokens
    inner = (whole[:last] if whole[last : last + 1] == b";" else whole).decode()
    names = ", ".join(f"c{place}" for place in range(len(description)))
    columns = ", ".join(
        f"c{place}{'::VARCHAR' if 'UHUGEINT' in str(column[1]) else ''} AS {quoted(column[0])}"
        for place, column in enumerate(description)
    )
    return f"SELECT {columns} FROM ({inner}\n) AS everything({names})"


async def guarded(make: Callable[[], Locked], work: Callable[[Locked], T], seconds: float | None = None) -> T:
    """Run `work` on a locked connection of its own, on a thread; time limit and cancelling interrupt it at once."""
    locked = await asyncio.to_thread(make)
    task = asyncio.ensure_future(asyncio.to_thread(work, locked))
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            raise BadState(
                Text(f"The query was stopped after {seconds:g} seconds.", f"查询超过 {seconds:g} 秒，已停止。"),
                Text(
                    "Narrow it, or raise “Query time limit” under Settings › Data.",
                    "请缩小查询范围，或在“设置 › 数据”中提高“查询时限”。",
                ),
            )
        return task.result()
    finally:
        while not task.done():
            locked.interrupt()
            await asyncio.wait({task}, timeout=0.05)
        task.cancelled() or task.exception()
        await asyncio.to_thread(locked.close)


async def streamed(make: Callable[[], Locked], sql: str, size: int) -> AsyncGenerator[Any, None]:
    """The rows of a statement in record batches, on a locked connection of its own; without rows, one empty batch.

    Closing the iterator interrupts what runs, and only then lets the connection go.
    """
    locked = await asyncio.to_thread(make)
    try:
        reader = await _on_thread(locked, lambda: locked.reader(sql, (), size))
        rows = locked.all(reader)
        batch = await _on_thread(locked, lambda: next(rows, None))
        yield _empty(reader.schema) if batch is None else batch
        while batch is not None and (batch := await _on_thread(locked, lambda: next(rows, None))) is not None:
            yield batch
    finally:
        await asyncio.to_thread(locked.close)


async def _on_thread(locked: Locked, work: Callable[[], T]) -> T:
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    finally:
        while not task.done():
            locked.interrupt()
            await asyncio.wait({task}, timeout=0.05)
        task.cancelled() or task.exception()


def _empty(schema: Any) -> Any:
    import pyarrow

    return pyarrow.RecordBatch.from_arrays([pyarrow.array([], field.type) for field in schema], schema=schema)


def _given(parameters: Parameters) -> Any:
    """Values by place, by name, or none."""
    return dict(parameters) if isinstance(parameters, Mapping) else list(parameters) or None


@cache
def _system_views() -> frozenset[str]:
    """Names that DuckDB itself answers with what it knows of the machine and its settings."""
    import duckdb

    with duckdb.connect(":memory:") as fresh:
        query = "SELECT view_name FROM duckdb_views() WHERE internal AND schema_name <> 'information_schema'"
        return frozenset(str(name).lower() for (name,) in fresh.execute(query).fetchall())


def _judge(node: Any, system: frozenset[str]) -> None:
    """Walk a parsed statement and refuse what reaches beyond the registered tables."""
    if isinstance(node, list):
        for each in node:
            _judge(each, system)
    if not isinstance(node, dict):
        return
    if node.get("type") == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name", "")).lower()
        if name not in FUNCTIONS:
            raise _no_function(name)
    if node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in REFUSED:
        raise _no_function(str(node["function_name"]))
    if node.get("type") == "BASE_TABLE":
        schema, table = str(node.get("schema_name", "")).lower(), str(node.get("table_name", "")).lower()
        if schema not in SCHEMAS or (table in system and schema != "information_schema"):
            raise _no_view(".".join(part for part in (schema, table) if part))
    for each in node.values():
        _judge(each, system)


def _only_reading(kind: str) -> Forbidden:
    return Forbidden(
        Text(f"{kind} is not possible here: queries only read.", f"这里不能执行 {kind}：查询只能读取数据。"),
        Text("Write a SELECT; results are saved with Export.", "请使用 SELECT，结果可通过“导出”保存。"),
    )


def _no_view(name: str) -> Forbidden:
    return Forbidden(
        Text(f"“{name}” cannot be read.", f"不能读取“{name}”。"),
        Text("Queries see the datasets of this project.", "查询只能使用本项目的数据集。"),
    )


def _no_function(name: str) -> Forbidden:
    return Forbidden(
        Text(
            f"The function {name} cannot be used here: queries see only datasets.",
            f"这里不能使用函数 {name}：查询只能访问数据集。",
        ),
        Text("Add the file under Data and query it by its name.", "请在“数据”中添加该文件，然后用名称查询。"),
    )
