"""The locked connection: the only place where SQL that a person or a model wrote is run.

DuckDB's read-only switches alone let `COPY … TO` overwrite a registered file (see the table of attempts in
tests/sql/test_locked_connection.py). So: nothing is attached, no folder is allowed, the file system is off, the
configuration is locked, tables come in as Arrow, and a statement must prove that it only reads before it is run.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from studio.engine.errors import BadState, Forbidden, Invalid, StudioError, Unavailable
from studio.engine.text import Text

T = TypeVar("T")
FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat_row", "repeat", "json_each", "json_tree"})
SECRETIVE = frozenset({"getenv", "current_setting", "getvariable", "json_execute_serialized_sql", "which_secret"})
SCHEMAS = frozenset({"", "main", "information_schema"})
BATCH = 2048
LOCK = (("enable_external_access", "false"), ("lock_configuration", "true"))


class SqlProblem(Invalid):
    """SQL that cannot be run, with its place: line and column count from 1, 0 means unknown."""

    def __init__(self, message: Text, repair: Text | None = None, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message, repair)
        self.line = line
        self.column = column


class Locked:
    """A DuckDB in memory that sees only the tables it was given. Not for two threads at once; `interrupt` may come from any."""

    def __init__(self, tables: Mapping[str, Any], *, memory_mb: int = 2048, known: Sequence[str] = ()) -> None:
        import duckdb

        self._known = list(known) or list(tables)
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": "",
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
        for setting, value in LOCK:
            self._database.execute(f"SET {setting}={value}")

    def close(self) -> None:
        self._database.close()

    def interrupt(self) -> None:
        """End what is running; it raises there."""
        self._database.interrupt()

    def check(self, sql: str) -> None:
        """Raise unless the text is one statement that only reads: `SqlProblem` with a place, or `Forbidden`."""
        with _Errors(sql, self._known):
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
        _judge(tree)

    def bind(self, sql: str) -> None:
        """Check the names and types of a statement too; nothing is read."""
        self.check(sql)
        self.explain(sql)

    def explain(self, sql: str) -> str:
        """The plan of a checked statement, as text."""
        with _Errors(sql, self._known, before="EXPLAIN "):
            rows = self._database.execute(f"EXPLAIN {sql}").fetchall()
        return "\n".join(str(text) for _, text in rows)

    def query(self, sql: str, parameters: Sequence[object] = (), limit: int | None = None) -> tuple[Any, bool]:
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

    def reader(self, sql: str, parameters: Sequence[object] = (), size: int = BATCH) -> Any:
        """Check and start a statement; the rows come as a pyarrow RecordBatchReader. Read it with `all`."""
        self.check(sql)
        with _Errors(sql, self._known):
            return self._database.execute(sql, list(parameters) or None).to_arrow_reader(size)

    def all(self, reader: Any) -> Iterator[Any]:
        """The record batches of a reader, its errors turned into ours."""
        with _Errors("", self._known):
            yield from reader


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
                    "Narrow it, or raise the limit under Settings › Data.",
                    "请缩小查询范围，或在“设置 › 数据”中提高时限。",
                ),
            )
        return task.result()
    finally:
        while not task.done():
            locked.interrupt()
            await asyncio.wait({task}, timeout=0.05)
        task.cancelled() or task.exception()
        await asyncio.to_thread(locked.close)


def _judge(node: Any) -> None:
    """Walk a parsed statement and refuse what reaches beyond the registered tables."""
    if isinstance(node, list):
        for each in node:
            _judge(each)
    if not isinstance(node, dict):
        return
    if node.get("type") == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name", "")).lower()
        if name not in FUNCTIONS:
            raise _no_function(name)
    if node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in SECRETIVE:
        raise _no_function(str(node["function_name"]))
    if node.get("type") == "BASE_TABLE" and str(node.get("schema_name", "")).lower() not in SCHEMAS:
        raise Forbidden(
            Text(
                f"“{node['schema_name']}.{node['table_name']}” cannot be read.",
                f"不能读取“{node['schema_name']}.{node['table_name']}”。",
            ),
            Text("Queries see the datasets of this project.", "查询只能使用本项目的数据集。"),
        )
    for each in node.values():
        _judge(each)


def _only_reading(kind: str) -> Forbidden:
    return Forbidden(
        Text(f"{kind} is not possible here: queries only read.", f"这里不能执行 {kind}：查询只能读取数据。"),
        Text("Write a SELECT; results are saved with Export.", "请使用 SELECT，结果可通过“导出”保存。"),
    )


def _no_function(name: str) -> Forbidden:
    return Forbidden(
        Text(
            f"The function {name} cannot be used here: queries see only datasets.",
            f"这里不能使用函数 {name}：查询只能访问数据集。",
        ),
        Text("Add the file under Data and query it by its name.", "请在“数据”中添加该文件，然后用名称查询。"),
    )


class _Errors:
    """Turns DuckDB's errors into ours, with the place in the text."""

    def __init__(self, sql: str, known: Sequence[str], before: str = "") -> None:
        self._sql = sql
        self._known = known
        self._before = len(before.encode())

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import duckdb
        import pyarrow

        if isinstance(error, duckdb.Error | pyarrow.ArrowException | OSError):  # a reader's errors are Arrow's
            raise self._ours(error) from error

    def _ours(self, error: Exception) -> StudioError:
        found = _details(str(error))
        message = str(found["exception_message"]).strip()
        kind = str(found.get("exception_type", type(error).__name__)).lower().replace(" ", "")
        if "permission" in kind:
            return Forbidden(
                Text(f"SQL cannot open files here. {message}", f"SQL 在这里不能打开文件。{message}"),
                Text("Add the file under Data and query it by its name.", "请在“数据”中添加该文件，然后用名称查询。"),
            )
        if "interrupt" in kind:
            return BadState(Text("The query was stopped.", "查询已停止。"))
        if "outofmemory" in kind:
            return Unavailable(
                Text("The query needs more memory than it may use.", "查询所需内存超出上限。"),
                Text(
                    "Narrow it, or raise the limit under Settings › Data.",
                    "请缩小查询范围，或在“设置 › 数据”中提高上限。",
                ),
                message,
            )
        line, column = _place(self._sql, found.get("position"), self._before)
        if found.get("type") == "Table":
            return self._no_table(str(found.get("name", "")), line, column)
        return SqlProblem(_said(found, message), line=line, column=column)

    def _no_table(self, name: str, line: int, column: int) -> SqlProblem:
        known = ", ".join(self._known[:20])
        return SqlProblem(
            Text(f"There is no dataset “{name}”.", f"没有名为“{name}”的数据集。"),
            Text(f"Known here: {known}.", f"可用：{known}。") if known else Text("Add one under Data.", "请在“数据”中添加。"),
            line=line, column=column,
        )  # fmt: skip


