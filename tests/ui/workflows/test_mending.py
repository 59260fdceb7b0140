"""Problems that stand there before any run: each has a button that mends it, in the list, on the step and in its menu."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas.commands import Edit
from studio.ui.canvas.popup import AddNode
from studio.ui.language import tr
from studio.ui.making import Awaited
from studio.ui.views.workflows_parts import repairs
from studio.ui.widgets.menus import Menu


def broken() -> Graph:
    """A dataset that is not there, a prompt without its value, a table that goes into a text, a variable that nobody made."""
    return Graph(
        name="Broken",
        nodes=[
            Node(id="data", type="dataset", params={"dataset": "gone"}),
            Node(id="prompt", type="prompt", params={"template": "Hello {{who}}"}, position=(260, 0)),
            Node(
                id="llm", type="llm", position=(520, 0), bound={"temperature": Binding(kind="variable", value="warm")}
            ),
            Node(id="loose", type="dataset", position=(0, 240)),
            Node(id="alien", type="from.elsewhere", position=(0, 480)),
        ],
        edges=[Edge(id="wrong", source="data", source_port="table", target="llm", target_port="prompt")],
    )


def test_what_is_wrong_before_a_run_has_a_button_that_mends_it(desk: Any, tmp_path: Any) -> None:
    desk.wait(desk.engine.models.add_demo())
    made = desk.wait(desk.engine.workflows.create("Broken", broken()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None and len(view.sheet.problems) == 6)
    sheet, document, canvas = view.sheet, view.sheet.document, view.sheet.canvas
    view.bottom.show_tab("problems")

    def press(step: str, kind: str) -> None:
        rows = view.bottom.problems
        number = next(n for n, p in enumerate(sheet.problems) if p.node_id == step and p.fix and p.fix.kind == kind)
        button = rows.button(f"{number}:{step}")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def menu() -> Menu:
        desk.until(lambda: any(one.isVisible() for one in view.window().findChildren(Menu)))
        return next(one for one in view.window().findChildren(Menu) if one.isVisible())

    def pick(words: str) -> None:
        shown = menu()
        next(action for action in shown.actions() if words in action.text()).trigger()
        shown.close()

    def mended(kind: str, step: str) -> bool:
        return not any(p.node_id == step and p.fix and p.fix.kind == kind for p in sheet.problems)

    # nobody changes anything: the same buttons stay; they have a name of their own, and Tab passes them over
    rows, first = view.bottom.problems, view.bottom.problems.rows()[0]
    button = rows.button(first.id)
    view.bottom.show_problems()
    assert rows.button(first.id) is button
    assert tr(first.title) in button.accessibleName() and button.focusPolicy() == Qt.FocusPolicy.NoFocus
    found = list(sheet.problems)
    sheet.problems = [one.model_copy(update={"fix": None}) for one in found]
    view.bottom.show_problems()
    assert rows.button(first.id) is None  # a way that is gone leaves no button
    sheet.problems = found
    view.bottom.show_tab("logs")
    view.bottom.show_problems()
    assert rows.button(first.id) is None  # none is made while nobody sees them
    view.bottom.show_tab("problems")
    assert rows.button(first.id) is not None

    # the dataset: made meanwhile, chosen from the list of what there is
    file = tmp_path / "orders.csv"
    file.write_text("a,b\n1,2\n")
    orders = desk.wait(desk.engine.datasets.register(file))
    press("data", "dataset")
    pick("orders")
    assert document.nodes["data"].params["dataset"] == orders.id
    desk.until(lambda: mended("dataset", "data"))

    # none of them is wanted: the one that is made from the menu is chosen by itself; one undo takes it back
    document.undo.push(Edit(document, document.nodes["data"].model_copy(update={"params": {"dataset": "gone"}})))
    desk.until(lambda: not mended("dataset", "data"))
    press("data", "dataset")
    pick("Add data")
    other = tmp_path / "returns.csv"
    other.write_text("a,b\n3,4\n")
    desk.until(lambda: any(one._known is not None for one in sheet.findChildren(Awaited)))
    returns = desk.wait(desk.engine.datasets.register(other))
    desk.until(lambda: document.nodes["data"].params["dataset"] == returns.id)
    document.undo.undo()
    assert document.nodes["data"].params["dataset"] == "gone"
    document.undo.undo()
    desk.until(lambda: mended("dataset", "data"))

    # the wire that may not be: a step comes between; one undo takes it back
    before = set(document.nodes)
    press("llm", "convert")
    assert len(set(document.nodes) - before) == 1 and "wrong" not in document.edges
    desk.until(lambda: mended("convert", "llm"))
    document.undo.undo()
    assert set(document.nodes) == before and "wrong" in document.edges
    desk.until(lambda: not mended("convert", "llm"))

    # the input: from the outputs that fit, or of a new step, from the list of what fits
    press("prompt", "connect")
    pick("new node")
    desk.until(lambda: sheet.board.popup is not None)
    assert isinstance(sheet.board.popup, AddNode)
    sheet.board.popup.close()
    press("prompt", "connect")
    shown = menu()
    shown.actions()[0].trigger()
    shown.close()
    assert [edge.target_port for edge in document.wires("prompt")] == ["who"]

    # the variable is made; its value is the workflow's
    press("llm", "variable")
    assert document.variables == {"warm": ""}
    desk.until(lambda: mended("variable", "llm"))

    # on the step itself: the mark in its header is a button; with the keyboard the same stands in its menu
    item = canvas.sheet.nodes["loose"]
    assert "problem" in item.layout.buttons
    canvas.show_item("loose")
    at = canvas.mapFromScene(item.pos() + item.layout.buttons["problem"].center())
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    pick("orders")
    desk.until(lambda: mended("dataset", "loose"))
    assert "problem" not in item.layout.buttons
    canvas.set_zoom(0.1)
    item = canvas.sheet.nodes["alien"]
    assert not item.button_at(item.pos() + item.layout.buttons["problem"].center())  # it is not painted from afar
    words = [title.en for title, _, _ in repairs.entries(view, sheet, ["alien"])]
    assert len(words) == 1 and words[0].startswith("Show plug-ins · ")


def test_a_value_that_is_not_set_is_asked_for_in_its_field(desk: Any) -> None:
    graph = Graph(nodes=[Node(id="switch", type="switch", params={"cases": []})])
    made = desk.wait(desk.engine.workflows.create("Unset", graph))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None and len(view.sheet.problems) == 2)
    number = next(n for n, p in enumerate(view.sheet.problems) if p.fix and p.fix.kind == "edit")
    view.bottom.show_tab("problems")
    view.bottom.problems.select(f"{number}:switch")
    QTest.keyClick(view.bottom.problems, Qt.Key.Key_Return)
    row = view.inspector.form.fields["cases"]
    desk.until(lambda: row.isAncestorOf(QApplication.focusWidget()))
