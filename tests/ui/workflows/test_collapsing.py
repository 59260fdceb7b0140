"""Steps that become a workflow of their own."""

from __future__ import annotations

import pytest

from studio.ui.canvas.menu import context_menu
from studio.ui.views.workflows import Workflows
from tests.ui.real import desk_with
from tests.ui.workflows.test_workflows_view import greeting


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Workflows, tmp_path, bridge, qtbot, monkeypatch) as made:
        yield made


def test_chosen_steps_become_a_sub_workflow_that_gives_the_same_and_can_be_entered(desk):
    made = desk.wait(desk.engine.workflows.create("Greeting", greeting()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    sheet = view.sheet
    before = sheet.document.graph.model_dump()
    sheet.canvas.sheet.choose(["prompt", "python"])
    menu = context_menu(sheet.canvas, None)
    next(action for action in menu.actions() if "Collapse" in action.text()).trigger()
    desk.until(lambda: "workflow" in sheet.document.nodes)
    assert {(e.source, e.target) for e in sheet.document.edges.values()} == {
        ("start", "workflow"), ("workflow", "output")
    }  # fmt: skip
    view._start({"who": "Marta"})
    desk.until(lambda: sheet.settled)
    (run, *_) = desk.wait(desk.engine.workflows.executions(made.id))
    assert run.status == "completed" and run.outputs == {"result": [{"letters": 11}]}
    view._opened("workflow")
    desk.until(lambda: view.sheet is not sheet)
    inner = view.sheet.document
    assert {node.type for node in inner.nodes.values()} == {"start", "prompt", "python", "output"}
    assert not [p for p in desk.engine.workflows.problems(inner.graph) if p.level == "error"]
    sheet.document.undo.undo()
    assert sorted(sheet.document.graph.model_dump()["edges"], key=str) == sorted(before["edges"], key=str)


def test_a_step_that_asks_for_the_runs_inputs_is_not_offered_to_collapse(desk):
    made = desk.wait(desk.engine.workflows.create("Greeting", greeting()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    view.sheet.canvas.sheet.choose(["start", "prompt"])
    assert not any("Collapse" in a.text() for a in context_menu(view.sheet.canvas, None).actions())
