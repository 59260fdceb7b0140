"""`studio datasets`: register, look, query, export; made for pipes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from studio.cli import versions
from studio.cli.connection import Connection
from studio.cli.output import cell, explain, print_table, say, show, warn
from studio.cli.verbs import NotUnderstood, Verb, add_verb, run_verb
from studio.engine.errors import StudioError
from studio.engine.files import replacing
from studio.engine.text import Text

ROUTE = "/api/v1/datasets"
LISTED = ("id", "name", "format", "status", "row_count", "storage_path")
COLUMNS = ("name", "type", "nullable", "description")
PROFILE = ("name", "type", "nulls", "distinct", "low", "high", "mean", "median")
STREAMED = ("csv", "jsonl", "parquet", "arrow")
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}
SUFFIXES |= dict.fromkeys((".arrow", ".arrows", ".ipc"), "arrow")
SHOWN = 100  # rows of a table for people


def datasets(parsed: argparse.Namespace) -> int:
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls", q="", status=None, format=None, tag="")
    verbs = parser.add_subparsers(metavar="VERB")
    add = add_verb(verbs, "add", "register files, folders, s3:// addresses or database tables where they lie")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--name", help="a name (default: the file's)")
    add.add_argument("--format", help="csv, parquet, jsonl … (default: found out)")
    add.add_argument("--description", default="")
    add.add_argument("--tag", action="append", default=[])
    listing = add_verb(verbs, "ls", "what is registered", "list")
    listing.add_argument("q", nargs="?", default="", metavar="WORDS", help="only those that hold these words")
    listing.add_argument("--status")
    listing.add_argument("--format")
    listing.add_argument("--tag", default="")
    for name, help in (("show", "one dataset and its columns"), ("profile", "what is in each column")):
        add_verb(verbs, name, help).add_argument("dataset")
    head = add_verb(verbs, "head", "its first rows")
    head.add_argument("dataset")
    head.add_argument("-n", "--limit", type=_count, default=10, help="rows (10)")
    head.add_argument("--format", choices=("table", *STREAMED))
    sql = add_verb(verbs, "sql", "run one SELECT over the registered datasets", "query")
    sql.add_argument("sql", help="the query, or - to read it from the standard input")
    sql.add_argument("-n", "--limit", type=_count, help=f"rows at most (all; a table shows {SHOWN})")
    _output(sql, ("table", *STREAMED))
    export = add_verb(verbs, "export", "all rows, or some, to a file or a pipe")
    export.add_argument("dataset")
    export.add_argument("--columns", default="", help="names, with commas between")
    export.add_argument("--where", default="", help="a condition in SQL")
    export.add_argument("-n", "--limit", type=_count, help="rows at most (all)")
    _output(export, STREAMED)
    remove = add_verb(verbs, "rm", "put datasets in the trash; their files stay", "remove")
    remove.add_argument("datasets", nargs="+", metavar="DATASET")
    versions.declare(partial(add_verb, verbs))


async def _add(connection: Connection, parsed: argparse.Namespace) -> int:
    if parsed.name and len(parsed.paths) > 1:
        raise NotUnderstood(Text("--name is for one path.", "--name 只能用于一个路径。"))
    made, failed = [], False
    for path in map(_place, parsed.paths):
        name = parsed.name or Path(path.rstrip("/")).name.split(".")[0] or path
        body = {"name": name, "path": path, "description": parsed.description, "tags": parsed.tag}
        try:
            made.append(await connection.post(ROUTE, body | ({"format": parsed.format} if parsed.format else {})))
        except StudioError as error:
            print(f"{path}: {explain(error)}", file=sys.stderr)
            failed = True
    if parsed.json:
        show(made[0] if len(parsed.paths) == 1 and made else made, True)
    elif made:
        show(made, False, ("id", "name", "status"))
    return int(failed)


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    wanted = {"q": parsed.q, "status": parsed.status, "format": parsed.format, "tags": parsed.tag}
    show(await connection.every(ROUTE, **wanted), parsed.json, LISTED)


async def _show(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(await _route(connection, parsed.dataset))
    if parsed.json:
        show(found, True)
        return
    columns = found.pop("schema")["columns"]
    show({key: value for key, value in found.items() if value not in (None, "", [], {})}, False)
    print()
    show(columns, False, COLUMNS)


async def _head(connection: Connection, parsed: argparse.Namespace) -> int:
    route = await _route(connection, parsed.dataset)
    if parsed.format in STREAMED:
        rows = connection.bytes("GET", f"{route}/data", format=parsed.format, limit=parsed.limit)
        return await _write(rows, None, parsed.format)
    found = await connection.get(f"{route}/preview", limit=parsed.limit)
    show(found["preview"], parsed.json, [column["name"] for column in found["schema"]["columns"]])
    return 0


async def _profile(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{await _route(connection, parsed.dataset)}/profile")
    show(found if parsed.json else list(found.values()), parsed.json, PROFILE)


async def _sql(connection: Connection, parsed: argparse.Namespace) -> int:
    sql = sys.stdin.read() if parsed.sql == "-" else parsed.sql
    format = _format(parsed, "table")
    if format in STREAMED and not parsed.json:
        body = {"sql": sql, "format": format} | ({"limit": parsed.limit} if parsed.limit else {})
        return await _write(connection.bytes("POST", "/api/v1/sql/execute", body), parsed.output, format)
    limit = min(parsed.limit or (1000 if parsed.json else SHOWN), 100_000)
    found = await connection.post("/api/v1/sql/execute", {"sql": sql, "limit": limit})
    if parsed.json:
        show(found, True)
        return 0
    names = [column["name"] for column in found["columns"]]
    print_table([[cell(value) for value in row] for row in found["rows"]], names)
    if found["truncated"]:
        said = Text(
            f"The first {limit:,} rows; more with --limit, all with --format csv.",
            f"前 {limit:,} 行；用 --limit 查看更多，用 --format csv 输出全部。",
        )
        warn(said)
    return 0


async def _export(connection: Connection, parsed: argparse.Namespace) -> int:
    route, format = await _route(connection, parsed.dataset), _format(parsed, "csv")
    query = {"format": format, "limit": parsed.limit, "columns": parsed.columns, "filters": parsed.where}
    rows = connection.bytes("GET", f"{route}/data", **{key: value for key, value in query.items() if value})
    return await _write(rows, parsed.output, format, as_json=parsed.json)


async def _rm(connection: Connection, parsed: argparse.Namespace) -> int:
    gone, failed = [], False
    for word in parsed.datasets:
        try:
            gone.append(await connection.delete(await _route(connection, word)))
        except StudioError as error:
            print(f"{word}: {explain(error)}", file=sys.stderr)
            failed = True
    show(gone, parsed.json, ("id",))
    return int(failed)


VERBS: dict[str, Verb] = {
    "add": _add, "ls": _ls, "show": _show, "head": _head, "profile": _profile, "sql": _sql, "export": _export, "rm": _rm,
    **versions.VERBS,
}  # fmt: skip


# Arguments


def _output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--format", choices=formats, help="default: by the file's name, else " + formats[0])
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of to the pipe")


def _count(word: str) -> int:
    count = int(word)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{word} is no number of rows")
    return count


def _format(parsed: argparse.Namespace, otherwise: str) -> str:
    """What was asked for, what the file's name says, or the usual one."""
    if parsed.format is None and parsed.output is not None:
        known = SUFFIXES.get(parsed.output.suffix.lower())
        if known is None:
            raise NotUnderstood(
                Text(
                    f"“{parsed.output.name}” does not say a format; give --format.",
                    f"无法从“{parsed.output.name}”看出格式，请给出 --format。",
                )
            )
        return known
    if parsed.format == "table" and parsed.output is not None:
        raise NotUnderstood(
            Text("A table is for people: give a file another format.", "表格供人阅读，请为文件选择其他格式。")
        )
    return str(parsed.format or otherwise)


