"""`studio runs`: look, follow, answer, stop, take up again, branch and replay."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from studio.cli.connection import Connection
from studio.cli.connection import run as connected
from studio.cli.datasets import add_verb
from studio.cli.output import show
from studio.cli.run import follow, value_of

Verb = Callable[[Connection, argparse.Namespace], Awaitable[int]]
ROUTE = "/api/v1/executions"
LISTED = ("id", "workflow_name", "status", "duration_ms")
FOLLOWED = ("resume", "answer", "branch", "replay")


def runs(parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done and complete, 1 it could not be done or failed, 3 a person is waited for."""
    return connected(lambda connection: VERBS[parsed.verb](connection, parsed), parsed.home)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls", limit=20)
    verbs = parser.add_subparsers(metavar="VERB")
    verb = partial(add_verb, verbs)
    verb("ls", "the runs, newest first", "list").add_argument("--limit", type=int, default=20, help="rows at most (20)")
    for name, help in (("show", "one run and its steps"), ("questions", "what it asks a person")):
        verb(name, help).add_argument("run")
    logs = verb("logs", "what happened in it")
    logs.add_argument("run")
    logs.add_argument("--follow", "-f", action="store_true", help="and what happens until it ends")
    cancel = verb("cancel", "stop it", "stop")
    cancel.add_argument("run")
    resume = verb("resume", "go on after its last finished step and row")
    resume.add_argument("run")
    resume.add_argument("--repeat", action="store_true", help="what may have taken effect may happen again")
    answer = verb("answer", "answer what it asks")
    answer.add_argument("run")
    answer.add_argument("answer", help="a choice, or JSON")
    answer.add_argument("--step", default="")
    branch = verb("branch", "a new run with what this one recorded")
    branch.add_argument("run")
    branch.add_argument(
        "--from", dest="start_at", default="", metavar="STEP", help="this step and what follows runs again"
    )
    branch.add_argument("--only", default="", metavar="STEP", help="only this step runs")
    branch.add_argument("--edit", action="append", default=[], metavar="STEP.PORT=VALUE", help="a value instead")
    verb("replay", "again with what was recorded; nothing outside is asked").add_argument("run")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> int:
    show(await connection.get(ROUTE, limit=parsed.limit), parsed.json, LISTED)
    return 0


async def _show(connection: Connection, parsed: argparse.Namespace) -> int:
    show(await connection.get(f"{ROUTE}/{parsed.run}"), parsed.json)
    return 0


async def _questions(connection: Connection, parsed: argparse.Namespace) -> int:
    show(await connection.get(f"{ROUTE}/{parsed.run}/questions"), parsed.json, ("step", "question"))
    return 0


async def _logs(connection: Connection, parsed: argparse.Namespace) -> int:
    if parsed.follow:
        return await follow(connection, parsed.run, parsed.json)
    for event in await connection.get(f"{ROUTE}/{parsed.run}/logs"):
        words = json.dumps(event["data"], ensure_ascii=False)
        line = (
            json.dumps(event, ensure_ascii=False)
            if parsed.json
            else f"{event['seq']:>6}  {event['kind']:<14} {event['step']:<20} {words[:200]}"
        )
        print(line)
    return 0


async def _cancel(connection: Connection, parsed: argparse.Namespace) -> int:
    show(await connection.post(f"{ROUTE}/{parsed.run}/stop"), parsed.json)
    return 0


async def _again(connection: Connection, parsed: argparse.Namespace) -> int:
    started = await connection.post(f"{ROUTE}/{parsed.run}/{parsed.verb}", _body(parsed))
    return await follow(connection, started["execution_id"], parsed.json)


def _body(parsed: argparse.Namespace) -> dict[str, Any]:
    if parsed.verb == "resume":
        return {"repeat": parsed.repeat}
    if parsed.verb == "answer":
        return {"answer": value_of(parsed.answer), "step": parsed.step}
    if parsed.verb == "branch":
        edits = [item.partition("=") for item in parsed.edit]
        return {"start_at": parsed.start_at, "only": parsed.only, "edits": {n: value_of(v) for n, _, v in edits}}
    return {}


VERBS: dict[str, Verb] = {
    "ls": _ls,
    "show": _show,
    "questions": _questions,
    "logs": _logs,
    "cancel": _cancel,
    **dict.fromkeys(FOLLOWED, _again),
}
