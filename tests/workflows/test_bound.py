"""Parameters bound to ports, variables and expressions; steps that are bypassed or muted; variants."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows import file
from studio.engine.workflows.binding import Binding
from studio.engine.workflows.bypass import through
from studio.engine.workflows.graph import Node
from studio.engine.workflows.library import ports_of
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import field, graph, step
from tests.workflows.test_run import run


def bound(node_id: str, kind: str, bindings: dict[str, Binding], **params: Any) -> Node:
    return Node(id=node_id, type=kind, params=params, bound=bindings)


PORT = Binding(kind="port")
SHEET = graph(
    step("s", "start", fields=[field("words"), field("limit", "number", default=4)]),
    bound("p", "prompt", {"template": Binding(kind="variable", value="greeting")}),
    bound("x", "python", {"code": PORT}, inputs=["text"]),
    step("o", "output", names=["told", "counted"]),
    "s.words > x.text", "s.words > x.code", "p.text > o.told", "x.value > o.counted",
)  # fmt: skip


async def test_a_parameter_takes_its_value_from_a_port_or_a_variable(workflows: Workflows) -> None:
    sheet = SHEET.model_copy(update={"variables": {"greeting": "Good morning"}})
    done = await run(workflows, sheet, words="return len(text)")
    assert done.status == "completed", done.error
    assert done.outputs == {"told": "Good morning", "counted": 16}
    given = await run(
        workflows, sheet, words="return 1", greeting="Hello"
    )  # a run's own value goes before the workflow's
    assert given.outputs["told"] == "Hello"


async def test_an_expression_counts_over_inputs_and_variables_and_its_value_is_checked(workflows: Workflows) -> None:
    find = {"limit": Binding(kind="expression", value="min(wanted, variables.most)")}
    sheet = graph(
        step("s", "start", fields=[field("q"), field("n", "number")]),
        bound("find", "retriever", find, collection="handbook"),
        step("o", "output"),
        "s.q > find.query", "s.n > find.wanted", "find.chunks > o.result",
    ).model_copy(update={"variables": {"most": 1}})  # fmt: skip
    assert [port.name for port in ports_of(sheet.node("find")).inputs] == ["query", "wanted"]
    done = await run(workflows, sheet, q="pump", n=7)
    assert done.status == "completed" and len(done.outputs["result"]) == 1, done.error
    refused = await run(workflows, sheet, q="pump", n=-3)
    assert refused.status == "failed" and refused.error
    assert "limit" in refused.error["message"]["en"] and refused.error["fix"] == {"kind": "edit", "target": "limit"}


def test_what_is_wrong_with_a_binding_is_said_before_a_run(workflows: Workflows) -> None:
    bad = {
        "temperature": Binding(kind="variable", value="warmth"),
        "system": Binding(kind="expression", value="1 +"),
        "colour": PORT,
        "max_tokens": PORT,
    }
    sheet = graph(step("s", "start"), bound("llm", "llm", bad), "s.question > llm.prompt")
    said = " ".join(problem.message.en for problem in workflows.problems(sheet))
    assert "no variable “warmth”" in said and "does not parse" in said and "no setting “colour”" in said
    assert "“Max new tokens” needs a wire" in said


def test_bindings_and_variables_come_back_from_both_forms_of_file() -> None:
    sheet = SHEET.model_copy(update={"variables": {"greeting": "Hi", "n": 3}})
    sheet.nodes = [*sheet.nodes, Node(id="v", type="python", variant_of="x", mute=True)]
    for form in ("json", "yaml", "1.0"):
        back = file.read(file.as_text(sheet, form))
        assert back.variables == sheet.variables
        assert [(n.bound, n.mute, n.variant_of) for n in back.nodes] == [
            (n.bound, n.mute, n.variant_of) for n in sheet.nodes
        ]


async def test_a_bypassed_step_passes_on_by_type_and_a_muted_one_stops_what_needs_it(workflows: Workflows) -> None:
    parts = (
        step("s", "start"), step("find", "retriever", collection="handbook"), step("o", "output", names=["said", "cited", "asked"]),
        "s.question > find.query", "s.question > llm.prompt", "find.chunks > llm.passages",
        "llm.text > o.said", "llm.citations > o.cited", "s.question > o.asked",
    )  # fmt: skip
    past = await run(workflows, graph(*parts, Node(id="llm", type="llm", bypass=True)), question="Which pump?")
    assert past.outputs["said"] == past.outputs["asked"] == "Which pump?" and len(past.outputs["cited"]) == 2
    assert through(ports_of(Node(id="llm", type="llm"))) == {"text": ("prompt", None), "citations": ("passages", None)}

    shout = step("shout", "python", code="return text.upper()", inputs=["text"])
    muted = graph(*parts, Node(id="llm", type="llm", mute=True), shout, "llm.text > shout.text", name="muted")
    started = await workflows.start(muted, {"question": "Which pump?"})
    skipped = {e.step: e.data.get("by") async for e in workflows.events(started.id) if e.kind == "skipped"}
    done = await workflows.execution(started.id)
    assert skipped == {"llm": "mute", "shout": None}
    assert done.status == "completed" and "said" not in done.outputs and done.outputs["asked"] == "Which pump?"


async def test_a_variant_shares_inputs_and_its_failure_stops_nothing(workflows: Workflows) -> None:
    sheet = graph(
        step("s", "start"), step("x", "python", code="return text + '!'", inputs=["text"]),
        Node(id="x2", type="python", variant_of="x", params={"code": "return text + '?'", "inputs": ["text"]}),
        Node(id="x3", type="python", variant_of="x", params={"code": "raise ValueError(text)", "inputs": ["text"]}),
        step("o", "output", names=["one", "two"]),
        "s.question > x.text", "x.value > o.one", "x2.value > o.two",
    )  # fmt: skip
    done = await run(workflows, sheet, question="so")
    assert done.status == "completed" and done.outputs == {"one": "so!", "two": "so?"}
    assert done.node_results["x3"]["status"] == "failed"
    circle = sheet.model_copy(deep=True)
    circle.edges[0].source, circle.edges[0].source_port = "x2", "value"
    assert any("circle" in problem.message.en for problem in workflows.problems(circle))
