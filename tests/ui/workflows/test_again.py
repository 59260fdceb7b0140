"""Runs of a part of a workflow from the canvas, and past runs stepped through."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt

from studio.engine.errors import StudioError
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas.commands import Edit
from studio.ui.canvas.menu import context_menu
from studio.ui.canvas.model import STATE_ICONS
from studio.ui.canvas.node_paint import footer_words
from studio.ui.language import tr
from studio.ui.views.runs_parts.words import look
from studio.ui.views.workflows import Workflows
from studio.ui.views.workflows_parts import again, stored
from studio.ui.views.workflows_parts.stored import EditValue
from tests.ui.workflows.test_workflows_view import greeting

CONTROL = Qt.KeyboardModifier.ControlModifier
ROWS = "return [{'n': number} for number in range(5)]"


def mapped() -> Graph:
    """Five rows, each squared in a frame, then counted."""
    return Graph(
        name="Mapped",
        nodes=[
            Node(id="rows", type="python", params={"code": ROWS, "inputs": [], "output": "table"}, position=(0, 0)),
            Node(id="map", type="map", title="Each", params={"fields": ["n"], "results": ["square"]}, position=(280, 0)),
            Node(id="square", type="python", params={"code": "return value ** 2"}, position=(400, 80), parent="map"),
            Node(id="count", type="python", params={"code": "return len(value)"}, position=(1000, 0)),
        ],
        edges=[
            Edge(source="rows", source_port="value", target="map", target_port="rows"),
            Edge(source="map", source_port="n", target="square", target_port="value"),
            Edge(source="square", source_port="value", target="map", target_port="square"),
            Edge(source="map", source_port="table", target="count", target_port="value"),
        ],
    )  # fmt: skip


@pytest.fixture
def opened(desk):
    """Opens a workflow and runs all of it."""

    def open_(graph: Graph, inputs: dict[str, object]) -> Workflows:
        made = desk.wait(desk.engine.workflows.create(graph.name, graph))
        view = desk.window.current_view()
        view.open_workflow(made.id)
        desk.until(lambda: view.sheet is not None)
        view.starting.start(inputs)
        desk.until(lambda: view.sheet.settled)
        return view

    return open_


def rerun(desk, view, act) -> dict[str, str]:
    """The states after another run that `act` begins."""
    before = view.sheet.run.execution_id
    act()
    desk.until(lambda: view.sheet.run.execution_id != before and view.sheet.settled)
    return {name: item.live.state for name, item in view.sheet.canvas.sheet.nodes.items()}


def test_a_run_from_a_step_takes_what_comes_before_from_the_run_that_is_shown(desk, opened):
    view = opened(greeting(), {"who": "Marta"})
    view.sheet.canvas.sheet.choose(["python"])
    view.sheet.canvas.setFocus()
    states = rerun(
        desk,
        view,
        lambda: desk.qtbot.keyClick(view.sheet.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier),
    )
    assert states["start"] == states["prompt"] == "cached"
    assert states["python"] in ("done", "cached") and states["output"] in ("done", "cached")


def test_one_step_runs_alone_with_its_new_settings(desk, opened):
    view = opened(greeting(), {"who": "Marta"})
    node = view.sheet.document.nodes["python"]
    changed = node.model_copy(update={"params": {**node.params, "code": "return [{'letters': -1}]"}})
    view.sheet.document.undo.push(Edit(view.sheet.document, changed))
    view.sheet.canvas.sheet.choose(["python"])
    titles = [action.text().split("\t")[0] for action in context_menu(view.sheet.canvas, None).actions()]
    assert titles[:2] == ["Run from here", "Run this node"] and "Try one row" not in titles
    states = rerun(desk, view, lambda: again.run_only(view.sheet, "python"))
    assert (states["python"], states["output"]) == ("done", "left_out")
    kept = desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id))
    under_runs = look(kept.node_results["output"]["status"])
    output = view.sheet.canvas.sheet.nodes["output"]
    assert tr(under_runs.words).lower() == footer_words(output.live) == "not in this run"
    assert under_runs.icon == STATE_ICONS[output.live.state][0]
    value = desk.wait(desk.engine.workflows.output(view.sheet.run.execution_id, "python", "value"))
    assert value.to_pylist() == [{"letters": -1}]


def test_one_row_of_a_map_is_tried_without_what_follows(desk, opened):
    view = opened(mapped(), {})
    view._choose(["square"])
    assert view.inspector.try_row.isVisibleTo(view.inspector)
    states = rerun(desk, view, lambda: desk.qtbot.mouseClick(view.inspector.try_row, Qt.MouseButton.LeftButton))
    table = desk.wait(desk.engine.workflows.output(view.sheet.run.execution_id, "map", "table"))
    assert table.to_pylist() == [{"n": 0, "square": 0}]
    assert states["map"] == "done" and states["count"] == "left_out" and states["square"] == "done"


def test_a_past_run_opens_on_the_canvas_says_what_changed_since_and_is_stepped_through(desk, opened):
    view = opened(greeting(), {"who": "Marta"})
    past = view.sheet.run.execution_id
    node = view.sheet.document.nodes["prompt"]
    view.sheet.document.undo.push(Edit(view.sheet.document, node.model_copy(update={"params": {"template": "Bye"}})))
    view.open_workflow(view.sheet.workflow.id, execution=None)
    view.sheet.watch(past)
    desk.until(lambda: view.sheet.settled and view.sheet.lives()["prompt"].stale)
    assert not view.sheet.lives()["python"].stale
    items = view.sheet.canvas.sheet.nodes
    desk.until(view.bottom.earlier.isVisible)
    seen = []
    while view.bottom.earlier.isEnabled():
        desk.qtbot.mouseClick(view.bottom.earlier, Qt.MouseButton.LeftButton)
        seen.append({name: items[name].live.state for name in ("start", "prompt", "output")})
    assert seen[-1] == {"start": "waiting", "prompt": "waiting", "output": "waiting"}
    assert {"start": "done", "prompt": "running", "output": "waiting"} in seen
    while view.bottom.later.isEnabled():
        desk.qtbot.mouseClick(view.bottom.later, Qt.MouseButton.LeftButton)
    assert {item.live.state for item in items.values()} == {"done"}


def test_a_stored_value_is_edited_and_the_run_goes_on_with_it(desk, opened):
    view = opened(mapped(), {})
    preview = view.bottom.preview
    view.bottom.show_tab("data")
    view.choose_step("rows")
    desk.until(preview.edit.isVisible)

    def dialog() -> EditValue:
        preview.edit.click()
        desk.until(lambda: any(one.isVisible() for one in view.window().findChildren(EditValue)))
        return next(one for one in view.window().findChildren(EditValue) if one.isVisible())

    ask = dialog()
    assert json.loads(ask.editor.text())[4] == {"n": 4}
    ask.editor.set_text("[{")
    ask.agree.click()
    assert ask.isVisible() and "no JSON" in ask.problem.text()  # what cannot be read starts nothing
    ask.editor.setFocus()
    desk.qtbot.keyClick(ask.editor, Qt.Key.Key_Tab)
    assert not ask.editor.hasFocus() and ask.editor.text() == "[{"  # the keyboard leads out again
    ask.editor.set_text('[{"n": 10}, {"n": 20}]')
    states = rerun(desk, view, lambda: desk.qtbot.keyClick(ask.editor, Qt.Key.Key_Return, CONTROL))
    assert states["count"] == "done" and states["rows"] != "done"  # only what depends on it ran
    value = desk.wait(desk.engine.workflows.output(view.sheet.run.execution_id, "count", "value"))
    assert value == 2
    # a step that was taken over shows what it gave, too
    view.choose_step("rows")
    desk.until(lambda: preview.pages.currentWidget() is preview.table)
    assert preview.figures.text().startswith("2 rows")


def test_an_edit_that_cannot_be_run_stays_in_its_dialog_and_a_long_text_is_not_offered(desk, opened, monkeypatch):
    view = opened(mapped(), {})
    edited = stored.EditValue(view.sheet, "no such run", "rows", "value", [1], "[1]")
    edited.open()
    edited.editor.set_text("[1, 2]")
    edited.agree.click()
    desk.until(edited.problem.isVisible)
    assert edited.isVisible() and edited.editor.text() == "[1, 2]" and edited.agree.isEnabled()
    edited.reject()
    told: list[StudioError] = []
    monkeypatch.setattr(desk.window.studio.bridge, "unhandled", told.append)
    monkeypatch.setattr(stored, "MOST_WORDS", 0)
    stored.edit(view.sheet, "count", "value")
    desk.until(lambda: told)
    assert "characters" in told[0].message.en
