"""`studio runs`: look, follow, answer, stop, take up again, branch and replay."""

from __future__ import annotations

import argparse
import json
from functools import partial
from typing import Any

from studio.cli.connection import Connection
from studio.cli.output import cell, print_table, show, told
from studio.cli.run import follow, value_of
from studio.cli.verbs import Verb, add_verb, pair_of, run_verb
from studio.engine.text import Text
from studio.engine.workflows.doubt import asked_of, text_of
from studio.engine.workflows.telling import line_of

ROUTE = "/api/v1/executions"
ASKED = ("run", "step", "question")
LISTED = ("id", "workflow_name", "status", "duration_ms")
STATES = {
    "waiting": ("…", Text("waiting", "等待中")), "queued": ("…", Text("queued", "排队中")),
    "asking": ("?", Text("waits for you", "等你回答")), "running": ("▶", Text("running", "运行中")),
    "completed": ("✓", Text("completed", "已完成")), "cached": ("↯", Text("from cache", "来自缓存")),
    "failed": ("✗", Text("failed", "失败")), "stopped": ("■", Text("stopped", "已停止")),
    "skipped": ("–", Text("skipped", "已跳过")), "unreached": ("⊘", Text("not reached", "未执行到")),
    "left_out": ("○", Text("not in this run", "不在本次运行中")),
}  # fmt: skip
FOLLOWED = ("resume", "answer", "branch", "replay")


def runs(parsed: argparse.Namespace) -> int:
    """Exit codes: 0 done and complete, 1 it could not be done or failed, 3 a person is waited for."""
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their arguments."""
    parser.set_defaults(verb="ls", limit=20)
    verbs = parser.add_subparsers(metavar="VERB")
    verb = partial(add_verb, verbs)
    verb("ls", "the runs, newest first", "list").add_argument("--limit", type=int, default=20, help="rows at most (20)")
    verb("show", "one run and its steps").add_argument("run")
    questions = verb("questions", "what a person is asked, in a run or in all that wait")
    questions.add_argument("run", nargs="?", default="")
    questions.add_argument(
        "--for", dest="assignee", default="", metavar="NAME", help="only what is for somebody of that name"
    )
    logs = verb("logs", "what happened in it")
    logs.add_argument("run")
    logs.add_argument("--follow", "-f", action="store_true", help="and what happens until it ends")
    cancel = verb("cancel", "stop it", "stop")
    cancel.add_argument("run")
    resume = verb("resume", "go on after its last finished step and row")
    resume.add_argument("run")
    resume.add_argument("--repeat", action="store_true", help="do again, unasked, what may have taken effect")
    answer = verb("answer", "answer what it asks")
    answer.add_argument("run")
    answer.add_argument("answer", help='a choice, or JSON: {"choice": "done", "outputs": {…}}')
    answer.add_argument("--step", default="")
    answer.add_argument("--at", type=int, action="append", metavar="N", help="which item of a map asks, from 0")
    answer.add_argument("--all", action="store_true", help="answer every such question alike")
    branch = verb("branch", "a new run with what this one recorded")
    branch.add_argument("run")
    branch.add_argument(
        "--from", dest="start_at", default="", metavar="STEP", help="this step and what follows runs again"
    )
    branch.add_argument("--only", default="", metavar="STEP", help="only this step runs")
    branch.add_argument("--edit", action="append", default=[], metavar="STEP.PORT=VALUE", help="a value instead")
    verb("replay", "again with what was recorded; nothing outside is asked").add_argument("run")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.get(ROUTE, limit=parsed.limit), parsed.json, LISTED)


async def _show(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get(f"{ROUTE}/{parsed.run}")
    if parsed.json:
        show(found, True)
        return
    steps = found.pop("node_results", None) or {}
    show(found, False)
    if steps:
        print()
        print_table([_step_row(step, result) for step, result in steps.items()], ("step", "status", "seconds", "error"))


def _step_row(step: str, result: dict[str, Any]) -> list[str]:
    """A step as a line: its state is a sign and a word in the reader's language."""
    status = "asking" if result.get("question") else "cached" if result.get("cached") else result["status"]
    sign, words = STATES.get(status, ("·", Text.same(status)))
    said = (result.get("error") or {}).get("message")
    seconds = result.get("seconds")
    return [step, f"{sign} {told(words)}", "-" if seconds is None else f"{seconds:.2f}", cell(said)]


async def _questions(connection: Connection, parsed: argparse.Namespace) -> None:
    place = f"{ROUTE}/{parsed.run}/questions" if parsed.run else "/api/v1/questions"
    found = await connection.get(place, assignee=parsed.assignee)
    rows = [
        {**item, "run": item.get("execution_id", parsed.run), "question": _asked(item["question"])} for item in found
    ]
    show(found if parsed.json else rows, parsed.json, ASKED)


def _asked(question: dict[str, Any]) -> str:
    return " ".join(told(words) for words in (asked_of(question), text_of(question)) if words)


async def _logs(connection: Connection, parsed: argparse.Namespace) -> int:
    if parsed.follow:
        return await follow(connection, parsed.run, parsed.json)
    for event in await connection.get(f"{ROUTE}/{parsed.run}/logs"):
        words = json.dumps(event["data"], ensure_ascii=False)
        if event["kind"] == "log":
            words = told(line_of(event["data"]))
        line = (
            json.dumps(event, ensure_ascii=False)
            if parsed.json
            else f"{event['seq']:>6}  {event['kind']:<14} {event['step']:<20} {words[:200]}"
        )
        print(line)
    return 0


async def _cancel(connection: Connection, parsed: argparse.Namespace) -> None:
    show(await connection.post(f"{ROUTE}/{parsed.run}/stop"), parsed.json)


async def _again(connection: Connection, parsed: argparse.Namespace) -> int:
    started = await connection.post(f"{ROUTE}/{parsed.run}/{parsed.verb}", _body(parsed))
    return await follow(connection, started["execution_id"], parsed.json)


def _body(parsed: argparse.Namespace) -> dict[str, Any]:
    if parsed.verb == "resume":
        return {"repeat": parsed.repeat}
    if parsed.verb == "answer":
        return {"answer": value_of(parsed.answer), "step": parsed.step, "at": parsed.at, "all": parsed.all}
    if parsed.verb == "branch":
        edits = dict(pair_of(item, "STEP.PORT=VALUE") for item in parsed.edit)
        return {"start_at": parsed.start_at, "only": parsed.only, "edits": {n: value_of(v) for n, v in edits.items()}}
    return {}


VERBS: dict[str, Verb] = {
    "ls": _ls,
    "show": _show,
    "questions": _questions,
    "logs": _logs,
    "cancel": _cancel,
    **dict.fromkeys(FOLLOWED, _again),
}
