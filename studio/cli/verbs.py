"""How commands with verbs are declared and run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from studio.cli.connection import Connection, run
from studio.cli.output import explain
from studio.engine.errors import BadParameter, StudioError
from studio.engine.text import Text

Verb = Callable[[Connection, argparse.Namespace], Awaitable[int | None]]
NOT_UNDERSTOOD = 2


class NotUnderstood(BadParameter):
    """A combination of arguments that means nothing."""


def pair_of(word: str, form: str = "NAME=VALUE") -> tuple[str, str]:
    """The two sides of such a word; `NotUnderstood` where it is none."""
    name, sign, value = word.partition("=")
    if not sign:
        raise NotUnderstood(Text(f"“{word}” is not {form}.", f"“{word}”不是 {form} 的形式。"))
    return name, value


def run_verb(verbs: Mapping[str, Verb], parsed: argparse.Namespace, codes: Mapping[int, int] | None = None) -> int:
    """Exit codes: what the verb gives, else 0; 1 it could not be done, 2 the command was not understood. `codes` has others, by
    the number of an error."""

    async def work(connection: Connection) -> int:
        try:
            return await verbs[parsed.verb](connection, parsed) or 0
        except StudioError as error:
            code = NOT_UNDERSTOOD if isinstance(error, NotUnderstood) else (codes or {}).get(error.code)
            if code is None:
                raise
            print(explain(error), file=sys.stderr)
            return code

    return run(work, parsed.home)


def add_verb(verbs: Any, name: str, help: str, *others: str) -> argparse.ArgumentParser:
    """The parser of a verb, with --json."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=help, aliases=others)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON")
    parser.set_defaults(verb=name)
    return parser
