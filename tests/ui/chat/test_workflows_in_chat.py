"""Workflows in Chat, over the real engine and the included model: published, run with leave, run with “/”, made of a thread."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest

from studio.engine.workflows.library import asked
from studio.ui.views.chat import ChatView
from studio.ui.views.chat_parts.mentions import Mention
from studio.ui.views.chat_parts.step_card import StepCard
from studio.ui.views.workflows import Workflows
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.things import Thing
from tests.ui.real import desk_with
from tests.workflows.graphs import field, graph, step

pytestmark = pytest.mark.slow
KEEP = graph(
    step("in", "start", fields=[field("note")]),
    step("row", "python", code="return [{'note': value}]", output="table"),
    step("save", "save_dataset", name="notes"),
    "in.note > row.value", "row.value > save.rows", name="Keep a note",
)  # fmt: skip
GREET = graph(
    step("in", "start", fields=[field("who")]), step("say", "prompt", template="Good day, {{who}}."), step("out", "output"),
    "in.who > say.who", "say.text > out.result", name="Greeting 问候",
)  # fmt: skip
ASKED = "Save a note: the K7 needs a new seal."


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with([Workflows, ChatView], tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        yield desk


def _view(desk, kind):
    desk.window.show_view(kind.name)
    desk.until(lambda: isinstance(desk.window.current_view(), kind))
    return desk.window.current_view()


def _published(desk) -> str:
    """Made and published by its switch; the id."""
    made = desk.wait(desk.engine.workflows.create("Keep a note", KEEP, "Save a note for later."))
    view = _view(desk, Workflows)
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None and view.sheet.workflow.id == made.id)
    switch = view.inspector.about.publishing
    desk.until(switch.toggle.isVisible)
    assert not switch.toggle.isChecked()
    desk.qtbot.mouseClick(switch.toggle, Qt.MouseButton.LeftButton)
    desk.until(lambda: desk.wait(desk.engine.workflows.get(made.id)).published)
    desk.until(lambda: switch.toggle.isChecked() and "Models in Chat may run it" in switch.note.whole())
    return made.id


def test_a_published_workflow_is_run_by_the_model_once_a_person_allows_it(desk):
    key = f"workflow:{_published(desk)}"
    view = _view(desk, ChatView)
    composer = view.middle.composer
    desk.until(lambda: key in [choice.value for choice in composer.tools.choices()])
    composer.tools.pick(key)
    assert composer.tools.words() == "Keep a note"

    def names() -> list[str]:
        return [dataset.name for dataset in desk.wait(desk.engine.datasets.list())]

    def asked_for(decision: str) -> StepCard:
        """Ask, decide on the card that waits, and give the card of the call."""
        view.ask(ASKED)
        desk.until(lambda: view.middle.views() and getattr(view.middle.views()[-1], "approval", None) is not None)
        answer = view.middle.views()[-1]
        kept = "notes" in names()
        desk.qtbot.mouseClick(answer.approval.buttons[decision], Qt.MouseButton.LeftButton)
        desk.until(lambda: not view.lives)
        assert ("notes" in names()) is (kept or decision != "no")
        return next(card for card in view.middle.views()[-1].findChildren(StepCard) if card.step.kind == "tool")

    refused = asked_for("no").step
    assert refused.failed
    assert refused.title.en == "Keep a note was not allowed"
    done = asked_for("once")
    assert (done.step.title.en, done.step.tool, done.step.failed) == ("Ran Keep a note", key, False)
    assert done.step.arguments == {"note": "the K7 needs a new seal"}  # a part of the request
    assert done.step.seconds > 0
    assert " s" in done.detail.whole()
    done.set_open(True)
    shown = " ".join(label.text() for label in done.findChildren(type(done.detail)) if label.isVisible())
    assert "Arguments" in shown and "Result" in shown


def test_a_file_that_is_chosen_for_a_workflow_is_kept_for_its_run_and_the_thread(desk, tmp_path):
    note = tmp_path / "水泵.txt"
    note.write_text("K7 runs dry.")
    reads = graph(
        step("in", "start", fields=[field("paper", "file")]), step("docs", "load_documents", by="file"),
        step("say", "prompt", template="It says: {{docs[0].text}}"), step("out", "output"),
        "in.paper > docs.files", "docs.docs > say.docs", "say.text > out.result", name="Read",
    )  # fmt: skip
    made = desk.wait(desk.engine.workflows.create("Read", reads))
    view = _view(desk, ChatView)
    desk.until(lambda: view.around.workflows)
    view.running.ask(Mention("workflow", made.id, "Read"))
    desk.until(lambda: view.running.form is not None)
    form = view.running.form
    form.fields.inputs["paper"].add([note])
    form.run()
    desk.until(lambda: view.middle.views() and not view.lives)
    assert view.middle.views()[1].text.plain_text() == "It says: K7 runs dry."
    assert "s3://run-files/" in view.middle.views()[0].message.content


def test_a_workflow_is_run_with_a_slash_rated_and_a_thread_becomes_one(desk):
    made = desk.wait(desk.engine.workflows.create("Greeting 问候", GREET))
    view = _view(desk, ChatView)
    composer = view.middle.composer
    desk.until(lambda: view.around.workflows)
    QTest.keyClicks(composer.input, "/wenhou")  # pinyin
    assert [row.title for row in composer.commands.list.rows()] == ["Greeting 问候"]
    QTest.keyClick(composer.input, Qt.Key.Key_Return)
    desk.until(lambda: view.running.form is not None)
    assert composer.input.toPlainText() == ""
    form = view.running.form
    form.run()
    assert form.isVisible(), "the field is needed"
    form.set_value("who", "Ada")
    form.run()
    desk.until(lambda: view.middle.views() and not view.lives)
    assert view.middle.views()[0].message.content == "/Greeting 问候\nwho: Ada"
    assert view.middle.views()[1].text.plain_text() == "Good day, Ada."
    desk.until(lambda: view.middle.views()[1].step_card(0))
    assert view.middle.views()[1].step_card(0).step.arguments == {"who": "Ada"}

    desk.qtbot.mouseClick(view.middle.views()[1].tools.down, Qt.MouseButton.LeftButton)
    desk.until(lambda: desk.wait(desk.engine.chat.messages(view.front.id))[-1].feedback == "down")
    desk.qtbot.mouseClick(view.middle.views()[-1].tools.up, Qt.MouseButton.LeftButton)
    desk.until(lambda: desk.wait(desk.engine.chat.messages(view.front.id))[-1].feedback == "up")
    tools = view.middle.views()[-1].tools
    desk.until(lambda: tools.up.isChecked() and not tools.down.isChecked())

    view.ask("Hello!")
    desk.until(lambda: len(view.middle.views()) == 4)
    view.stop()
    desk.until(lambda: not view.studio.engine.chat.answering(view.front.id))
    desk.qtbot.mouseClick(view.middle.head.keep, Qt.MouseButton.LeftButton)
    desk.until(lambda: isinstance(desk.window.current_view(), Workflows))
    workflows = desk.window.current_view()
    desk.until(lambda: workflows.sheet is not None and workflows.sheet.workflow.id != made.id)
    sheet = workflows.sheet
    desk.until(lambda: not sheet.problems)
    assert asked(sheet.document.graph).fields[0].default == "Hello!"


def test_what_is_dragged_from_another_view_goes_along_with_the_question(desk):
    view = _view(desk, ChatView)
    listed = RowList("Datasets", [Row("ds:1", "orders", drag='"orders"', thing=Thing("dataset", "ds-1", "orders"))])
    data = listed.model().mimeData([listed.model().index(0)])
    rail = desk.window.rail._items["workflows"]
    over = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    rail.dragEnterEvent(over)
    desk.until(lambda: isinstance(desk.window.current_view(), Workflows))  # held over its place, a view opens
    _view(desk, ChatView)
    composer = view.middle.composer
    over = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    view.middle.dragEnterEvent(over)
    assert composer.target.isVisible() and not composer.place.isVisible()
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    view.middle.dropEvent(drop)
    assert not composer.target.isVisible()
    assert [(each.kind, each.ref, each.title) for each in composer.along.attachments()] == [
        ("dataset", "ds-1", "orders")
    ]
    assert composer.input.toPlainText() == "", "its name is not typed as well"
    listed.deleteLater()
