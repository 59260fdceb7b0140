"""Past runs as places to go on from: one step, from a step, with edited values, branches, replays."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pyarrow
import pytest

from studio.engine.egress import Egress
from studio.engine.errors import NotFound
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.values import table_like
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.test_http import Echo, address
from tests.workflows.test_run import ANSWER

__all__ = ["address"]

CHAIN = graph(
    step("s", "start", fields=[field("n", "number")]), step("a", "python", code="return value + 1"),
    step("b", "python", code="return value * 10"), step("c", "python", code="return value - 1"), step("side", "python", code="return -value"),
    step("o", "output", names=["main", "side"]),
    "s.n > a.value", "a.value > b.value", "b.value > c.value", "a.value > side.value", "c.value > o.main", "side.value > o.side",
)  # fmt: skip
for _node in CHAIN.nodes:
    _node.cache = "off"


async def run(workflows: Workflows, sheet: Graph, **inputs: Any) -> Execution:
    return await workflows.wait((await workflows.start(sheet, inputs)).id)


async def started(workflows: Workflows, run: str) -> list[str]:
    return sorted([event.step async for event in workflows.events(run) if event.kind == "started"])


async def test_a_run_branches_from_any_step_with_what_was_recorded_before_it(workflows: Workflows) -> None:
    first = await run(workflows, CHAIN, n=1)
    branch = await workflows.wait((await workflows.branch(first.id, start_at="b")).id)
    assert branch.status == "completed" and branch.outputs == first.outputs == {"main": 19, "side": -2}
    assert await started(workflows, branch.id) == ["b", "c", "o"]
    assert branch.source == first.id and branch.node_results["a"]["cached"]


async def test_a_stored_value_is_edited_and_what_depends_on_it_runs_again(workflows: Workflows) -> None:
    first = await run(workflows, CHAIN, n=1)
    branch = await workflows.wait((await workflows.branch(first.id, edits={"a.value": 100})).id)
    assert branch.outputs == {"main": 999, "side": -100}
    assert await started(workflows, branch.id) == ["b", "c", "o", "side"]
    assert await workflows.output(branch.id, "a", "value") == 100
    assert (await workflows.execution(first.id)).outputs["main"] == 19, "the earlier run stays as it was"
    with pytest.raises(NotFound, match="nobody"):
        await workflows.branch(first.id, start_at="nobody")


async def test_one_step_runs_alone_with_stored_inputs_and_new_settings(workflows: Workflows) -> None:
    first = await run(workflows, CHAIN, n=1)
    changed = CHAIN.model_copy(deep=True)
    changed.node("b").params["code"] = "return value * 1000"
    alone = await workflows.wait((await workflows.branch(first.id, only="b", definition=changed)).id)
    assert alone.status == "completed" and await started(workflows, alone.id) == ["b"]
    assert await workflows.output(alone.id, "b", "value") == 2000
    told = {name: result["status"] for name, result in alone.node_results.items()}
    assert (told["b"], told["side"], told["o"]) == ("completed", "completed", "left_out")  # the side was taken over
    assert (await workflows.execution(alone.id)).node_results["o"]["status"] == "left_out"


async def test_a_branch_can_be_branched_and_resumed_by_itself(workflows: Workflows) -> None:
    first = await run(workflows, CHAIN, n=1)
    second = await workflows.wait((await workflows.branch(first.id, edits={"a.value": 5})).id)
    third = await workflows.wait((await workflows.branch(second.id, start_at="side")).id)
    assert third.outputs == second.outputs == {"main": 49, "side": -5}
    assert await started(workflows, third.id) == ["o", "side"]


async def test_a_failed_run_goes_on_after_its_mend(workflows: Workflows) -> None:
    broken = CHAIN.model_copy(deep=True)
    broken.node("c").params["code"] = "return value / 0"
    failed = await run(workflows, broken, n=1)
    assert failed.status == "failed"
    mended = await workflows.wait((await workflows.branch(failed.id, definition=CHAIN)).id)
    assert mended.outputs == {"main": 19, "side": -2} and "b" not in await started(workflows, mended.id)


async def test_a_replay_says_what_was_said_then_and_asks_nobody(workflows: Workflows, rooms: SimpleNamespace) -> None:
    first = await run(workflows, ANSWER, question="How long is the warranty?")
    asked = len(rooms.models.asked)

    def broken(*_: Any, **__: Any) -> Any:
        raise AssertionError("a replay asks no model")

    rooms.models.chat = broken
    again = await workflows.wait((await workflows.replay(first.id)).id)
    assert again.status == "completed", again.error
    assert again.outputs == first.outputs and len(rooms.models.asked) == asked
    words = "".join([e.data["text"] async for e in workflows.events(again.id) if e.kind == "token"])
    assert words == first.outputs["answer"]


async def test_a_replay_hears_servers_as_they_were_then_though_they_are_gone(
    workflows: Workflows, rooms: SimpleNamespace, address: str
) -> None:
    """A request in each row and a page that is read, side by side: every answer finds its own question."""
    rooms.egress = Egress()
    rooms.egress.grant(address)
    sheet = graph(
        step("r", "python", code="return [{'i': i} for i in range(12)]", inputs=[], output="table"),
        step("m", "map", fields=["i"], results=["said"], concurrency=6, on_row_error="stop"),
        step("h", "http", "m", url=address + "/{{i}}"), step("x", "parse", "m", mode="path", path="path"),
        step("d", "load_documents", places=[f"{address}/page"]), step("o", "output", names=["rows", "documents"]),
        "r.value > m.rows", "m.i > h.i", "h.body > x.value", "x.value > m.said", "m.table > o.rows", "d.docs > o.documents",
    )  # fmt: skip
    first = await run(workflows, sheet)
    assert [row["said"] for row in first.outputs["rows"]] == [f"/{i}" for i in range(12)], first.error
    assert len(Echo.asked) == 13 and "/page" in first.outputs["documents"][0]["text"]
    rooms.egress.revoke(address)
    again = await workflows.wait((await workflows.replay(first.id)).id)
    assert again.outputs == first.outputs, again.error
    assert await workflows.digests(again.id) == await workflows.digests(first.id) and len(Echo.asked) == 13
    assert (await run(workflows, sheet)).status == "failed", "a new run would have to ask"


async def test_a_branch_of_a_run_has_what_its_steps_remembered(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start", fields=[field("n", "number")]), step("a", "set_variable", name="total", way="add", scope="run"),
        step("b", "set_variable", name="total", way="add", scope="run"), step("g", "variable", name="total", scope="run"),
        step("o", "output"), "s.n > a.value", "a.value > b.value", "b.value > g.after", "g.value > o.result",
    )  # fmt: skip
    first = await run(workflows, sheet, n=2)
    assert first.outputs == {"result": 4}
    branch = await workflows.wait((await workflows.branch(first.id, start_at="b")).id)
    assert branch.outputs == {"result": 4}, "what b wrote is not there twice"
    edited = await workflows.wait((await workflows.branch(first.id, edits={"a.value": 10})).id)
    assert edited.outputs == {"result": 12}
    assert (await workflows.wait((await workflows.replay(first.id)).id)).outputs == {"result": 4}
    assert await workflows.memory.get(f"run:{first.id}", "total") == 4


async def test_a_replay_repeats_no_side_effect(workflows: Workflows, rooms: SimpleNamespace) -> None:
    sheet = graph(
        step("r", "python", code="return [{'i': 1}]", inputs=[], output="table"), step("d", "save_dataset", name="kept"),
        step("o", "output"), "r.value > d.rows", "d.text > o.result",
    )  # fmt: skip
    first = await run(workflows, sheet)
    again = await workflows.wait((await workflows.replay(first.id)).id)
    assert again.outputs == first.outputs
    versions = Counter(dataset.version for dataset in await rooms.datasets.list())
    assert versions == {1: 1}


async def test_a_step_that_fails_can_take_another_way(workflows: Workflows) -> None:
    sheet = graph(
        step("p", "python", code="return 1 / 0", inputs=[]), step("good", "prompt", template="good {{v}}"),
        step("bad", "prompt", template="bad: {{e.message.en}}"), step("m", "merge"), step("o", "output"),
        "p.value > good.v", "p.error > bad.e", "good.text > m.values", "bad.text > m.values", "m.value > o.result",
    )  # fmt: skip
    sheet.node("p").on_error = "branch"
    done = await run(workflows, sheet)
    assert done.status == "completed" and "ZeroDivisionError" in done.outputs["result"]
    sheet.node("p").params["code"] = "return 1"
    assert (await run(workflows, sheet)).outputs == {"result": "good 1"}


async def test_a_step_that_fails_can_have_a_value_instead(workflows: Workflows) -> None:
    sheet = graph(step("p", "python", code="return 1 / 0", inputs=[]), step("o", "output"), "p.value > o.result")
    sheet.node("p").on_error, sheet.node("p").default = "default", {"value": "unknown"}
    assert (await run(workflows, sheet)).outputs == {"result": "unknown"}


async def test_a_workflow_may_bound_how_many_steps_run_at_once(workflows: Workflows) -> None:
    sheet = graph(*(step(f"p{n}", "python", code="return 1", inputs=[]) for n in range(6)))
    sheet.concurrency = 2
    done = await run(workflows, sheet)
    running, most, queued = 0, 0, 0
    async for event in workflows.events(done.id):
        running += (event.kind == "started") - (event.kind == "finished")
        queued += event.kind == "queued"
        most = max(most, running)
    assert done.status == "completed" and most == 2 and queued == 4


def test_edited_rows_keep_the_types_of_their_columns_as_far_as_they_fit() -> None:
    before = pyarrow.table({"at": pyarrow.array([0], pyarrow.timestamp("s")), "n": pyarrow.array([1], pyarrow.int16())})
    after = table_like([{"at": "2026-03-01T08:00:00", "n": 2}, {"at": None, "n": 3, "new": "x"}], before)
    assert [str(field.type) for field in after.schema] == ["timestamp[s]", "int16", "string"]
    assert [str(field.type) for field in table_like([{"n": "many"}], before).schema] == ["string"]
    assert table_like([], before).schema == before.schema
