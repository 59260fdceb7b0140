"""What differs between two graphs, said as a person would."""

from __future__ import annotations

from studio.engine.workflows.compare import compare
from studio.engine.workflows.graph import Frame, Graph, Note
from tests.workflows.graphs import field, graph, step, wire

BEFORE = graph(
    step("s", "start", fields=[field("v")]), step("p", "prompt", template="one\ntwo {{v}}\nthree"), step("old", "log"),
    step("o", "output"), "s.v > p.v", "p.text > old.value", "old.value > o.result", name="w",
)  # fmt: skip


def lines(after: Graph, before: Graph = BEFORE) -> list[str]:
    return [change.line().en for change in compare(before, after)]


def test_moving_and_resizing_is_no_difference() -> None:
    moved = BEFORE.model_copy(deep=True)
    for node in moved.nodes:
        node.position, node.size = (900, 900), (400, 300)
    assert compare(BEFORE, moved) == []


def test_steps_settings_and_wires_are_told_each_in_a_line() -> None:
    after = BEFORE.model_copy(deep=True)
    after.nodes = [node for node in after.nodes if node.id != "old"] + [step("new", "wait", seconds=2)]
    after.node("p").params["template"] = "one\n2 {{v}}\nthree"
    after.node("p").retry.times, after.node("s").title = 3, "Begin"
    after.edges = [after.edges[0], wire("p.text > new.value"), wire("new.value > o.result")]
    after.name = "w2"
    assert lines(after) == [
        "workflow name changed: w → w2", "setting s.title changed:  → Begin",
        'setting p.retry changed: {"times": 0, "wait": 1.0} → {"times": 3, "wait": 1.0}', "setting p.template changed",
        "step new.wait added", "step old.log removed", "wire p.text → new.value added", "wire new.value → o.result added",
        "wire p.text → old.value removed", "wire old.value → o.result removed",
    ]  # fmt: skip
    template = next(change for change in compare(BEFORE, after) if change.name == "template")
    assert template.lines == ["  one", "- two {{v}}", "+ 2 {{v}}", "  three"]
    assert template.line().zh == "修改设置 p.template"
    assert {change.what for change in compare(after, BEFORE)} == {"added", "removed", "changed"}


def test_notes_frames_and_loop_backs_count_too() -> None:
    after = BEFORE.model_copy(deep=True)
    after.notes, after.frames = [Note(id="n", text="why")], [Frame(id="f", title="Group")]
    assert lines(after) == ["note n added", "frame f added"]
    later = after.model_copy(deep=True)
    later.notes[0].text, later.frames = "because", []
    later.edges[1].passes = 5
    assert lines(later, after) == [
        "wire p.text → old.value changed: null → 5", "note n changed: why → because", "frame f removed",
    ]  # fmt: skip
