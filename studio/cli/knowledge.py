"""`studio knowledge`: collections, what is in them, searching, measuring, and one file to take along."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studio.cli.connection import Connection
from studio.cli.output import print_table, say, show, told
from studio.cli.verbs import NotUnderstood, Verb, add_verb, pair_of, run_verb
from studio.cli.waiting import ended
from studio.engine.errors import NotFound
from studio.engine.knowledge.place import place_of
from studio.engine.text import Text

ROUTE = "/api/v1/collections"
LISTED = ("id", "name", "document_count", "chunk_count", "embedder")
DOCUMENTS = ("id", "file_name", "status", "chunk_count", "reason")
FOUND = ("score", "file_name", "place", "text")
MEASURED = ("mode", "queries", "recall", "mrr", "ndcg", "seconds", "when")


def knowledge(parsed: argparse.Namespace) -> int:
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls", collection=None)
    verbs = parser.add_subparsers(metavar="VERB")
    listing = add_verb(verbs, "ls", "the collections, or the documents of one", "list")
    listing.add_argument("collection", nargs="?", help="a collection by name or id")
    _adding(verbs)
    _searching(verbs)
    _measuring(verbs)
    export = add_verb(verbs, "export", "write a collection with its vectors to one file")
    export.add_argument("collection")
    export.add_argument("-o", "--output", required=True, metavar="FILE")
    take = add_verb(verbs, "import", "read such a file as a new collection")
    take.add_argument("file")
    take.add_argument("--name", default="", help="another name")
    add_verb(verbs, "show", "one document and its chunks").add_argument("document")
    add_verb(verbs, "rm", "delete a collection, or a document by its id", "remove").add_argument("what")
    asked = {
        "pause": "put a collection's indexing aside", "resume": "go on with it",
        "stop": "end it; what was not done waits for a retry",
    }  # fmt: skip
    for name, help in asked.items():
        add_verb(verbs, name, help).add_argument("collection")


def _adding(verbs: Any) -> None:
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


def _searching(verbs: Any) -> None:
    search = add_verb(verbs, "search", "the chunks that answer a question, with scores and places")
    search.add_argument("query", nargs="+")
    search.add_argument("-c", "--collection", "--name", default="default")
    search.add_argument("-n", "--limit", type=int, default=6, help="chunks (6)")
    search.add_argument("--mode", choices=("hybrid", "dense", "keyword"), default="hybrid")
    search.add_argument("--file", action="append", default=[], help="only these documents")
    search.add_argument("--tag", action="append", default=[], help="only documents with these tags")
    search.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="only rows with this cell")
    search.add_argument("--rerank", help="a rerank model; none with an empty name")


def _measuring(verbs: Any) -> None:
    measure = add_verb(verbs, "eval", "measure labelled queries: recall, MRR and nDCG, kept over time")
    measure.add_argument("collection")
    measure.add_argument("--queries", metavar="FILE", help="JSON lines to add first: query, relevant")
    measure.add_argument("-k", type=int, default=10, help="places that count (10)")
    measure.add_argument(
        "--mode", action="append", choices=("hybrid", "dense", "keyword"), help="only this (all three)"
    )
    measure.add_argument("--rerank", default="", help="a rerank model")
    measure.add_argument("--history", action="store_true", help="what was measured before, without measuring again")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    if parsed.collection:
        show(await _documents(connection, parsed.collection), parsed.json, DOCUMENTS)
    else:
        show(await connection.get(ROUTE), parsed.json, LISTED)


async def _add(connection: Connection, parsed: argparse.Namespace) -> int:
    pages = [word for word in parsed.sources if "://" in word]
    datasets = [word for word in parsed.sources if word.startswith("ds-") and not Path(word).exists()]
    paths = [str(Path(word).absolute()) for word in parsed.sources if word not in (*pages, *datasets)]
    if gone := [path for path in paths if not Path(path).exists()]:
        raise NotFound(
            Text(f"{gone[0]} is not there.", f"{gone[0]} 不存在。"),
            Text("The collection is named with -c.", "文档集请用 -c 指定。"),
        )
    if datasets and not parsed.text:
        raise NotUnderstood(Text("Name a text column of the dataset with --text.", "请用 --text 指定数据集的文本列。"))
    collection = await _target(connection, parsed.collection, parsed.embedder)
    route = f"{ROUTE}/{collection['id']}/documents"
    bodies: list[dict[str, Any]] = [{"url": url} for url in pages]
    bodies += [{"dataset": one, "text_columns": parsed.text} for one in datasets]
    if paths:
        bodies.append({"paths": paths, "watch": parsed.watch, "tags": parsed.tag})
    for body in bodies:
        await ended(connection, await connection.post(route, body))
    documents = await _documents(connection, collection["id"])
    show(documents, parsed.json, DOCUMENTS)
    return int(any(one["status"] in ("failed", "quarantined") for one in documents))


async def _search(connection: Connection, parsed: argparse.Namespace) -> None:
    cells = dict(pair_of(one, "COLUMN=VALUE") for one in parsed.where)
    body = {
        "query": " ".join(parsed.query), "top_k": parsed.limit, "collection": parsed.collection, "mode": parsed.mode,
        "filter": {"files": parsed.file, "tags": parsed.tag, "columns": cells}, "rerank": parsed.rerank,
    }  # fmt: skip
    found = await connection.post("/api/v1/search", body)
    if not parsed.json:
        found = [{**one, "score": f"{one['score']:.3f}", "place": _place(one)} for one in found]
    show(found, parsed.json, FOUND)


async def _eval(connection: Connection, parsed: argparse.Namespace) -> None:
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
        return
    rows = [{**one, "when": time.strftime("%Y-%m-%d %H:%M", time.localtime(one["at"]))} for one in measured]
    show(rows, False, MEASURED)


async def _export(connection: Connection, parsed: argparse.Namespace) -> None:
    body = {"path": str(Path(parsed.output).absolute())}
    made = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/export", body)
    if parsed.json:
        show(made, True)
    else:
        say(
            Text(
                f"{made['documents']} documents and {made['chunks']:,} chunks are in {made['path']}.",
                f"{made['documents']} 个文档、{made['chunks']:,} 个片段已写入 {made['path']}。",
            )
        )


async def _import(connection: Connection, parsed: argparse.Namespace) -> None:
    body = {"path": str(Path(parsed.file).absolute()), "name": parsed.name}
    made = await connection.post(f"{ROUTE}/import", body)
    show(made if parsed.json else [made], parsed.json, LISTED)


async def _show(connection: Connection, parsed: argparse.Namespace) -> None:
    document = await connection.get(f"/api/v1/documents/{parsed.document}")
    if parsed.json:
        show(document, True)
        return
    chunks = document.pop("chunks")
    show(document, False)
    print_table(
        [
            [str(one["position"] + 1), str(one["page"] or ""), str(one["row"] or ""), _short(one["text"])]
            for one in chunks
        ],
        ("chunk", "page", "row", "text"),
    )


async def _remove(connection: Connection, parsed: argparse.Namespace) -> None:
    route = "/api/v1/documents" if parsed.what.startswith("doc-") else ROUTE
    show(await connection.delete(f"{route}/{quote(parsed.what, safe='')}"), parsed.json)


async def _halt(connection: Connection, parsed: argparse.Namespace) -> None:
    made = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/{parsed.verb}")
    show(made if parsed.json else [made], parsed.json, LISTED)


async def _resume(connection: Connection, parsed: argparse.Namespace) -> None:
    job = await connection.post(f"{ROUTE}/{quote(parsed.collection, safe='')}/resume")
    await ended(connection, job)
    show(await _documents(connection, parsed.collection), parsed.json, DOCUMENTS)


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
    return await connection.every("/api/v1/documents", collection=collection)


def _lines(file: str) -> list[dict[str, Any]]:
    try:
        content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return [json.loads(line) for line in content.splitlines() if line.strip()]
    except OSError as error:
        raise NotFound(
            Text(f"{file} cannot be read: {error.strerror}.", f"无法读取 {file}：{error.strerror}。")
        ) from error
    except ValueError as error:
        raise NotUnderstood(
            Text(f"{file} is not JSON lines: {error}.", f"{file} 不是 JSON Lines：{error}。")
        ) from error


def _place(found: dict[str, Any]) -> str:
    where = place_of(found["page"], found["row"], found["metadata"]["unit"])
    return told(where) if where else ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else f"{words[:99]}…"


VERBS: dict[str, Verb] = {
    "ls": _ls, "add": _add, "search": _search, "eval": _eval, "export": _export, "import": _import, "show": _show,
    "rm": _remove, "pause": _halt, "stop": _halt, "resume": _resume,
}  # fmt: skip
