"""`studio knowledge`: collections, what is in them, searching, measuring, and one file to take along."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studio.cli.connection import Connection, run
from studio.cli.datasets import add_verb
from studio.cli.output import explain, language, print_table, say, show
from studio.engine.errors import BadParameter, NotFound
from studio.engine.text import Text

Verb = Callable[[Connection, argparse.Namespace], Awaitable[int]]
ROUTE = "/api/v1/collections"
LISTED = ("id", "name", "document_count", "chunk_count", "embedder")
DOCUMENTS = ("id", "file_name", "status", "chunk_count", "reason")
FOUND = ("score", "file_name", "place", "text")
MEASURED = ("mode", "queries", "recall", "mrr", "ndcg", "seconds", "when")


class _NotUnderstood(BadParameter):
    """A combination of arguments that means nothing."""


def knowledge(parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done, 1 it could not be done, 2 the command was not understood."""

    async def work(connection: Connection) -> int:
        try:
            return await VERBS[parsed.verb](connection, parsed)
        except _NotUnderstood as error:
            print(explain(error), file=sys.stderr)
            return 2

    return run(work, parsed.home)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls", collection=None)
    verbs = parser.add_subparsers(metavar="VERB")
    listing = add_verb(verbs, "ls", "the collections, or the documents of one", "list")
    listing.add_argument("collection", nargs="?", help="a collection by name or id")
    add = add_verb(verbs, "add", "index files, folders, web pages or a dataset; the collection is made when it is new")
    add.add_argument(
        "sources", nargs="+", metavar="PATH|URL|DATASET", help="files, folders, https:// addresses, ds-… ids"
    )
    add.add_argument("-c", "--collection", "--name", default="", help="the collection (the only one, else “Documents”)")
    add.add_argument(
        "--watch", action="store_true", help="follow what is added to, changed in and deleted from folders"
    )
    add.add_argument("--tag", action="append", default=[])
    add.add_argument(
        "--text", action="append", default=[], metavar="COLUMN", help="a dataset's text column (may repeat)"
    )
    add.add_argument("--embedder", default="", help="embedding model of a new collection (the included one)")
    search = add_verb(verbs, "search", "the chunks that answer a question, with scores and places")
    search.add_argument("query", nargs="+")
    search.add_argument("-c", "--collection", "--name", default="default")
    search.add_argument("-n", "--limit", type=int, default=6, help="chunks (6)")
    search.add_argument("--mode", choices=("hybrid", "dense", "keyword"), default="hybrid")
    search.add_argument("--file", action="append", default=[], help="only these documents")
    search.add_argument("--tag", action="append", default=[], help="only documents with these tags")
    search.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="only rows with this cell")
    search.add_argument("--rerank", help="a rerank model; none with an empty name")
    measure = add_verb(verbs, "eval", "measure labelled queries: recall, MRR and nDCG, kept over time")
    measure.add_argument("collection")
    measure.add_argument("--queries", metavar="FILE", help="JSON lines to add first: query, relevant")
    measure.add_argument("-k", type=int, default=10, help="places that count (10)")
    measure.add_argument(
        "--mode", action="append", choices=("hybrid", "dense", "keyword"), help="only this (all three)"
    )
    measure.add_argument("--rerank", default="", help="a rerank model")
    measure.add_argument("--history", action="store_true", help="what was measured before, without measuring again")
    export = add_verb(verbs, "export", "write a collection with its vectors to one file")
    export.add_argument("collection")
    export.add_argument("-o", "--output", required=True, metavar="FILE")
    take = add_verb(verbs, "import", "read such a file as a new collection")
    take.add_argument("file")
    take.add_argument("--name", default="", help="another name")
    show_ = add_verb(verbs, "show", "one document and its chunks")
    show_.add_argument("document")
    remove = add_verb(verbs, "rm", "delete a collection, or a document by its id", "remove")
    remove.add_argument("what")
    for name, help in (("pause", "put a collection's indexing aside"), ("resume", "go on with it")):
        add_verb(verbs, name, help).add_argument("collection")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> int:
    if parsed.collection:
        show(await _documents(connection, parsed.collection), parsed.json, DOCUMENTS)
    else:
        show(await connection.get(ROUTE), parsed.json, LISTED)
    return 0


async def _add(connection: Connection, parsed: argparse.Namespace) -> int:
    collection = await _target(connection, parsed.collection, parsed.embedder)
    route = f"{ROUTE}/{collection['id']}/documents"
    pages = [word for word in parsed.sources if "://" in word]
    datasets = [word for word in parsed.sources if word.startswith("ds-") and not Path(word).exists()]
    paths = [str(Path(word).absolute()) for word in parsed.sources if word not in (*pages, *datasets)]
    if datasets and not parsed.text:
        raise _NotUnderstood(Text("Name a text column of the dataset with --text.", "请用 --text 指定数据集的文本列。"))
    bodies: list[dict[str, Any]] = [{"url": url} for url in pages]
    bodies += [{"dataset": one, "text_columns": parsed.text} for one in datasets]
    if paths:
        bodies.append({"paths": paths, "watch": parsed.watch, "tags": parsed.tag})
    for body in bodies:
        await _ended(connection, await connection.post(route, body))
    documents = await _documents(connection, collection["id"])
    show(documents, parsed.json, DOCUMENTS)
    return int(any(one["status"] in ("failed", "quarantined") for one in documents))


