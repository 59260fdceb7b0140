"""Steps that become a workflow of their own."""

from __future__ import annotations

from studio.engine.errors import StudioError
from studio.ui.canvas.menu import context_menu
from studio.ui.views.workflows_parts.commands import open_part
from tests.ui.workflows.test_workflows_view import greeting


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
    assert sheet.document.nodes["workflow"].position[1] == sheet.document.nodes["start"].position[1]
    assert {(e.source, e.target) for e in sheet.document.edges.values()} == {
        ("start", "workflow"), ("workflow", "output")
    }  # fmt: skip
    view.starting.start({"who": "Marta"})
    desk.until(lambda: sheet.settled)
    (run, *_) = desk.wait(desk.engine.workflows.executions(made.id))
    assert run.status == "completed" and run.outputs == {"result": [{"letters": 11}]}
    open_part(view, "workflow")
    desk.until(lambda: view.sheet is not sheet)
    inner = view.sheet.document
    assert {node.type for node in inner.nodes.values()} == {"start", "prompt", "python", "output"}
    assert not [p for p in desk.engine.workflows.problems(inner.graph) if p.level == "error"]
    sheet.document.undo.undo()
    assert sorted(sheet.document.graph.model_dump()["edges"], key=str) == sorted(before["edges"], key=str)


def test_a_step_that_asks_for_the_runs_inputs_is_named_as_the_reason_why_it_cannot_be_collapsed(desk, monkeypatch):
    told: list[StudioError] = []
    monkeypatch.setattr(desk.window.studio.bridge, "unhandled", told.append)
    made = desk.wait(desk.engine.workflows.create("Greeting", greeting()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    view.sheet.canvas.sheet.choose(["start", "prompt"])
    before = view.sheet.document.graph
    next(a for a in context_menu(view.sheet.canvas, None).actions() if "Collapse" in a.text()).trigger()
    assert "“Start” asks for or ends the whole run" in str(told[0]) and view.sheet.document.graph == before
