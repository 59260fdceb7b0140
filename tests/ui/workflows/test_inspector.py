"""The inspector over a real engine: what a prompt takes of the context, bound values, variables, repairs of failures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.language import language
from studio.ui.views.workflows_parts import repairs
from studio.ui.views.workflows_parts.context_bar import parts_of
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.prompt_editor import PromptEditor


def asking() -> Graph:
    """A question of one dataset that is not there, and a prompt that a model reads."""
    return Graph(
        name="Asking",
        variables={"warmth": 0.7},
        nodes=[
            Node(id="start", type="start", params={"fields": [{"name": "who"}]}),
            Node(id="prompt", type="prompt", params={"template": "Hello {{who}}"}, position=(260, 0)),
            Node(id="llm", type="llm", position=(520, 0), mute=True),
            Node(id="data", type="dataset", params={"dataset": "gone"}, on_error="branch", position=(0, 240)),
            Node(id="out", type="output", params={"names": ["words"]}, position=(800, 0)),
        ],
        edges=[
            Edge(source="start", source_port="who", target="prompt", target_port="who"),
            Edge(source="prompt", source_port="text", target="llm", target_port="prompt"),
            Edge(source="prompt", source_port="text", target="out", target_port="words"),
        ],
    )


def test_values_are_bound_prompts_are_weighed_and_failures_repaired(desk, tmp_path):
    desk.wait(desk.engine.models.add_demo())
    made = desk.wait(desk.engine.workflows.create("Asking", asking()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    document, canvas, inspector = view.sheet.document, view.sheet.canvas, view.inspector

    # a step without a title of its own is called as the language has it
    canvas.sheet.choose(["llm"])
    language.set("zh")
    assert inspector.title.text() == "大模型"
    language.set("en")
    assert inspector.title.text() == "LLM"

    # a value from a variable, from an expression, from a port; each is undone
    rows = inspector.rows
    menu = rows.menu("temperature")
    variable = next(a.menu() for a in menu.actions() if a.menu()).actions()
    assert [action.text() for action in variable] == ["who", "warmth"]
    variable[1].trigger()
    assert document.nodes["llm"].bound == {"temperature": Binding(kind="variable", value="warmth")}
    row = inspector.form.fields["temperature"]
    assert row.control.isHidden() and rows._chips["temperature"].badge.text() == "warmth = 0.7"
    rows.menu("max_tokens").actions()[3].trigger()
    line = rows._chips["max_tokens"].line
    line.setText("")
    QTest.keyClicks(line, "len(words) * 2")
    desk.until(lambda: document.nodes["llm"].bound["max_tokens"].value == "len(words) * 2")
    assert [port.name for port in document.ports(document.nodes["llm"]).inputs][-1] == "words"
    rows.menu("seed").actions()[1].trigger()
    seed = Edge(source="start", source_port="who", target="llm", target_port="seed")
    assert document.refusal(seed) is not None  # text is no number: the engine judges this port as any other
    assert rows._chips["seed"].badge.text() == "port seed · not wired"
    assert [part.name for part in parts_of(document, document.nodes["llm"])] == ["", "prompt"]  # a number is not read
    bar = inspector.context_bar
    desk.until(lambda: bar.unknown.text() == "Prompt: known after a run")
    assert [part.said.zh for part, count in bar.use.parts if count is None] == ["提示词"]
    while document.undo.canUndo():
        document.undo.undo()
    assert not document.nodes["llm"].bound and not inspector.form.fields["temperature"].control.isHidden()

    # the workflow's variables are a table
    canvas.sheet.choose([])
    table = inspector.about.variables
    table.rows[0].held.setFocus()
    table.rows[0].held.selectAll()
    QTest.keyClicks(table.rows[0].held, "1")
    assert document.variables == {"warmth": 1}

    # a run: the muted step and what fails; the prompt's weight with the value that it had
    view.starting.start({"who": "Marta " * 50})
    desk.until(lambda: view.sheet.settled)
    assert view.sheet.lives()["llm"].state == "skipped" and view.sheet.lives()["data"].fix == ("dataset", "")
    canvas.sheet.choose(["prompt"])
    bar = inspector.context_bar
    desk.until(lambda: bar.use is not None and bar.use.parts[1][1] is not None)
    assert bar.isVisibleTo(inspector) and bar.use.whole > 0 and bar.use.parts[1][1] >= 50
    assert bar.use.used + bar.use.reserved + bar.use.room == bar.use.whole
    editor = inspector.form.fields["template"].control
    assert isinstance(editor, PromptEditor) and editor.variables == {"who": "portText.text"}
    editor.insert("order")
    desk.until(lambda: "order" in {port.name for port in document.ports(document.nodes["prompt"]).inputs})
    document.undo.undo()

    # the failed step offers the datasets there are; the one that is chosen is tried
    file = tmp_path / "orders.csv"
    file.write_text("a,b\n1,2\n")
    orders = desk.wait(desk.engine.datasets.register(file))
    item = canvas.sheet.nodes["data"]
    assert set(item.layout.buttons) == {"fix", "retry"} and item.layout.reason
    canvas.fix_wanted.emit("data")
    desk.until(lambda: any(menu.isVisible() for menu in view.sheet.findChildren(Menu)))
    menu = next(menu for menu in view.sheet.findChildren(Menu) if menu.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    assert document.nodes["data"].params["dataset"] == orders.id

    # with the settings as the way out, the caret goes there
    view.sheet.lives()["data"].fix = ("edit", "timeout")
    repairs.repair(view, view.sheet, "data")
    desk.until(lambda: inspector.step_form.fields["timeout"].isAncestorOf(QApplication.focusWidget()))
    assert [words for words, _, _ in repairs.entries(view, view.sheet, ["out"])] == []
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
