"""Runs that wait for a person, through restarts of the studio."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.errors import BadParameter, BadState
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.run_event import RunEvent
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.waits import Waits
from tests.workflows.graphs import field, graph, step

APPROVE = graph(
    step("s", "start", fields=[field("price", "number")]), step("a", "ask", question="Buy for {{value}}?", choices=["buy", "leave"]),
    step("bought", "prompt", template="bought at {{value}}"), step("left", "prompt", template="left"), step("m", "merge"),
    step("o", "output", names=["result", "comment"]),
    "s.price > a.value", "a.buy > bought.value", "a.leave > left.x", "bought.text > m.values", "left.text > m.values",
    "m.value > o.result", "a.comment > o.comment",
)  # fmt: skip
APPROVE.node("left").params["template"] = "left{{x and ''}}"


async def waiting(workflows: Workflows, sheet: Graph, **inputs: Any) -> str:
    started = await workflows.start(sheet, inputs)
    await until(workflows, started.id, "waiting")
    return started.id


async def until(workflows: Workflows, run: str, status: str) -> None:
    while (await workflows.execution(run)).status != status:
        await asyncio.sleep(0.01)


async def test_a_run_waits_for_its_answer_and_goes_the_chosen_way(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=12)
    asked = await workflows.questions(run)
    assert [(item["step"], item["question"]["text"]) for item in asked] == [("a", "Buy for 12?")]
    assert (await workflows.execution(run)).node_results["a"]["status"] == "waiting"
    with pytest.raises(BadParameter, match="one of: buy, leave"):
        await workflows.answer(run, "perhaps")
    await workflows.answer(run, {"choice": "buy", "text": "good price"}, by="Ann")
    done = await workflows.wait(run)
    assert (done.status, done.outputs) == ("completed", {"result": "bought at 12", "comment": "good price"})
    assert await workflows.questions(run) == []
    with pytest.raises(BadState):
        await workflows.answer(run, "buy")


async def test_what_waits_for_somebody_is_found_among_all_runs_after_a_restart(rooms: SimpleNamespace) -> None:
    hers = APPROVE.model_copy(deep=True)
    hers.node("a").params["assignee"] = "Marta {{value}}"
    first = Workflows(rooms)
    await first.open()
    runs = [await waiting(first, sheet, price=12) for sheet in (APPROVE, hers)]
    await first.close()
    second = Workflows(rooms)
    await second.open()
    found = await second.waiting_questions()
    assert [(item["execution_id"], item["question"].get("assignee")) for item in found] == [
        (runs[1], "Marta 12"), (runs[0], None),
    ]  # fmt: skip
    assert [item["execution_id"] for item in await second.waiting_questions("marta 12")] == [runs[1]]
    assert await second.questions(runs[0], "Marta 12") == []
    await second.answer(runs[1], "buy", by="Marta")
    await second.wait(runs[1])
    assert [item["execution_id"] for item in await second.waiting_questions()] == [runs[0]]
    await second.close()


async def test_the_pause_survives_restarts(rooms: SimpleNamespace) -> None:
    first = Workflows(rooms)
    await first.open()
    run = await waiting(first, APPROVE, price=12)
    await first.close()
    second = Workflows(rooms)
    await second.open()
    assert (await second.execution(run)).status in ("waiting", "running")
    await until(second, run, "waiting")
    await second.close()
    third = Workflows(rooms)
    await third.open()
    await third.answer(run, "leave")
    done = await third.wait(run)
    assert (done.status, done.outputs["result"]) == ("completed", "left")
    asked = [event async for event in third.events(run) if event.kind == "asked"]
    assert len(asked) == 1, "nobody is asked twice"
    await third.close()


async def test_what_a_run_waited_is_told_apart_from_its_work(rooms: SimpleNamespace) -> None:
    first = Workflows(rooms)
    await first.open()
    run = await waiting(first, APPROVE, price=12)
    await first.close()
    closed = time.time()
    await asyncio.sleep(0.3)
    pause = time.time() - closed
    second = Workflows(rooms)
    await second.open()
    await second.answer(run, "leave")
    done = await second.wait(run)
    told = Waits()
    async for event in second.events(run):
        told.note(event)
    await second.close()
    assert done.completed_at is not None and done.started_at is not None
    assert done.waited >= pause and told.seconds(time.time()) >= pause
    assert done.seconds == pytest.approx(done.completed_at - done.started_at - done.waited)


def test_a_run_stands_still_from_a_question_to_its_answer_and_from_an_end_to_its_going_on() -> None:
    waits = Waits()
    story = (
        (0, "run_started"), (2, "asked"), (10, "answered"), (11, "run_interrupted"), (100, "run_started"), (101, "run_finished"),
    )  # fmt: skip
    for number, (at, kind) in enumerate(story, 1):
        waits.note(RunEvent(number, at, kind, "a" if kind in ("asked", "answered") else "", {}))
    assert waits.seconds(now=5_000) == 8 + 89
    waits.note(RunEvent(9, 200, "run_started", "", {}))
    waits.note(RunEvent(10, 201, "asked", "b", {"at": [3]}))
    assert waits.seconds(now=211) == 8 + 89 + 99 + 10


async def test_a_question_has_fields_and_a_time(workflows: Workflows) -> None:
    sheet = graph(
        step("a", "ask", question="Who?", fields=["name"]),
        step("b", "ask", question="Quick!", seconds=0.05),
        step("o", "output", names=["name", "late"]),
        "a.name > o.name",
        "b.late > o.late",
    )
    run = await waiting(workflows, sheet)
    with pytest.raises(BadParameter, match="lacks: name"):
        await workflows.answer(run, {}, step="a")
    await workflows.answer(run, {"name": "Li"}, step="a")
    done = await workflows.wait(run)
    assert done.status == "completed" and done.outputs["name"] == "Li" and "late" in done.outputs


async def test_a_waiting_run_can_be_stopped(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=1)
    assert (await workflows.stop(run)).status == "stopped"


async def test_a_run_killed_before_the_catalog_knew_of_its_question_waits_again(rooms: SimpleNamespace) -> None:
    first = Workflows(rooms)
    await first.open()
    run = await waiting(first, APPROVE, price=12)
    await first.close()
    await first._records.change_execution(run, status="running")  # what the catalog says when a kill comes in between
    second = Workflows(rooms)
    await second.open()
    await until(second, run, "waiting")
    await second.answer(run, "leave")
    assert (await second.wait(run)).outputs["result"] == "left"
    await second.close()