async def _search(connection: Connection, parsed: argparse.Namespace) -> int:
    cells = dict(_cell(one) for one in parsed.where)
    body = {
        "query": " ".join(parsed.query), "top_k": parsed.limit, "collection": parsed.collection, "mode": parsed.mode,
        "filter": {"files": parsed.file, "tags": parsed.tag, "columns": cells}, "rerank": parsed.rerank,
    }  # fmt: skip
    found = await connection.post("/api/v1/search", body)
    if not parsed.json:
        found = [{**one, "score": f"{one['score']:.3f}", "place": _place(one)} for one in found]
    show(found, parsed.json, FOUND)
    return 0


async def _eval(connection: Connection, parsed: argparse.Namespace) -> int:
    route = f"{ROUTE}/{quote(parsed.collection, safe='')}"
    if parsed.queries:
        await connection.post(f"{route}/queries", {"queries": _lines(parsed.queries)})
    if parsed.history:
        measured = await connection.get(f"{route}/evaluations")
    else:
        modes = parsed.mode or ["hybrid", "dense", "keyword"]
        measured = await connection.post(f"{route}/evaluate", {"k": parsed.k, "modes": modes, "rerank": parsed.rerank})
    if parsed.json:
        show(measured, True)
        return 0
    import time

    show(
        [{**one, "when": time.strftime("%Y-%m-%d %H:%M", time.localtime(one["at"]))} for one in measured],
        False,
        MEASURED,
    )
    return 0


async def _export(connection: Connection, parsed: argparse.Namespace) -> int:
    body = {"path": str(Path(parsed.output).absolute())}
    told = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/export", body)
    if parsed.json:
        show(told, True)
    else:
        say(
            Text(
                f"{told['documents']} documents and {told['chunks']:,} chunks are in {told['path']}.",
                f"{told['documents']} 个文档、{told['chunks']:,} 个片段已写入 {told['path']}。",
            )
        )
    return 0


async def _import(connection: Connection, parsed: argparse.Namespace) -> int:
    body = {"path": str(Path(parsed.file).absolute()), "name": parsed.name}
    made = await connection.post(f"{ROUTE}/import", body)
    show(made if parsed.json else [made], parsed.json, LISTED)
    return 0


async def _show(connection: Connection, parsed: argparse.Namespace) -> int:
    document = await connection.get(f"/api/v1/documents/{parsed.document}")
    if parsed.json:
        show(document, True)
        return 0
    chunks = document.pop("chunks")
    show(document, False)
    print_table(
        [
            [str(one["position"] + 1), str(one["page"] or ""), str(one["row"] or ""), _short(one["text"])]
            for one in chunks
        ],
        ("chunk", "page", "row", "text"),
    )
    return 0


async def _remove(connection: Connection, parsed: argparse.Namespace) -> int:
    route = "/api/v1/documents" if parsed.what.startswith("doc-") else ROUTE
    show(await connection.delete(f"{route}/{quote(parsed.what, safe='')}"), parsed.json)
    return 0


async def _pause(connection: Connection, parsed: argparse.Namespace) -> int:
    made = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/pause")
    show(made if parsed.json else [made], parsed.json, LISTED)
    return 0


async def _resume(connection: Connection, parsed: argparse.Namespace) -> int:
    job = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/resume")
    await _ended(connection, job)
    show(await _documents(connection, parsed.collection), parsed.json, DOCUMENTS)
    return 0


async def _target(connection: Connection, name: str, embedder: str) -> dict[str, Any]:
    """The named collection, made where it is not there; without a name the only one, else “Documents”."""
    there = await connection.get(ROUTE)
    if not name and len(there) == 1:
        return dict(there[0])
    name = name or "Documents"
    for one in there:
        if name in (one["id"], one["name"]):
            return dict(one)
    return dict(await connection.post(ROUTE, {"name": name, "embedder": embedder}))


async def _documents(connection: Connection, collection: str) -> list[dict[str, Any]]:
    found, page = [], 1
    while rows := await connection.get("/api/v1/documents", collection=collection, page=page, page_size=1000):
        found += rows
        page += 1
    return found


async def _ended(connection: Connection, job: dict[str, Any]) -> None:
    """Until the job is over; on a terminal its progress is shown."""
    while job["status"] == "running":
        await asyncio.sleep(0.1)
        job = next((one for one in await connection.get("/api/v1/jobs") if one["id"] == job["id"]), {"status": "done"})
        if sys.stderr.isatty() and job.get("progress") is not None:
            message = (job.get("message") or {}).get(language(), "")
            print(f"\r{job['progress']:4.0%} {message}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def _lines(file: str) -> list[dict[str, Any]]:
    try:
        content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return [json.loads(line) for line in content.splitlines() if line.strip()]
    except OSError as error:
        raise NotFound(
            Text(f"{file} cannot be read: {error.strerror}.", f"无法读取 {file}：{error.strerror}。")
        ) from error
    except ValueError as error:
        raise _NotUnderstood(
            Text(f"{file} is not JSON lines: {error}.", f"{file} 不是 JSON Lines：{error}。")
        ) from error


def _cell(words: str) -> tuple[str, str]:
    name, separator, value = words.partition("=")
    if not separator:
        raise _NotUnderstood(Text("Write --where COLUMN=VALUE.", "请写成 --where 列=值。"))
    return name, value


def _place(found: dict[str, Any]) -> str:
    if found["row"] is not None:
        return str(Text(f"row {found['row']}", f"第 {found['row']} 行").in_language(language()))
    return str(Text(f"page {found['page']}", f"第 {found['page']} 页").in_language(language())) if found["page"] else ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else f"{words[:99]}…"


VERBS: dict[str, Verb] = {
    "ls": _ls, "add": _add, "search": _search, "eval": _eval, "export": _export, "import": _import, "show": _show,
    "rm": _remove, "pause": _pause, "resume": _resume,
}  # fmt: skip
