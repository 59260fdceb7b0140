"""`studio settings`: show them, change one."""

from __future__ import annotations

import argparse

from studio.cli.connection import Connection
from studio.cli.output import print_table, show
from studio.cli.run import setting_of
from studio.cli.verbs import Verb, add_verb, run_verb

ROUTE = "/api/v1/settings"


def settings(parsed: argparse.Namespace) -> int:
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="list")
    verbs = parser.add_subparsers(metavar="VERB")
    add_verb(verbs, "list", "every setting with its value", "ls")
    change = add_verb(verbs, "set", "change one")
    change.add_argument("name")
    change.add_argument("value", help="a text, a number, true or false, or a list as JSON")


async def _list(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(ROUTE)
    if parsed.json:
        show(found, True)
        return
    rows = [[f"{group}.{name}", str(value)] for group, values in found.items() for name, value in values.items()]
    print_table(rows, ("setting", "value"))


async def _set(connection: Connection, parsed: argparse.Namespace) -> None:
    body = {"key": parsed.name, "value": setting_of(parsed.value)}
    show(await connection.put(ROUTE, body), parsed.json)


VERBS: dict[str, Verb] = {"list": _list, "set": _set}