def _place(word: str) -> str:
    return word if "://" in word else str(Path(word).expanduser().resolve())


async def _route(connection: Connection, word: str) -> str:
    """The address of a dataset by its id or name, whatever stands in the name."""
    if word.startswith("ds-") or word.replace("_", "").isalnum():
        return f"{ROUTE}/{quote(word, safe='')}"
    found = await connection.get(ROUTE, q=word, page_size=1000)
    known = next((each["id"] for each in found if each["name"].lower() == word.lower()), quote(word, safe=""))
    return f"{ROUTE}/{known}"


# Rows


async def _write(rows: AsyncIterator[bytes], output: Path | None, format: str, *, as_json: bool = False) -> int:
    """Rows to a file, whole or not at all, or to the pipe as they come."""
    if output is None:
        if format in ("parquet", "arrow") and sys.stdout.isatty():
            raise NotUnderstood(
                Text(
                    f"{format} is not for a terminal: give -o FILE, or a pipe.",
                    f"{format} 不能输出到终端，请用 -o 文件 或管道。",
                )
            )
        await _pour(rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return 0
    with replacing(output.absolute(), 0o644) as file:
        count = await _pour(rows, file)
    if as_json:
        show({"path": str(output.absolute()), "bytes": count, "format": format}, True)
    else:
        say(Text(f"Wrote {output} ({count:,} bytes).", f"已写入 {output}（{count:,} 字节）。"))
    return 0


async def _pour(rows: AsyncIterator[bytes], file: BinaryIO) -> int:
    count = 0
    async with aclosing(rows) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            count += file.write(piece)
    return count
