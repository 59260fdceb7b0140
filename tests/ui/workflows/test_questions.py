"""A run that waits for a person, in real windows over a real engine: found from elsewhere, answered in its place."""

from __future__ import annotations

from PySide6.QtCore import Qt

from studio.engine.text import Text
from studio.engine.workflows.doubt import question_about
from studio.engine.workflows.graph import Graph
from studio.ui.views.runs import Runs
from studio.ui.views.runs_parts.attention import Attention
from studio.ui.views.workflows import Workflows
from studio.ui.widgets.labels import Label
from studio.ui.widgets.question import QuestionCard
from tests.ui.real import desk_with
from tests.workflows.graphs import graph, step

LEFT = Qt.MouseButton.LeftButton


def approval() -> Graph:
    return graph(
        step("letter", "prompt", template="Dear Marta"),
        step("ask", "ask", question="Send “{{value}}”?", choices=["yes", "no"], assignee="Li"),
        step("out", "output", names=["sent"]), "letter.text > ask.value", "ask.yes > out.sent",
    )  # fmt: skip


def test_a_question_is_told_kept_through_a_restart_and_answered_in_runs(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Runs, tmp_path, bridge, qtbot, monkeypatch) as desk:
        started = desk.wait(desk.engine.workflows.start(approval(), name="Letters"))
        desk.until(lambda: desk.window.findChild(Attention).waiting)
    with desk_with(Runs, tmp_path, bridge, qtbot, monkeypatch) as desk:
        view = desk.window.current_view()
        desk.until(lambda: desk.window.rail._items["runs"].badge == "warning")
        desk.until(lambda: any("Letters" in kept.notice.title.en for kept in desk.window.notices))
        [told] = [kept.notice.title for kept in desk.window.notices if "Letters" in kept.notice.title.en]
        assert told == Text("“Letters” waits for an answer from Li", "“Letters”等待Li回答")
        desk.window.studio.actions.trigger("runs.answer")
        desk.until(lambda: len(view.centre.questions.cards) == 1)
        assert view.centre.state.text() == "Waits for you"
        view.side.filter.set_value("waiting")
        view.side.filter.changed.emit("waiting")
        desk.until(lambda: [row.id for row in view.side.list.rows()] == [started.id])
        view.side.select(started.id)
        (card,) = view.centre.questions.cards
        card.comment.setText("fine")
        desk.qtbot.mouseClick(card.buttons["yes"], LEFT)
        desk.until(lambda: view.centre.state.text() == "Completed")
        assert desk.wait(desk.engine.workflows.execution(started.id)).outputs == {"sent": "Dear Marta"}
        desk.until(lambda: desk.window.rail._items["runs"].badge is None and view.centre.questions.isHidden())
        desk.until(lambda: "answered: yes · fine" in view.bottom.log.toPlainText())
        assert "asks: for Li: Send “Dear Marta”?" in view.bottom.log.toPlainText()


def test_a_question_stands_over_the_canvas_until_it_is_answered(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Workflows, tmp_path, bridge, qtbot, monkeypatch) as desk:
        made = desk.wait(desk.engine.workflows.create("Letters", approval()))
        started = desk.wait(desk.engine.workflows.start(made.id))
        view = desk.window.current_view()
        view.open_workflow(made.id)  # the run that waits comes with it
        desk.until(lambda: view.sheet is not None and view.sheet.questions.cards)
        assert view.sheet.run.execution_id == started.id
        node = view.sheet.canvas.sheet.nodes["ask"]
        assert node.live.state == "asking" and node.live.message == "Send “Dear Marta”?"
        assert "waits for you" in node.describe()
        (card,) = view.sheet.questions.cards
        assert any(label.whole().startswith("for Li · asked") for label in card.findChildren(Label))
        desk.qtbot.keyClick(card.buttons["no"], Qt.Key.Key_Space)
        desk.until(lambda: view.sheet.settled and view.sheet.questions.isHidden())
        assert node.live.state == "done"


def test_a_card_shows_whatever_form_a_question_declares(qtbot, app):
    doubt = question_about("Mail", ["sent"], ())
    card = QuestionCard(doubt, Text.same("Mail"), Text.same(""), alike=3)
    qtbot.addWidget(card)
    said = []
    card.answered.connect(said.append)
    card.buttons["repeat"].click()
    assert card.buttons["repeat"].text() == "It did not happen: do it now" and card.stop.isHidden()
    assert said == [{"choice": "repeat", "text": ""}]

    form = QuestionCard({"text": "Who?", "fields": ["name", "city"]}, Text.same("Ask"), Text.same(""))
    qtbot.addWidget(form)
    form.answered.connect(said.append)
    form.fields["name"][1].setText("Marta")
    form.buttons[""].click()
    assert "city" in form.problem.whole() and len(said) == 1  # nothing is sent while a field is empty
    form.fields["city"][1].setText("Lyon")
    qtbot.keyClick(form.fields["city"][1], Qt.Key.Key_Return)
    assert said[1] == {"name": "Marta", "city": "Lyon"}
