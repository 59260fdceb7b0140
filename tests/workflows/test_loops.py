"""Steps that run again: loop-backs, loops and their nests."""

from __future__ import annotations

from typing import Any

import pytest

from studio.engine.errors import StudioError
from studio.engine.workflows import file, library
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import field, graph, step, wire


def back(text: str, passes: int) -> Edge:
    return wire(text).model_copy(update={"passes": passes})


def with_backs(sheet: Graph, *backs: Edge) -> Graph:
    return sheet.model_copy(update={"edges": [*sheet.edges, *backs]})


async def run(workflows: Workflows, sheet: Graph, **inputs: Any) -> Execution:
    return await workflows.wait((await workflows.start(sheet, inputs)).id)


COUNT = with_backs(
    graph(
        step("s", "start", fields=[field("n", "number")]), step("add", "python", code="return value + 1"),
        step("more", "condition", expression="value < 5"), step("o", "output"),
        "s.n > add.value", "add.value > more.value", "more.false > o.result",
    ),
    back("more.true > add.value", 10),
)  # fmt: skip


async def test_a_loop_back_goes_round_until_it_carries_nothing(workflows: Workflows) -> None:
    done = await run(workflows, COUNT, n=2)
    assert done.status == "completed", done.error
    assert done.outputs == {"result": 5}
    passes = [e.data["at"] async for e in workflows.events(done.id) if e.kind == "finished" and e.step == "add"]
    assert passes == [[0], [1], [2]]


async def test_what_a_step_in_a_loop_saves_is_an_output_as_its_last_pass_left_it(
    workflows: Workflows, rooms: Any
) -> None:
    sheet = graph(
        step("s", "start", fields=[field("n", "number")]), step("add", "python", code="return value + 1"),
        step("rows", "python", code="return [{'n': value}]", output="table"), step("kept", "save_dataset", name="counted"),
        step("more", "condition", expression="value < 3"),
        "s.n > add.value", "add.value > rows.value", "rows.value > kept.rows",
        "kept.version > more.value",
    )  # fmt: skip
    done = await run(workflows, with_backs(sheet, back("more.true > add.value", 5)), n=0)
    assert done.status == "completed", done.error
    assert done.outputs["version"] == 3 == (await rooms.datasets.get("counted")).version


async def test_a_loop_back_without_an_end_says_where_and_what_to_do(workflows: Workflows) -> None:
    sheet = COUNT.model_copy(deep=True)
    sheet.node("more").params["expression"] = "value < 100000"
    done = await run(workflows, sheet, n=0)
    assert done.status == "failed" and done.error
    assert "went round 10 times" in done.error["message"]["en"] and "limit of passes" in done.error["repair"]["en"]


async def test_loop_backs_lie_in_each_other(workflows: Workflows) -> None:
    """The inner one counts n up to 3; the outer one does so three times and adds what came of it."""
    sheet = with_backs(
        graph(
            step("s", "start", fields=[field("n", "json")]),
            step("open", "python", code="return {'total': value['total'], 'n': 0}"),
            step("inner", "python", code="return {'total': value['total'], 'n': value['n'] + 1}"),
            step("again", "condition", expression="value.n < 3"),
            step("close", "python", code="return {'total': value['total'] + value['n'], 'n': 0}"),
            step("whole", "condition", expression="value.total < 9"), step("o", "output"),
            "s.n > open.value", "open.value > inner.value", "inner.value > again.value", "again.false > close.value",
            "close.value > whole.value", "whole.false > o.result",
        ),
        back("again.true > inner.value", 10), back("whole.true > open.value", 10),
    )  # fmt: skip
    done = await run(workflows, sheet, n={"total": 0})
    assert done.status == "completed", done.error
    assert done.outputs == {"result": {"total": 9, "n": 0}}
    places = [e.data["at"] async for e in workflows.events(done.id) if e.kind == "finished" and e.step == "inner"]
    assert places == [[outer, inner] for outer in range(3) for inner in range(3)]


async def test_a_loop_back_works_inside_a_map(workflows: Workflows) -> None:
    sheet = with_backs(
        graph(
            step("s", "start", fields=[field("rows", "json")]), step("t", "python", output="table"),
            step("m", "map", fields=["n"], results=["end"]), step("double", "python", "m", code="return value * 2"),
            step("more", "condition", "m", expression="value < 50"), step("o", "output"),
            "s.rows > t.value", "t.value > m.rows", "m.n > double.value", "double.value > more.value", "more.false > m.end",
            "m.table > o.result",
        ),
        back("more.true > double.value", 20),
    )  # fmt: skip
    done = await run(workflows, sheet, rows=[{"n": 1}, {"n": 30}])
    assert done.status == "completed", done.error
    assert [row["end"] for row in done.outputs["result"]] == [64, 60]


async def test_a_loop_frame_runs_until_its_condition_holds(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start", fields=[field("n", "number")]),
        step("l", "loop", variables=["n"], until="n >= 100", passes=20), step("d", "python", "l", code="return n * 3", inputs=["n"]),
        step("o", "output", names=["n", "passes"]),
        "s.n > l.n", "l.n > d.n", "d.value > l.n", "l.n > o.n", "l.number > o.passes",
    )  # fmt: skip
    assert (await run(workflows, sheet, n=2)).outputs == {"n": 162, "passes": 4}
    sheet.node("l").params["passes"] = 2
    ended = await run(workflows, sheet, n=2)
    assert ended.status == "failed" and ended.error and "2 times" in ended.error["message"]["en"]


async def test_items_of_lists_run_side_by_side_and_lists_of_lists_become_one(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start", fields=[field("words", "json")]), step("e", "for_each", results=["letters"], flatten=True),
        step("p", "python", "e", code="return list(item)", inputs=["item"]), step("o", "output"),
        "s.words > e.items", "e.item > p.item", "p.value > e.letters", "e.letters > o.result",
    )  # fmt: skip
    assert (await run(workflows, sheet, words=["ab", "c"])).outputs == {"result": ["a", "b", "c"]}


def test_the_judge_tells_a_circle_from_a_loop_back() -> None:
    plain = COUNT.model_copy(deep=True)
    plain.edges[-1] = plain.edges[-1].model_copy(update={"passes": None, "target": "s"})
    with pytest.raises(StudioError, match="no input"):
        library.check_link(plain, plain.edges[-1])
    plain.edges[-1] = wire("more.true > add.value")
    assert any(
        "circle" in problem.message.en or "already has" in problem.message.en for problem in library.problems(plain)
    )
    forward = back("s.n > more.value", 3)
    with pytest.raises(StudioError, match="comes before it"):
        library.check_link(COUNT, forward)
    library.check_link(COUNT, COUNT.edges[-1])


def test_a_step_that_only_a_loop_back_feeds_still_needs_a_wire() -> None:
    sheet = COUNT.model_copy(deep=True)
    sheet.edges = [edge for edge in sheet.edges if edge.source != "s"]
    assert any(problem.node_id == "add" and "needs a wire" in problem.message.en for problem in library.problems(sheet))


def test_loop_backs_are_in_the_file() -> None:
    assert file.read(file.write(COUNT)).edges[-1].passes == 10
    assert isinstance(COUNT.nodes[0], Node)
