"""What DuckDB says on the locked connection, in words that name the place in the text and the way out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from studio.engine.datasets.remote import lost
from studio.engine.errors import BadState, DiskFull, Forbidden, Invalid, StudioError, Unavailable, says_full
from studio.engine.text import Text, listed

KNOWN_SHOWN = 20


class SqlProblem(Invalid):
    """SQL that cannot be run, with its place: line and column count from 1, 0 means unknown."""

    def __init__(self, message: Text, repair: Text | None = None, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message, repair)
        self.line = line
        self.column = column


class Errors:
    """Turns DuckDB's errors into ours, with the place in the text. `before` is what was put in front of it."""

    def __init__(self, sql: str, known: Sequence[str], before: str = "", memory_mb: int = 0, room_mb: int = 0) -> None:
        self._sql = sql
        self._known = known
        self._before = len(before.encode())
        self._memory_mb = memory_mb
        self._room_mb = room_mb

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
        gone = lost(None, message)
        if gone is not None:
            return gone
        if "interrupt" in kind:
            return BadState(Text("The query was stopped.", "查询已停止。"))
        if says_full(error):
            return DiskFull(details=message)
        if "outofmemory" in kind:
            return self._too_much(message)
        if "prepared statement parameters" in message:
            return _no_values(message)
        line, column = place(self._sql, found.get("position"), self._before)
        if found.get("type") == "Table":
            return self._no_table(str(found.get("name", "")), line, column)
        return SqlProblem(_said(found, message), line=line, column=column)

    def _too_much(self, message: str) -> StudioError:
        """Memory or room on the disk was not enough; the setting that says how much is named."""
        if "max_temp_directory_size" in message:
            return Unavailable(
                Text(
                    f"The query needs more disk space for rows put aside than it may use ({self._room_mb:,} MB).",
                    f"查询暂存数据所需的磁盘空间超出上限（{self._room_mb:,} MB）。",
                ),
                Text(
                    "Narrow it, free some disk space, or raise “Disk space a query may use” under Settings › Data.",
                    "请缩小查询范围、清理磁盘，或在“设置 › 数据”中提高“查询可用的磁盘空间”。",
                ),
                message,
            )
        return Unavailable(
            Text(
                f"The query needs more memory than it may use ({self._memory_mb:,} MB).",
                f"查询所需内存超出上限（{self._memory_mb:,} MB）。",
            ),
            Text(
                "Narrow it, or raise “Query memory limit” under Settings › Data.",
                "请缩小查询范围，或在“设置 › 数据”中提高“查询内存上限”。",
            ),
            message,
        )

    def _no_table(self, name: str, line: int, column: int) -> SqlProblem:
        known = listed(self._known[:KNOWN_SHOWN])
        return SqlProblem(
            Text(f"There is no dataset “{name}”.", f"没有名为“{name}”的数据集。"),
            Text(f"Known here: {known.en}.", f"可用：{known.zh}。") if known.en else Text("Add one under Data.", "请在“数据”中添加。"),
            line=line, column=column,
        )  # fmt: skip


def _no_values(message: str) -> SqlProblem:
    names = message.rpartition(":")[2].strip()
    return SqlProblem(
        Text(f"No value was given for {names}.", f"没有给出 {names} 的值。"),
        Text("Give one for each $name.", "请为每个 $name 给出一个值。"),
    )


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


def place(sql: str, position: str | None, before: int) -> tuple[int, int]:
    """Line and column, from 1, of a position that counts bytes."""
    if position is None or not str(position).isdigit():
        return 0, 0
    until = sql.encode()[: max(int(position) - before, 0)].decode(errors="ignore")
    return until.count("\n") + 1, len(until) - (until.rfind("\n") + 1) + 1
