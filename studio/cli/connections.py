"""`studio connections`: S3 endpoints and database servers by name."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any
from urllib.parse import quote, urlencode

from studio.cli.connection import Connection
from studio.cli.output import show
from studio.cli.run import setting_of
from studio.cli.verbs import NotUnderstood, Verb, add_verb, pair_of, run_verb
from studio.engine.text import Text

ROUTE = "/api/v1/connections"
LISTED = ("id", "name", "kind", "state", "reason")
BRANCH = ("name", "kind", "count", "size_bytes", "address")
SECRETS = ("password", "secret_key")


def connections(parsed: argparse.Namespace) -> int:
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb="ls")
    verbs = parser.add_subparsers(metavar="VERB")
    add_verb(verbs, "ls", "every connection with its state", "list")
    add_verb(verbs, "kinds", "the kinds there are, and what each needs")
    add = add_verb(verbs, "add", "keep a connection; its password or secret key is asked for, never given here")
    add.add_argument("kind", help="s3, mysql, postgresql or web")
    add.add_argument("name")
    add.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the kind; a list is JSON"
    )
    add.add_argument("--no-secret", action="store_true", help="ask for none")
    for name, help in (("check", "ask it now whether it answers"), ("rm", "forget it and its secrets")):
        add_verb(verbs, name, help).add_argument("connection", help="its id or name")
    tree = add_verb(verbs, "tree", "buckets and folders, or databases and tables below a path")
    tree.add_argument("connection", help="its id or name")
    tree.add_argument("path", nargs="*", help="the parts of a path")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(ROUTE), parsed.json, LISTED)


async def _kinds(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{ROUTE}/kinds")
    rows = [{"name": each["name"], "settings": ", ".join(each["values"].get("properties", {}))} for each in found]
    show(found if parsed.json else rows, parsed.json, ("name", "settings"))


async def _add(connection: Connection, parsed: argparse.Namespace) -> None:
    values: dict[str, Any] = {name: setting_of(value) for name, value in map(pair_of, parsed.set)}
    given = [name for name in SECRETS if name in values]
    if given:
        raise NotUnderstood(
            Text(f"“{given[0]}” would stand in the list of processes.", f"“{given[0]}”会出现在进程列表中。"),
            Text("Leave it out: it is asked for, or read from the pipe.", "请勿在此给出：程序会询问，或从管道读取。"),
        )
    known = next((each for each in await connection.get(f"{ROUTE}/kinds") if each["name"] == parsed.kind), None)
    wanted = next((name for name in SECRETS if known and name in known["values"].get("properties", {})), "")
    if wanted and not parsed.no_secret:
        values[wanted] = _asked(wanted)
    made = await connection.post(ROUTE, {"kind": parsed.kind, "name": parsed.name, "values": values})
    show(made if parsed.json else [made], parsed.json, LISTED)


async def _check(connection: Connection, parsed: argparse.Namespace) -> int:
    """Exit code 1 when it does not answer."""
    found = await connection.post(f"{_place(parsed)}/check")
    show(found if parsed.json else [found], parsed.json, LISTED)
    return int(found["state"] != "reachable")


async def _rm(connection: Connection, parsed: argparse.Namespace) -> None:
    await connection.delete(_place(parsed))


async def _tree(connection: Connection, parsed: argparse.Namespace) -> None:
    query = urlencode([("path", part) for part in parsed.path])
    found = await connection.get(f"{_place(parsed)}/branches" + (f"?{query}" if query else ""))
    show(found, parsed.json, BRANCH)


def _place(parsed: argparse.Namespace) -> str:
    return f"{ROUTE}/{quote(parsed.connection, safe='')}"


def _asked(name: str) -> str:
    """Typed unseen, or the first line of the pipe."""
    return getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


VERBS: dict[str, Verb] = {"ls": _ls, "kinds": _kinds, "add": _add, "check": _check, "rm": _rm, "tree": _tree}
