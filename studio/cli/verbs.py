"""How commands with verbs are declared and run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from studio.cli.connection import Connection, run
from studio.cli.output import explain
from studio.engine.errors import BadParameter

Verb = Callable[[Connection, argparse.Namespace], Awaitable[int]]


class NotUnderstood(BadParameter):
    """A combination of arguments that means nothing."""


def run_verb(verbs: Mapping[str, Verb], parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done, 1 it could not be done, 2 the command was not understood."""

    async def work(connection: Connection) -> int:
        try:
            return await verbs[parsed.verb](connection, parsed)
        except NotUnderstood as error:
            print(explain(error), file=sys.stderr)
            return 2

    return run(work, parsed.home)


def add_verb(verbs: Any, name: str, help: str, *others: str) -> argparse.ArgumentParser:
    """The parser of a verb, with --json."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=help, aliases=others)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON")
    parser.set_defaults(verb=name)
    return parser