def _said(found: dict[str, Any], message: str) -> Text:
    """The usual mistakes in words; DuckDB's own for the others."""
    name, near = (
        str(found.get("name", "")),
        [each.strip() for each in str(found.get("candidates", "")).split(",") if each.strip()],
    )
    hint = Text(f" Did you mean {', '.join(near[:3])}?", f"是否指 {'、'.join(near[:3])}？") if near else Text("", "")
    if found.get("error_subtype") == "COLUMN_NOT_FOUND":
        return Text(f"There is no column “{name}”.{hint.en}", f"没有列“{name}”。{hint.zh}")
    if str(found.get("type", "")).endswith("Function"):
        return Text(f"There is no function “{name}”.{hint.en}", f"没有函数“{name}”。{hint.zh}")
    if found.get("error_subtype") == "SYNTAX_ERROR":
        return Text(f"The query is not written correctly: {message}.", f"查询语句有误：{message}。")
    return Text(message, f"查询有误：{message}")


def _details(message: str) -> dict[str, Any]:
    """What DuckDB says of an error (`errors_as_json`); the whole text as the message where it says it plainly."""
    start = message.find("{")
    try:
        found = json.loads(message[start:]) if start >= 0 else {}
    except ValueError:
        found = {}
    return found if "exception_message" in found else {"exception_message": message}


def _place(sql: str, position: str | None, before: int) -> tuple[int, int]:
    """Line and column, from 1, of a position that counts bytes."""
    if position is None or not str(position).isdigit():
        return 0, 0
    until = sql.encode()[: max(int(position) - before, 0)].decode(errors="ignore")
    return until.count("\n") + 1, len(until) - (until.rfind("\n") + 1) + 1
