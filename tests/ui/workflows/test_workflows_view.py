"""The workflows view in a real window over a real engine. The workflows need no model."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas import editing
from studio.ui.canvas.commands import Edit, Remove
from studio.ui.canvas.document import Parts
from studio.ui.language import language
from studio.ui.views.workflows_parts.commands import delete_workflow


def greeting() -> Graph:
    """Asks for a name, greets, counts the letters."""
    return Graph(
        name="Greeting",
        nodes=[
            Node(id="start", type="start", params={"fields": [{"name": "who"}]}, position=(0, 0)),
            Node(id="prompt", type="prompt", title="Greet", params={"template": "Hello {{ who }}"}, position=(260, 0)),
            Node(
                id="python", type="python", title="Count", position=(520, 0),
                params={"code": "return [{'letters': len(value)}]", "output": "table"},
            ),
            Node(id="output", type="output", params={"names": ["result"]}, position=(800, 0)),
        ],
        edges=[
            Edge(id="a", source="start", source_port="who", target="prompt", target_port="who"),
            Edge(id="b", source="prompt", source_port="text", target="python", target_port="value"),
            Edge(id="c", source="python", source_port="value", target="output", target_port="result"),
        ],
    )  # fmt: skip


@pytest.fixture
def view(desk):
    """The view with the greeting open."""
    made = desk.wait(desk.engine.workflows.create("Greeting", greeting()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    return view


def run(desk, view, **inputs) -> None:
    view.starting.start(inputs)
    desk.until(lambda: view.sheet.settled)


def test_with_nothing_there_the_view_names_the_next_step(desk):
    view = desk.window.current_view()
    assert view.centre.pages.currentWidget() is view.centre.start_page
    desk.qtbot.mouseClick(view.centre.start_page.blank, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.sheet is not None)
    assert view.sheet.board.empty.isVisible()


def test_a_run_asks_for_its_inputs_and_paints_every_step(desk, view):
    desk.qtbot.mouseClick(view.centre.run_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.starting.form is not None)
    view.starting.form.run()  # the field is empty: the form says so and stays
    assert view.sheet.run is None
    view.starting.form.set_value("who", "Marta")
    view.starting.form.run()
    desk.until(lambda: view.sheet.settled)
    states = {name: item.live.state for name, item in view.sheet.canvas.sheet.nodes.items()}
    assert states == dict.fromkeys(states, "done")
    assert {wire.state for wire in view.sheet.canvas.sheet.wires.values()} == {"done"}
    assert [line.step for line in view.sheet.run.lines if line.step] == ["start", "prompt", "python", "output"]
    assert view.bottom.timeline.rows() == ["start", "prompt", "python", "output"]


def test_inputs_are_remembered_from_the_last_run(desk, view):
    run(desk, view, who="Marta")
    view.starting.remembered.clear()  # as after a new start: the engine's latest run tells
    view.starting.form = None
    view.run()
    desk.until(lambda: view.starting.form is not None)
    assert view.starting.form.values() == {"who": "Marta"}
    view.starting.form.close()


def test_a_chosen_step_shows_its_table_below_and_its_text_beside(desk, view):
    run(desk, view, who="Marta")
    view._choose(["python"])
    view._show_data("python")
    preview = view.bottom.preview
    desk.until(lambda: preview.pages.currentWidget() is preview.table)
    assert preview.table.row_count == 1
    view._choose(["prompt"])
    desk.until(lambda: preview.words.toPlainText() == "Hello Marta")


def test_a_failure_stands_in_problems_and_a_click_goes_to_its_step(desk, view):
    node = view.sheet.document.nodes["python"].model_copy(update={"params": {"code": "return nothing_here"}})
    view.sheet.document.undo.push(Edit(view.sheet.document, node))
    run(desk, view, who="Marta")
    assert view.sheet.run.status == "failed"
    assert view.sheet.canvas.sheet.nodes["python"].live.state == "failed"
    rows = [row for row in view.bottom.problems.rows() if row.id == "run:python"]
    assert "nothing_here" in str(rows[0].title)
    view.bottom.problems.select("run:python")
    assert view.sheet.canvas.sheet.chosen_ids() == ["python"]
    assert view.inspector.node_id == "python"


def test_a_mended_step_is_tried_again_with_what_the_failed_run_was_given(desk, view):
    good = view.sheet.document.nodes["python"]
    bad = good.model_copy(update={"params": {"code": "return nothing_here"}})
    view.sheet.document.undo.push(Edit(view.sheet.document, bad))
    run(desk, view, who="Marta")
    view.sheet.document.undo.undo()
    assert view.sheet.canvas.sheet.nodes["python"].live.stale  # “changed since run”
    view.starting.form = None
    failed = view.sheet.run.execution_id
    view.sheet.retry("python")
    desk.until(lambda: view.sheet.run.execution_id != failed and view.sheet.run.status == "finished")
    again = desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id))
    assert again.inputs == {"who": "Marta"} and view.starting.form is None


def test_a_change_is_on_disk_before_it_is_called_saved(desk, view):
    view._choose(["prompt"])
    view.inspector.title.setText("Say hello")
    desk.qtbot.keyClick(view.inspector.title, Qt.Key.Key_Return)
    assert view.sheet.saving.dirty
    desk.until(lambda: not view.sheet.saving.dirty and not view.sheet.saving.busy)
    kept = desk.wait(desk.engine.workflows.get(view.sheet.workflow.id))
    assert kept.definition.node("prompt").title == "Say hello"
    assert "Saved" in view.centre.saved.text()


def test_the_inspector_follows_undo(desk, view):
    view._choose(["prompt"])
    view.inspector._set_param("template", "Goodbye {{ who }}")
    assert view.sheet.document.nodes["prompt"].params["template"] == "Goodbye {{ who }}"
    view.sheet.document.undo.undo()
    assert view.inspector.form.values()["template"] == "Hello {{ who }}"


def test_what_is_wrong_is_told_before_a_run(desk, view):
    editing.add_node(view.sheet.canvas, view.sheet.document.types["sql"], editing.free_place(view.sheet.canvas))
    desk.until(lambda: any(problem.node_id == "sql" for problem in view.sheet.problems))
    assert any("needs a wire" in str(row.title) for row in view.bottom.problems.rows())
    assert view.sheet.canvas.sheet.nodes["sql"].problem


def test_a_node_is_added_from_the_palette(desk, view):
    item = view.side.palette_.item_of("condition")
    view.side.palette_.tree.itemDoubleClicked.emit(item, 0)
    assert view.sheet.canvas.sheet.chosen_ids() == ["condition"]
    assert "condition" in view.side.outline._items


def test_stop_ends_a_run(desk, view):
    slow = view.sheet.document.nodes["python"].model_copy(
        update={"params": {"code": "while True: pass", "seconds": 600}}
    )
    view.sheet.document.undo.push(Edit(view.sheet.document, slow))
    view.starting.start({"who": "Marta"})
    desk.until(lambda: view.sheet.run is not None and view.sheet.run.live("python").state == "running")
    assert view.centre.stop_button.isVisible()
    desk.qtbot.mouseClick(view.centre.stop_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.sheet.settled)
    assert view.sheet.run.status == "stopped"
    assert not view.centre.stop_button.isVisible()


def test_a_run_of_the_past_is_shown_on_the_canvas(desk, view):
    execution = desk.wait(desk.engine.workflows.start(view.sheet.workflow.id, {"who": "Marta"}))
    desk.wait(desk.engine.workflows.wait(execution.id))
    desk.window.studio.open("workflow", view.sheet.workflow.id, execution=execution.id)
    desk.until(lambda: view.sheet.settled)
    assert view.sheet.canvas.sheet.nodes["output"].live.state == "done"


def test_a_change_made_elsewhere_is_shown(desk, view):
    graph = greeting()
    graph.nodes[1].title = "Changed outside"
    desk.wait(desk.engine.workflows.update(view.sheet.workflow.id, definition=graph))
    desk.until(lambda: view.sheet and view.sheet.canvas.sheet.nodes["prompt"].face.title == "Changed outside")


def test_a_deleted_workflow_comes_back_by_the_toast(desk, view):
    workflow_id = view.sheet.workflow.id
    delete_workflow(view)
    desk.until(lambda: workflow_id not in view.known)
    desk.wait(desk.engine.workflows.restore(workflow_id))
    desk.until(lambda: workflow_id in view.known)


def test_a_closed_view_keeps_what_was_changed_at_the_last_moment(desk, view):
    workflow_id = view.sheet.workflow.id
    view.sheet.document.rename("Renamed")
    view.close_workflow(workflow_id)

    async def name() -> str:
        return (await desk.engine.workflows.get(workflow_id)).name

    desk.until(lambda: desk.wait(name()) == "Renamed")


def test_the_inspector_says_what_feeds_each_variable_of_a_prompt(desk, view):
    view._choose(["prompt"])
    assert view.inspector.bindings.said == [("who", "Start · who")]
    view.inspector._set_param("template", "Hello {{ who }} from {{ place }}")
    assert view.inspector.bindings.said == [("who", "Start · who"), ("place", "not wired")]
    view.sheet.document.undo.undo()
    assert view.inspector.bindings.said == [("who", "Start · who")]


def test_a_wire_that_comes_or_goes_is_said_in_the_inspector_at_once(desk, view):
    document = view.sheet.document
    view._choose(["prompt"])
    wire = next(edge for edge in document.edges.values() if edge.target == "prompt")
    document.undo.push(Remove(document, Parts(edges=[wire])))
    assert view.inspector.bindings.said == [("who", "not wired")]
    document.undo.undo()
    assert view.inspector.bindings.said == [("who", "Start · who")]


def test_ports_are_called_in_the_inspector_as_on_the_canvas(desk, view):
    language.set("zh")
    document = view.sheet.document
    llm = Node(id="llm", type="llm", position=(900, 0))
    wire = Edge(id="asked", source="prompt", source_port="text", target="llm", target_port="prompt")
    document.insert(Parts(nodes=[llm], edges=[wire]))
    view._choose(["llm"])
    assert dict(view.inspector.bindings.said)["提示词"].endswith(" · 文本")


def test_choosing_a_step_opens_no_window_of_its_own(desk, view, qapp):
    """A part that is shown before it lies in the inspector is a window for a moment: it flickers and leaves its pixels."""

    class Windows(QObject):
        shown: ClassVar[list[str]] = []

        def eventFilter(self, thing: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(thing, QWidget) and thing.isWindow():
                self.shown.append(type(thing).__name__)
            return False

    windows = Windows()
    qapp.installEventFilter(windows)
    for step in [*view.sheet.document.nodes, ""]:
        view._choose([step])
        desk.qtbot.wait(1)
    qapp.removeEventFilter(windows)
    assert windows.shown == []


def test_a_file_that_is_dropped_becomes_a_dataset_and_its_step(desk, view, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id,amount\n1,2\n", "utf-8")
    carried = QMimeData()
    carried.setUrls([QUrl.fromLocalFile(str(path))])
    canvas = view.sheet.canvas
    held = (Qt.DropAction.CopyAction, carried, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    canvas.dragEnterEvent(QDragEnterEvent(QPoint(300, 300), *held))
    canvas.dropEvent(QDropEvent(QPointF(300, 300), *held))
    desk.until(lambda: "dataset" in view.sheet.document.nodes)
    (dataset,) = desk.wait(desk.engine.datasets.list())
    assert view.sheet.document.nodes["dataset"].params == {"dataset": dataset.id}
    assert canvas.sheet.nodes["dataset"].face.blocks[0].lines == ("orders",)


def test_a_new_workflow_has_the_keys_at_once_and_a_copy_the_next_number(desk, view):
    desk.window.activateWindow()
    for name in ("New workflow", "New workflow 2"):
        view.centre.run_button.setFocus()
        view.new_workflow()
        desk.until(lambda name=name: view.sheet is not None and view.sheet.document.name == name)
        desk.until(lambda: view.sheet.canvas.hasFocus())
    assert view.free_name("New workflow 2") == "New workflow 3"
    assert view.free_name("Report 2024") == "Report 2024"


def test_the_log_of_a_run_calls_the_steps_as_the_canvas_does(desk, view):
    run(desk, view, who="Marta")
    lines = [view.bottom.logs.model().index(row, 0).data() for row in range(view.bottom.logs.model().rowCount())]
    assert any("  Greet  " in line for line in lines) and not any("  prompt  " in line for line in lines)


def test_what_the_last_run_was_given_is_replaced_by_typing(desk, view):
    run(desk, view, who="Marta")
    view.run()
    desk.until(lambda: view.starting.form is not None and view.starting.form.isVisible())
    field = view.starting.form.fields.inputs["who"]
    desk.until(field.hasFocus)
    desk.qtbot.keyClicks(field, "Ana")
    assert view.starting.form.fields.values() == {"who": "Ana"}


def test_the_latest_runs_are_never_those_of_a_workflow_that_was_shown_before(desk, view, monkeypatch):
    run(desk, view, who="Ada")
    other = desk.wait(desk.engine.workflows.create("Other", greeting()))
    about, executions = view.inspector.about, desk.engine.workflows.executions
    desk.until(lambda: len(about.runs.rows()) == 1)
    first, held_back = view.sheet.workflow.id, {}

    async def slow(*wanted, **rest):
        if wanted[:1] in ((first,), (other.id,)):
            going = asyncio.Event()
            held_back.setdefault(wanted[0], []).append(going)
            await going.wait()
        return await executions(*wanted, **rest)

    def let_go(workflow_id):
        for going in held_back[workflow_id]:
            desk.bridge.on_loop(going.set)
        desk.wait(desk.engine.workflows.list())
        desk.wait(executions(workflow_id))

    monkeypatch.setattr(desk.engine.workflows, "executions", slow)
    about.refresh()
    desk.until(lambda: first in held_back)
    view.open_workflow(other.id)
    desk.until(lambda: about.sheet is not None and about.sheet.workflow.id == other.id and other.id in held_back)
    let_go(first)
    assert about.runs.rows() == []
    let_go(other.id)
