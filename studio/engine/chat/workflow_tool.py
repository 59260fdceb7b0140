"""A workflow that a model may run, or that a person runs from a chat."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from studio.engine.chat.evidence import Evidence
from studio.engine.chat.message import Step, Tell
from studio.engine.chat.run_progress import RunProgress
from studio.engine.chat.tool import Tool, takes
from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.addressed import check_handed_on
from studio.engine.workflows.node import StartField

if TYPE_CHECKING:
    from studio.engine.workflows.execution import Execution, Workflow
    from studio.engine.workflows.service import Workflows

WORKFLOW = "workflow:"  # before a workflow's id in the key of its tool
ASKS = ("question", "query", "问题")  # fields that take a question as it is
ROWS = 20  # of a table that stands in an answer


def tool_of(rooms: Workflows, workflow: Workflow, others: Sequence[Tool] = ()) -> Tool:
    """`others` are the tools beside it, from which its name differs."""
    types = {each.name: each for each in rooms.node_types()}
    changes = any(types[node.type].side_effect for node in workflow.definition.nodes if node.type in types)

    async def run(arguments: dict[str, Any], _evidence: Evidence, tell: Tell) -> tuple[Step, str]:
        await asyncio.to_thread(check_handed_on, arguments, {})
        step, _ = await ran(rooms, workflow, arguments, tell)
        return step, step.text

    taken = sum(each.key.startswith(WORKFLOW) for each in others)
    fields = library.asked(workflow.definition).fields
    properties = {field.name: field.schema_of_value() for field in fields}
    return Tool(
        f"{WORKFLOW}{workflow.id}", f"run_workflow_{taken + 1}", Text.same(workflow.name),
        f"Run the workflow “{workflow.name}”. {workflow.description}".strip(),
        takes(properties, [field.name for field in fields if field.needed]), run, changes,
        phrases=tuple(each for each in (workflow.description, workflow.name) if each),
        from_question=_as_the_question(fields),
    )  # fmt: skip


async def ran(rooms: Workflows, workflow: Workflow, inputs: dict[str, Any], tell: Tell) -> tuple[Step, Execution]:
    """Run it to its end; `tell` hears how far it is, and whoever stops waiting stops the run. The step is what the reader sees of it."""
    began = time.monotonic()
    starting = asyncio.create_task(rooms.start(workflow.id, inputs), name=f"start of {workflow.id}")
    card = Step(kind="tool", title=Text.same(workflow.name), tool=f"{WORKFLOW}{workflow.id}", arguments=inputs)
    try:
        started = await asyncio.shield(starting)
        done = await _followed(rooms, started.id, RunProgress(card, tell))
    except asyncio.CancelledError:
        await asyncio.shield(_stopped(rooms, starting))
        raise
    failed = done.status != "completed"
    why = (done.error or {}).get("message") if failed else None
    step = Step(
        kind="tool", title=Text(f"Ran {workflow.name}", f"运行了 {workflow.name}"), tool=f"{WORKFLOW}{workflow.id}",
        arguments=inputs, seconds=time.monotonic() - began, detail=Text(**why) if why else None,
        text=_told(done.error if failed else done.outputs), failed=failed,
    )  # fmt: skip
    return step, done


async def _followed(rooms: Workflows, run: str, progress: RunProgress) -> Execution:
    following = asyncio.create_task(progress.follow(rooms.events(run)), name=f"progress of {run}")
    try:
        return await rooms.wait(run)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _stopped(rooms: Workflows, starting: asyncio.Task[Execution]) -> None:
    """A run whose start is under way is stopped once it stands, or it would be left as one that was interrupted."""
    with suppress(StudioError):  # it may never have begun
        await rooms.stop((await starting).id)


def as_markdown(outputs: dict[str, Any]) -> str:
    """What a workflow brought as an answer: texts as they are, rows as a table, the rest as JSON."""
    several = len(outputs) > 1
    parts = [f"**{name}**\n\n{_value(value)}" if several else _value(value) for name, value in outputs.items()]
    return "\n\n".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _table(value)
    return f"```json\n{json.dumps(value, ensure_ascii=False, indent=2, default=str)}\n```"


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows[:ROWS] for name in row))
    lines = [names, ["---"] * len(names), *([row.get(name, "") for name in names] for row in rows[:ROWS])]
    table = "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)
    left = len(rows) - ROWS
    return table if left <= 0 else f"{table}\n\n+{left:,}"


def _cell(value: Any) -> str:
    words = (
        value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    )
    return " ".join(words.replace("|", "\\|").split())


def _told(result: dict[str, Any] | None) -> str:
    """What a workflow brought; a text that is all of it stands there as it is."""
    alone = next(iter(result.values())) if result and len(result) == 1 else None
    return alone if isinstance(alone, str) else json.dumps(result, ensure_ascii=False, default=str)


def _as_the_question(fields: Sequence[StartField]) -> Callable[[str], dict[str, Any]] | None:
    """A workflow that takes a question, or takes nothing, needs nobody to fill in its fields."""
    if not fields:
        return lambda _question: {}
    first, *others = [field for field in fields if field.needed] or fields
    asks = not others and first.type == "text" and first.name in ASKS
    return (lambda question: {first.name: question}) if asks else None
