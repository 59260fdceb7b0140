"""Runs that wait for a person, through restarts of the studio."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.errors import BadParameter, BadState
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import Workflows
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
    for _ in range(400):
        if (await workflows.execution(run)).status == status:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never {status}")


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
