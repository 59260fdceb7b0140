"""Schedules and versions beside the canvas, in a real window over a real engine."""

from __future__ import annotations

import shlex

import httpx
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from studio.engine.workflows.graph import Node
from studio.engine.workflows.schedule import ScheduleSettings
from studio.ui.canvas.commands import Edit, Insert, Remove
from studio.ui.canvas.document import Parts
from studio.ui.canvas.marks import Marks
from studio.ui.frame.notices import Toast
from studio.ui.views.workflows_parts.schedule_words import cron_in_words, when_in_words
from tests.workflows.graphs import field, graph, step

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(desk):
    sheet = graph(
        step("start", "start", fields=[field("who", default="Marta")]), step("greet", "prompt", template="Hello {{ who }}"),
        step("out", "output", names=["words"]), "start.who > greet.who", "greet.text > out.words",
    )  # fmt: skip
    made = desk.wait(desk.engine.workflows.create("Greeting", sheet))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None and view.centre.pages.currentWidget() is view.sheet)
    return view


def test_a_schedule_is_made_with_its_next_times_paused_run_and_brought_back(desk, view):
    desk.qtbot.mouseClick(view.centre.schedules_button, LEFT)
    panel = view.beside.schedules
    desk.until(lambda: panel.none.isVisible())
    desk.qtbot.mouseClick(panel.add, LEFT)
    dialog = panel.dialog
    desk.until(lambda: "Every day at 08:00" in dialog.preview.whole() and dialog.preview.whole().count("08:00") == 6)
    cron = dialog.form.fields["cron"].control
    cron.setText("61 * * * *")
    cron.textEdited.emit("61 * * * *")
    desk.until(lambda: "not within 0 to 59" in dialog.preview.whole())
    dialog.agree.click()
    desk.until(lambda: "not within" in dialog.problem.whole())  # refused: it stays, and nothing was made
    cron.setText("30 9 * * mon-fri")
    cron.textEdited.emit("30 9 * * mon-fri")
    dialog.inputs.set_value("who", "Bo")
    dialog.agree.click()
    desk.until(lambda: len(panel.cards) == 1)
    ((schedule_id, card),) = panel.cards.items()
    assert desk.engine.workflows.schedules.get(schedule_id).settings.inputs == {"who": "Bo"}

    card.run_now.click()
    desk.until(lambda: view.sheet.settled)
    assert desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id)).outputs == {"words": "Hello Bo"}
    desk.until(lambda: panel.cards[schedule_id] is not card)
    panel.cards[schedule_id].toggle.click()
    desk.until(lambda: desk.engine.workflows.schedules.get(schedule_id).paused)
    desk.until(lambda: not panel.cards[schedule_id].toggle.isChecked())
    panel.cards[schedule_id].delete.click()
    desk.until(lambda: not panel.cards)
    toasts = lambda: [one for one in desk.window.findChildren(Toast) if hasattr(one, "undo")]  # noqa: E731
    desk.until(toasts)
    toasts()[0].undo.click()
    desk.until(lambda: list(panel.cards) == [schedule_id])


def test_a_schedule_keeps_the_file_that_it_gives_to_its_runs(desk, tmp_path):
    paper = tmp_path / "rows.csv"
    paper.write_text("n\n1\n")
    sheet = graph(
        step("start", "start", fields=[field("paper", "file")]), step("out", "output"), "start.paper > out.result", name="Filed",
    )  # fmt: skip
    made = desk.wait(desk.engine.workflows.create("Filed", sheet))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None and view.centre.pages.currentWidget() is view.sheet)
    desk.qtbot.mouseClick(view.centre.schedules_button, LEFT)
    panel = view.beside.schedules
    desk.until(lambda: panel.none.isVisible())
    desk.qtbot.mouseClick(panel.add, LEFT)
    panel.dialog.inputs.set_value("paper", paper)
    panel.dialog.agree.click()
    desk.until(lambda: len(panel.cards) == 1)
    ((schedule_id, card),) = panel.cards.items()
    kept = desk.engine.workflows.schedules.get(schedule_id).settings.inputs["paper"]
    assert kept.startswith("s3://run-files/") and kept.endswith("/rows.csv")
    paper.unlink()
    card.run_now.click()
    desk.until(lambda: view.sheet.settled)
    assert desk.wait(desk.engine.workflows.execution(view.sheet.run.execution_id)).outputs == {"result": kept}
    assert desk.wait(desk.engine.objects.get(kept)) == b"n\n1\n"


def test_a_webhook_shows_the_address_that_starts_a_run(desk, view):
    from studio.api.server import Server

    server = Server(desk.engine, "127.0.0.1", 0, False)
    desk.wait(server.start())
    try:
        desk.wait(desk.engine.settings.set("server.port", server.port))
        desk.wait(desk.engine.workflows.schedules.add(view.sheet.workflow.id, ScheduleSettings(kind="webhook")))
        view.show_beside("schedules")
        panel = view.beside.schedules
        desk.until(lambda: panel.cards)
        hook = next(iter(panel.cards.values())).hook
        address = hook.url.text()
        assert "all that a caller" in hook.says.whole()
        hook.copy_curl.click()
        line = shlex.split(QGuiApplication.clipboard().text())
        assert line[:4] == ["curl", "-X", "POST", address]
        head, sent = line[line.index("-H") + 1].split(": "), line[line.index("-d") + 1]
        assert httpx.post(address, headers=[head], content=sent, timeout=60).status_code == 202
        hook.renew.click()
        desk.until(lambda: next(iter(panel.cards.values())).hook.url.text() != address)
        assert httpx.post(address, json={}, timeout=60).status_code == 404  # the old secret starts nothing
    finally:
        desk.wait(server.stop())


