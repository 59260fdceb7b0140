"""`studio workflows`: run, check, compare, bring in and give out; made for scripts."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studio.cli.connection import Connection
from studio.cli.output import language, print_table, say, show
from studio.cli.run import declare_run, definition_of, run_workflow, text_of
from studio.cli.verbs import Verb, add_verb, run_verb
from studio.engine.text import Text

ROUTE = "/api/v1/workflows"
LISTED = ("id", "name", "version", "description")


def workflows(parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done (or: no difference, no problem), 1 it could not be done or did not hold, 3 a person is waited for."""
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls")
    verbs = parser.add_subparsers(metavar="VERB")
    verb = partial(add_verb, verbs)
    verb("ls", "the kept workflows", "list")
    declare_run(verb("run", "run a workflow file, or a kept workflow by its id"))
    verb("validate", "check a file or a kept workflow").add_argument("workflow", help="a file, wf-… or a name")
    diff = verb("diff", "what differs between two files, or two versions of one workflow")
    diff.add_argument("before", help="a file, or wf-… with --versions")
    diff.add_argument("after", nargs="?", help="the other file")
    diff.add_argument("--versions", nargs=2, type=int, metavar=("BEFORE", "AFTER"))
    bring = verb("import", "keep a file: the studio's JSON or YAML, or the 1.0 format")
    bring.add_argument("file", help="the file, or - for the standard input")
    bring.add_argument("--name", default="")
    export = verb("export", "write a workflow out")
    export.add_argument("workflow")
    export.add_argument("--format", choices=("json", "yaml", "1.0"), default="json")
    export.add_argument("--version", type=int)
    export.add_argument("-o", "--output", type=Path, metavar="FILE")
    save = verb("save", "keep it as it is now as a version")
    save.add_argument("workflow")
    save.add_argument("--name", default="")
    verb("trash", "what was deleted in the last 30 days")
    for name, help in (
        ("show", "one workflow"), ("versions", "its versions"),
        ("restore", "bring it back from the trash, with its schedules"),
    ):  # fmt: skip
        verb(name, help).add_argument("workflow")
    remove = verb("rm", "put it in the trash for 30 days, its schedules too", "remove")
    remove.add_argument("workflow")
    remove.add_argument("--for-good", action="store_true", help="remove one that is in the trash; its runs stay")
    verb("schema", "the JSON schema of a workflow file")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(ROUTE, page_size=1000), parsed.json, LISTED)


def _place(parsed: argparse.Namespace) -> str:
    return f"{ROUTE}/{quote(parsed.workflow, safe='')}"


async def _show(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(_place(parsed)), parsed.json)


async def _remove(connection: Connection, parsed: argparse.Namespace) -> None:
    place = f"{ROUTE}/trash/{quote(parsed.workflow, safe='')}" if parsed.for_good else _place(parsed)
    show(await connection.delete(place), parsed.json)


async def _trash(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(f"{ROUTE}/trash", page_size=1000), parsed.json, LISTED)


async def _restore(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.post(f"{_place(parsed)}/restore", {})
    show(found if parsed.json else [found], parsed.json, LISTED)


async def _save(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.post(f"{_place(parsed)}/versions", {"name": parsed.name}), parsed.json)


async def _versions(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(f"{_place(parsed)}/versions"), parsed.json, ("number", "name", "created_at"))


async def _validate(connection: Connection, parsed: argparse.Namespace) -> int:
    body = {"definition": await definition_of(connection, parsed.workflow)}
    found = await connection.post(f"{ROUTE}/validate", body)
    if parsed.json:
        show(found, True)
    else:
        rows = [[item["level"], item["node_id"], item["message"][language()]] for item in found["problems"]]
        print_table(rows, ("level", "step", "problem")) if rows else say(Text("All is well.", "没有问题。"))
    return 0 if found["valid"] else 1


async def _diff(connection: Connection, parsed: argparse.Namespace) -> int:
    if parsed.versions:
        before, after = parsed.versions
        found = await connection.get(f"{ROUTE}/{parsed.before}/diff", before=before, after=after)
    else:
        body = {side: await definition_of(connection, getattr(parsed, side)) for side in ("before", "after")}
        found = await connection.post(f"{ROUTE}/diff", body)
    if parsed.json:
        show(found, True)
    for change in found if not parsed.json else ():
        print(change["line"][language()])
        print("".join(f"    {line}\n" for line in change["lines"]), end="")
    return 1 if found else 0


async def _import(connection: Connection, parsed: argparse.Namespace) -> None:
    text = text_of(parsed.file)
    name = parsed.name or ("workflow" if parsed.file == "-" else Path(parsed.file).stem)
    show(await connection.post(ROUTE, {"name": name, "definition": text}), parsed.json, LISTED)


async def _export(connection: Connection, parsed: argparse.Namespace) -> None:
    query = {"format": parsed.format} | ({"version": parsed.version} if parsed.version else {})
    content = b"".join([piece async for piece in connection.bytes("GET", f"{_place(parsed)}/export", **query)])
    if parsed.output:
        parsed.output.write_bytes(content)
    else:
        sys.stdout.write(content.decode())


async def _schema(connection: Connection, _parsed: argparse.Namespace) -> None:
    found: Any = await connection.get("/api/v1/workflow-schema")
    print(json.dumps(found, ensure_ascii=False, indent=2))


VERBS: dict[str, Verb] = {
    "ls": _ls,
    "run": run_workflow,
    "show": _show,
    "rm": _remove,
    "trash": _trash,
    "restore": _restore,
    "versions": _versions,
    "save": _save,
    "validate": _validate,
    "diff": _diff,
    "import": _import,
    "export": _export,
    "schema": _schema,
}
