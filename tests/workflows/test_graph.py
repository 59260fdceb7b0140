"""The judge of links."""

from __future__ import annotations

import itertools
import sys

import pytest

from studio.engine.workflows import library
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.links import BadLink
from tests.workflows.graphs import field, graph, step, wire


def why_not(sheet: Graph, link: str) -> BadLink:
    with pytest.raises(BadLink) as caught:
        library.check_link(sheet, wire(link))
    return caught.value


def test_a_link_between_fitting_ports_is_good() -> None:
    sheet = graph(step("s", "start"), step("r", "retriever", collection="h"))
    library.check_link(sheet, wire("s.question > r.query"))


def test_a_number_is_taken_as_text_but_a_table_is_not_and_a_converter_is_named() -> None:
    sheet = graph(
        step("s", "start", fields=[field("n", "number")]), step("d", "dataset", dataset="x"), step("l", "llm")
    )
    library.check_link(sheet, wire("s.n > l.prompt"))
    error = why_not(sheet, "d.table > l.prompt")
    assert error.converter == "prompt"
    assert "takes text, not table" in error.message.en
    assert "需要文本" in error.message.zh


def test_a_used_input_takes_no_second_wire_unless_it_takes_many() -> None:
    sheet = graph(
        step("s", "start"),
        step("t", "start"),
        step("l", "llm"),
        step("m", "merge"),
        "s.question > l.prompt",
        "s.question > m.values",
    )
    assert "already has a wire" in why_not(sheet, "t.question > l.prompt").message.en
    library.check_link(sheet, wire("t.question > m.values"))


def test_a_circle_is_refused_however_long() -> None:
    chain = [step(f"p{n}", "prompt", template="{{x}}") for n in range(300)]
    sheet = graph(*chain, *[f"p{n}.text > p{n + 1}.x" for n in range(299)])
    assert "circle" in why_not(sheet, "p299.text > p0.x").message.en
    assert "itself" in why_not(sheet, "p5.text > p5.x").message.en


def test_only_the_wires_of_a_circle_are_called_one() -> None:
    sheet = graph(
        step("s", "start"), step("a", "prompt", template="{{x}} {{y}}"), step("b", "prompt", template="{{x}}"), step("o", "answer"),
        "s.question > a.x", "b.text > a.y", "a.text > b.x", "b.text > o.text",
    )  # fmt: skip
    assert {problem.port for problem in library.problems(sheet) if "circle" in problem.message.en} == {"y", "x"}
    assert {problem.node_id for problem in library.problems(sheet)} == {"a", "b"}


def test_the_work_of_judging_grows_with_the_wires_and_not_with_their_square() -> None:
    def calls(steps: int) -> int:
        chain = [step(f"p{n}", "prompt", template="{{x}}") for n in range(steps)]
        wires = [f"p{n}.text > p{n + 1}.x" for n in range(steps - 1)]
        sheet, counted = graph(step("s", "start"), *chain, "s.question > p0.x", *wires), itertools.count()
        sys.setprofile(lambda *_: next(counted))
        try:
            assert library.problems(sheet) == []
        finally:
            sys.setprofile(None)
        return next(counted)

    calls(10)  # what is learned once
    assert calls(1000) < 4.5 * calls(250)


def test_a_port_that_is_not_there_is_named() -> None:
    sheet = graph(step("s", "start"), step("l", "llm"))
    assert "no output “answer”" in why_not(sheet, "s.answer > l.prompt").message.en
    assert "no input “text”" in why_not(sheet, "s.question > l.text").message.en


def map_sheet() -> Graph:
    return graph(
        step("d", "dataset", dataset="x"), step("m", "map", fields=["body"], results=["reply"]), step("p", "prompt", "m", template="{{body}}"),
        step("o", "output"), "d.table > m.rows", "m.body > p.body", "p.text > m.reply", "m.table > o.result",
    )  # fmt: skip


def test_steps_in_a_frame_take_from_its_inside_and_leave_through_its_results() -> None:
    sheet = map_sheet()
    assert library.problems(sheet) == []
    assert "leaves through a result port" in why_not(sheet, "p.text > o.result").message.en


def test_a_step_in_a_frame_may_take_a_value_from_outside() -> None:
    sheet = map_sheet()
    sheet.nodes.append(step("s", "start"))
    sheet.nodes.append(step("q", "prompt", "m", template="{{question}}"))
    library.check_link(sheet, wire("s.question > q.question"))


def test_a_value_from_behind_the_frame_cannot_go_into_it() -> None:
    sheet = map_sheet()
    sheet.nodes += [step("after", "python", inputs=["value"]), step("q", "prompt", "m", template="{{x}}")]
    sheet.edges.append(wire("m.table > after.value"))
    assert "circle" in why_not(sheet, "after.value > q.x").message.en


def test_problems_name_the_step_the_port_and_the_field() -> None:
    sheet = graph(step("r", "retriever"), step("x", "hologram"), step("p", "prompt", template="{{a}} {{b}}"))
    found = {(problem.node_id, problem.port): problem.message for problem in library.problems(sheet)}
    assert "Collection" in found["r", ""].en or "“Query” needs a wire" in found["r", "query"].en
    assert "no node “hologram”" in found["x", ""].en
    assert {("p", "a"), ("p", "b")} <= set(found)
    assert all(message.zh for message in found.values())


def test_a_muted_step_has_no_problems() -> None:
    node = Node(id="r", type="retriever", bypass=True)
    assert library.problems(Graph(nodes=[node])) == []


def test_ids_for_new_steps_are_readable_and_free() -> None:
    sheet = graph(step("sql", "sql"), step("sql_2", "sql"))
    assert (sheet.fresh_id("sql"), sheet.fresh_id("llm")) == ("sql_3", "llm")


def test_a_graph_is_plain_data() -> None:
    sheet = map_sheet()
    assert Graph.model_validate_json(sheet.model_dump_json()) == sheet
    assert (
        Edge(source="a", source_port="b", target="c", target_port="d").id
        != Edge(source="a", source_port="b", target="c", target_port="d").id
    )