def test_a_webhook_says_that_the_server_requires_its_token(desk, view):
    from studio.api.server import Server

    desk.wait(desk.engine.settings.set("server.require_token", True))
    server = Server(desk.engine, "127.0.0.1", 0, desk.engine.settings.server.require_token)
    desk.wait(server.start())
    try:
        desk.wait(desk.engine.settings.set("server.port", server.port))
        desk.wait(desk.engine.workflows.schedules.add(view.sheet.workflow.id, ScheduleSettings(kind="webhook")))
        view.show_beside("schedules")
        desk.until(lambda: view.beside.schedules.cards)
        hook = next(iter(view.beside.schedules.cards.values())).hook
        assert "requires its token" in hook.says.whole()
        line = shlex.split(hook.curl.text())
        name, value = line[line.index("-H") + 1].split(": ")
        assert (name, value) == ("Authorization", "Bearer $ONE_DATA_TOKEN")
        address, told = hook.url.text(), {name: value.replace("$ONE_DATA_TOKEN", desk.engine.tokens.ensure())}
        codes = [httpx.post(address, json={}, headers=sent, timeout=60).status_code for sent in ({}, told)]
        assert codes == [401, 202]
        desk.wait(desk.engine.settings.set("server.require_token", False))
        desk.until(lambda: "all that a caller" in next(iter(view.beside.schedules.cards.values())).hook.says.whole())
    finally:
        desk.wait(desk.engine.settings.set("server.require_token", False))
        desk.wait(server.stop())


def test_a_version_is_named_compared_on_the_canvas_and_restored_with_undo(desk, view):
    document = view.sheet.document
    greet = document.nodes["greet"]
    document.undo.push(Edit(document, greet.model_copy(update={"params": {"template": "Good day\n{{ who }}"}})))
    document.undo.push(Insert(document, Parts([Node(id="log", type="log", position=(300, 300))])))
    gone = next(node.id for node in document.nodes.values() if node.id not in ("greet", "log"))
    where = document.nodes[gone].position
    document.undo.push(Remove(document, document.parts_of([gone])))
    desk.qtbot.mouseClick(view.centre.history_button, LEFT)
    panel = view.beside.history
    desk.qtbot.mouseClick(panel.keep, LEFT)
    panel.naming.findChild(type(view.inspector.title)).setText("Good day")
    panel.naming.accept()
    desk.until(lambda: [row.title for row in panel.list.rows()][1:2] and str(panel.list.rows()[1].title) == "Good day")

    panel.list.select("1")
    desk.until(lambda: {row.icon for row in panel.differences.rows()} == {"plus", "pencil", "minus"})
    marks = view.sheet.canvas.sheet.findChild(Marks)
    assert {name: mark.kind for name, mark in marks.items.items()} == {"log": "added", "greet": "changed"}
    # what is gone lies dashed where it was, with the wires that it had, and is brought into view by its row
    ghost = marks.ghosts[gone]
    assert (ghost.pos().x(), ghost.pos().y()) == where and ghost.box.width() > 0
    assert {gone} <= {end for wire in marks.wires for end in (wire.edge.source, wire.edge.target)}
    assert all(not wire.boundingRect().isEmpty() for wire in marks.wires)
    still = view.sheet.canvas.still
    still.carry({"greet": view.sheet.canvas.sheet.nodes["greet"].pos()})
    assert not still.active  # a drag paints the marks anew, too
    view.sheet.canvas.scroll_by(QPoint(3000, 3000))
    panel.differences.select(next(row.id for row in panel.differences.rows() if row.id.endswith(f":{gone}")))
    assert view.sheet.canvas.visible_rect().intersects(ghost.box)
    row = next(row for row in panel.differences.rows() if row.icon == "pencil")
    panel.differences.select(row.id)
    assert view.sheet.canvas.sheet.chosen_ids() == ["greet"] and view.beside.page == "history"
    assert "+ Good day" in panel.lines.toPlainText()

    desk.qtbot.mouseClick(panel.restore, LEFT)
    desk.until(lambda: "log" not in document.nodes)
    assert document.nodes["greet"].params["template"] == "Hello {{ who }}"
    document.undo.undo()
    assert "log" in document.nodes and document.nodes["greet"].params["template"] == "Good day\n{{ who }}"
    desk.qtbot.mouseClick(view.centre.history_button, LEFT)
    assert view.beside.page == "inspector" and not marks.items and not marks.ghosts and not marks.wires


def test_times_are_said_in_words():
    said = {
        "*/15 * * * *": "Every 15 minutes", "5 * * * *": "Every hour at :05", "0 8 * * *": "Every day at 08:00",
        "30 9 * * 1-5": "Monday to Friday at 09:30", "0 8 * * mon,thu": "Every Monday, Thursday at 08:00",
        "0 8 1 * *": "On day 1 of each month at 08:00", "0 8 1 1 *": "0 8 1 1 *", "0 8-9 * * *": "0 8-9 * * *",
    }  # fmt: skip
    assert {line: cron_in_words(line).en for line in said} == said
    assert when_in_words(ScheduleSettings(kind="interval", seconds=7200)).zh == "每 2 小时"
    assert when_in_words(ScheduleSettings(kind="interval", seconds=60)).en == "Every minute"
