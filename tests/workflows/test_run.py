"""Graphs that run: order, branches, maps, failures, cache, stopping."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import psutil
import pyarrow
import pytest

from studio.engine.errors import BadState, Invalid, NotFound
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph, Node, Retry
from studio.engine.workflows.service import RunProgressed, Workflows
from studio.engine.workflows.telling import line_of
from tests.workflows.graphs import field, graph, step

ANSWER = graph(
    step("start", "start"), step("find", "retriever", collection="handbook"), step("ask", "prompt", template="Q: {{question}}"),
    step("llm", "llm", system="Be brief."), step("answer", "answer"),
    "start.question > find.query", "start.question > ask.question", "ask.text > llm.prompt", "find.chunks > llm.passages",
    "llm.text > answer.text", "llm.citations > answer.sources",
)  # fmt: skip


async def run(workflows: Workflows, sheet: Graph, **inputs: Any) -> Execution:
    started = await workflows.start(sheet, inputs)
    return await workflows.wait(started.id)


async def test_a_question_becomes_a_cited_answer(workflows: Workflows) -> None:
    done = await run(workflows, ANSWER, question="How long is the warranty?")
    assert done.status == "completed", done.error
    assert "warranty" in done.outputs["answer"] and done.outputs["answer"].endswith("[1]")
    assert [source["page"] for source in done.outputs["sources"]] == [1]
    assert {step["status"] for step in done.node_results.values()} == {"completed"}
    assert done.node_results["llm"]["tokens"] > 0


async def test_events_tell_the_run_in_order_with_text_as_it_comes(workflows: Workflows) -> None:
    started = await workflows.start(ANSWER, {"question": "warranty?"})
    events = [event async for event in workflows.events(started.id)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    kinds = [(event.kind, event.step) for event in events]
    assert kinds[0] == ("run_started", "") and kinds[-1] == ("run_finished", "")
    assert kinds.index(("started", "find")) < kinds.index(("finished", "find")) < kinds.index(("started", "llm"))
    text = "".join(event.data["text"] for event in events if event.kind == "token")
    assert text == await workflows.output(started.id, "llm", "text")


async def test_every_reader_sees_all_events_early_or_late(workflows: Workflows) -> None:
    started = await workflows.start(ANSWER, {"question": "warranty?"})

    async def read(after: int = 0) -> list[int]:
        return [event.seq async for event in workflows.events(started.id, after)]

    early = await asyncio.gather(read(), read(), read(after=3))
    late = await read()
    assert early[0] == early[1] == late == list(range(1, len(late) + 1))
    assert early[2] == late[3:]


async def test_the_record_of_a_run_tells_the_same_times_as_its_journal(workflows: Workflows) -> None:
    done = await run(
        workflows,
        graph(step("start", "start"), step("out", "output", names=["a"]), "start.question > out.a"),
        question="1",
    )
    events = [event async for event in workflows.events(done.id)]
    assert (done.started_at, done.completed_at) == (events[0].at, events[-1].at)


async def test_the_window_hears_what_is_already_on_disk(workflows: Workflows, rooms: SimpleNamespace) -> None:
    heard: list[RunProgressed] = []
    rooms.events.subscribe(RunProgressed, heard.append)
    done = await run(workflows, ANSWER, question="warranty?")
    assert heard[-1].event.kind == "run_finished" and {told.execution_id for told in heard} == {done.id}


async def test_a_second_run_takes_its_answers_from_the_cache(workflows: Workflows, rooms: SimpleNamespace) -> None:
    first = await run(workflows, ANSWER, question="warranty?")
    asked = len(rooms.models.asked)
    second = await run(workflows, ANSWER, question="warranty?")
    assert second.outputs == first.outputs and len(rooms.models.asked) == asked
    assert [second.node_results[name]["cached"] for name in ("start", "find", "llm")] == [False, True, True]
    await run(workflows, ANSWER, question="price?")
    assert len(rooms.models.asked) == asked + 1


async def test_the_cache_outlives_the_program_and_a_step_can_refuse_it(rooms: SimpleNamespace) -> None:
    for turn, cached in ((0, False), (1, True)):
        room = Workflows(rooms)
        await room.open()
        assert (await run(room, ANSWER, question="warranty?")).node_results["llm"]["cached"] is cached, turn
        await room.close()
    room = Workflows(rooms)
    await room.open()
    sheet = ANSWER.model_copy(deep=True)
    sheet.node("llm").cache = "off"
    assert (await run(room, sheet, question="warranty?")).node_results["llm"]["cached"] is False
    await room.close()


FORK = graph(
    step("s", "start", fields=[field("n", "number")]), step("c", "condition", expression="value > 10"),
    step("big", "prompt", template="{{n}} is big"), step("small", "prompt", template="{{n}} is small"), step("m", "merge"),
    step("o", "answer"),
    "s.n > c.value", "c.true > big.n", "c.false > small.n", "big.text > m.values", "small.text > m.values", "m.value > o.text",
)  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "skipped"), [(11, "11 is big", "small"), (3, "3 is small", "big")])
async def test_a_condition_takes_one_way_and_the_other_is_skipped(
    workflows: Workflows, number: int, answer: str, skipped: str
) -> None:
    done = await run(workflows, FORK, n=number)
    assert done.outputs == {"answer": answer}
    assert done.node_results[skipped]["status"] == "skipped"


async def test_sql_runs_over_the_tables_that_come_in_and_over_nothing_else(workflows: Workflows) -> None:
    rows = [{"region": "华南", "n": 2}, {"region": "华北", "n": 3}, {"region": "华南", "n": 5}]
    sheet = graph(
        step("s", "start", fields=[field("rows", "json")]), step("t", "python", code="return value", output="table"),
        step("q", "sql", sql="SELECT region, sum(n) AS n FROM orders GROUP BY 1 ORDER BY 2", tables=["orders"]), step("o", "output"),
        "s.rows > t.value", "t.value > q.orders", "q.table > o.result",
    )  # fmt: skip
    assert (await run(workflows, sheet, rows=rows)).outputs["result"] == [
        {"region": "华北", "n": 3},
        {"region": "华南", "n": 7},
    ]
    sheet.node("q").params["sql"] = "SELECT * FROM read_text('/etc/passwd')"
    refused = await run(workflows, sheet, rows=rows)
    assert refused.status == "failed" and refused.node_results["q"]["status"] == "failed"


def mapped(code: str, **params: Any) -> Graph:
    return graph(
        step("s", "start", fields=[field("n", "number")]), step("t", "python", code="return [{'i': i} for i in range(value)]", output="table"),
        step("m", "map", fields=["i"], results=["square"], **params), step("p", "python", "m", code=code, inputs=["i"]), step("o", "output"),
        "s.n > t.value", "t.value > m.rows", "m.i > p.i", "p.value > m.square", "m.table > o.result",
    )  # fmt: skip


async def test_a_map_runs_its_frame_for_every_row_and_keeps_their_order(workflows: Workflows) -> None:
    done = await run(workflows, mapped("return i * i"), n=6)
    assert done.outputs["result"] == [{"i": i, "square": i * i} for i in range(6)]
    assert done.node_results["p"]["rows"] == 6 and done.node_results["m"]["progress"]["done"] == 6


async def test_what_a_step_in_a_map_has_done_is_told_before_the_first_row_is_through(workflows: Workflows) -> None:
    sheet = graph(
        step("t", "python", code="return [{'i': 0}, {'i': 1}]", inputs=[], output="table"),
        step("m", "map", fields=["i"], results=["r"]), step("p", "prompt", "m", template="{{i}}"),
        step("w", "wait", "m", seconds=3_600), step("o", "output"),
        "t.value > m.rows", "m.i > p.i", "p.text > w.value", "w.value > m.r", "m.table > o.result",
    )  # fmt: skip
    started = await workflows.start(sheet, {})
    try:
        async with asyncio.timeout(200):
            async for event in workflows.events(started.id):
                if event.kind == "progress" and event.step == "p" and event.data["done"] == 2:
                    break
    finally:
        await workflows.stop(started.id)


@pytest.mark.parametrize(("policy", "rows"), [("keep", 4), ("skip", 3)])
async def test_a_failed_row_is_kept_with_its_reason_or_left_out(workflows: Workflows, policy: str, rows: int) -> None:
    done = await run(workflows, mapped("return 10 / (i - 1)", on_row_error=policy), n=4)
    assert done.status == "completed" and len(done.outputs["result"]) == rows
    if policy == "keep":
        assert "ZeroDivisionError" in done.outputs["result"][1]["error"]
    assert done.node_results["p"]["failed_rows"] == 1


async def test_a_failed_row_can_stop_the_run(workflows: Workflows) -> None:
    done = await run(workflows, mapped("return 10 / (i - 1)", on_row_error="stop"), n=4)
    assert done.status == "failed" and done.error and "ZeroDivisionError" in done.error["message"]["en"]


async def test_maps_can_lie_in_maps(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start", fields=[field("rows", "json")]), step("outer", "map", fields=["items", "name"], results=["lines"]),
        step("inner", "map", "outer", fields=["value"], results=["line"]), step("p", "prompt", "inner", template="{{name}}-{{value}}"),
        step("t", "python", output="table"), step("o", "output"), step("i", "python", "outer", output="table"),
        "s.rows > t.value", "t.value > outer.rows", "outer.items > i.value", "i.value > inner.rows", "inner.value > p.value", "outer.name > p.name",
        "p.text > inner.line", "inner.table > outer.lines", "outer.table > o.result",
    )  # fmt: skip
    done = await run(workflows, sheet, rows=[{"name": "a", "items": [1, 2]}, {"name": "b", "items": [3]}])
    assert done.status == "completed", done.error
    lines = [[line["line"] for line in row["lines"]] for row in done.outputs["result"]]
    assert lines == [["a-1", "a-2"], ["b-3"]]


async def test_a_failure_names_the_step_the_reason_and_stops_what_follows(workflows: Workflows) -> None:
    done = await run(
        workflows, graph(step("p", "python", code="return 1 / 0", inputs=[]), step("o", "output"), "p.value > o.result")
    )
    assert done.status == "failed" and done.error
    assert done.node_results["p"]["error"]["message"]["zh"].startswith("代码第 1 行出错")
    assert done.node_results["o"]["status"] == "unreached"


async def test_a_step_may_fail_without_ending_the_run(workflows: Workflows) -> None:
    failing = Node(id="p", type="python", params={"code": "return 1 / 0", "inputs": []}, on_error="default")
    sheet = graph(failing, step("o", "output"), "p.value > o.result")
    done = await run(workflows, sheet)
    assert (done.status, done.outputs, done.node_results["p"]["status"]) == ("completed", {"result": None}, "failed")


async def test_a_step_is_tried_again_and_timed(workflows: Workflows) -> None:
    slow = Node(
        id="p",
        type="python",
        params={"code": "while True: pass", "inputs": []},
        timeout=0.2,
        retry=Retry(times=1, wait=0.01),
    )
    started = await workflows.start(graph(slow))
    done = await workflows.wait(started.id)
    assert done.status == "failed" and done.error and "longer than 0.2 seconds" in done.error["message"]["en"]
    logged = [event.data async for event in workflows.events(started.id) if event.kind == "log"]
    assert len(logged) == 1 and logged[0]["line"].startswith("try 1 of 2: ")
    said = line_of(logged[0])
    assert said.zh.startswith("第 1 次尝试（共 2 次）：") and said.zh.endswith("秒。") and said.en == logged[0]["line"]


async def test_a_muted_step_hands_its_input_on(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start"),
        Node(id="p", type="python", bypass=True),
        step("o", "output"),
        "s.question > p.value",
        "p.value > o.result",
    )
    assert (await run(workflows, sheet, question="as it was")).outputs == {"result": "as it was"}


async def test_a_run_that_is_stopped_takes_its_processes_along(workflows: Workflows) -> None:
    endless = step("p", "python", code="while True: pass", inputs=[], seconds=60)
    started = await workflows.start(graph(endless, step("o", "output"), "p.value > o.result"))
    child = await _sandbox()
    done = await workflows.stop(started.id)
    assert done.status == "stopped" and not psutil.pid_exists(child)
    assert [event.kind async for event in workflows.events(started.id)][-1] == "run_stopped"
    assert workflows.running_count() == 0
    told = (await workflows.execution(started.id)).node_results
    assert {name: result["status"] for name, result in told.items()} == {"p": "stopped", "o": "unreached"}


async def _sandbox() -> int:
    while True:
        for child in psutil.Process().children():
            with suppress(psutil.Error):  # one that ends in this moment
                if any("sandbox_child" in part for part in child.cmdline()):
                    return child.pid
        await asyncio.sleep(0.01)


async def test_a_missing_field_is_named(workflows: Workflows) -> None:
    done = await run(workflows, ANSWER)
    assert done.status == "failed" and done.error and "“question” is empty" in done.error["message"]["en"]


async def test_a_graph_that_is_not_ready_does_not_start(workflows: Workflows) -> None:
    with pytest.raises(Invalid, match="needs a wire"):
        await workflows.start(graph(step("l", "llm")))
    with pytest.raises(Invalid, match="no steps"):
        await workflows.start(Graph())
    with pytest.raises(NotFound, match="nobody"):
        await workflows.start("nobody")


async def test_whole_tables_come_back_and_a_complete_run_is_not_resumed(workflows: Workflows) -> None:
    done = await run(workflows, mapped("return i"), n=3)
    table = await workflows.output(done.id, "m", "table")
    assert isinstance(table, pyarrow.Table) and table.num_rows == 3
    with pytest.raises(BadState):
        await workflows.resume(done.id)
    with pytest.raises(NotFound):
        await workflows.output(done.id, "m", "smell")


async def test_workflows_are_kept_changed_put_away_and_brought_back(workflows: Workflows) -> None:
    made = await workflows.create("问答", ANSWER, "demo")
    assert (await workflows.get("问答")).definition.node("llm").params == {"system": "Be brief."}
    changed = await workflows.update(made.id, name="Q&A")
    assert (changed.name, changed.definition.name, changed.version) == ("Q&A", "Q&A", 2)
    started = await workflows.start(made.id, {"question": "warranty?"})
    await workflows.wait(started.id)
    assert [run.workflow_name for run in await workflows.executions(made.id)] == ["Q&A"]
    await workflows.delete(made.id)
    assert await workflows.list() == []
    await workflows.restore(made.id)
    assert [kept.id for kept in await workflows.list()] == [made.id]
