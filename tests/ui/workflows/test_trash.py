"""The trash of workflows in the view: what was deleted comes back with one click, or goes for good once asked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from studio.engine.workflows.schedule import ScheduleSettings
from studio.ui.views.home import HomeView
from studio.ui.views.workflows import Workflows
from studio.ui.widgets.ask import Ask


def put_away(desk, name: str, schedule: bool = False) -> str:
    made = desk.wait(desk.engine.workflows.create(name))
    if schedule:
        desk.wait(desk.engine.workflows.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=3600)))
    desk.wait(desk.engine.workflows.delete(made.id))
    return made.id


def names(trash) -> list[str]:
    return [str(row.title) for row in trash.list.rows() if not row.heading]


def agree(desk) -> str:
    """Press the red button of the question that is open; what it asked."""
    desk.until(lambda: desk.window.findChild(Ask) is not None)
    question = desk.window.findChild(Ask)
    asked = question.windowTitle()
    assert question.focusWidget() is question.cancel, "Enter keeps it"
    question.agree.click()
    desk.until(lambda: desk.window.findChild(Ask) is None)
    return asked


def test_what_was_deleted_is_listed_and_comes_back_with_its_schedules(desk):
    view = desk.window.current_view()
    side, trash = view.side, view.side.trash
    desk.qtbot.mouseClick(side.bin, Qt.MouseButton.LeftButton)
    assert trash.nothing.isVisible() and not trash.empty.isEnabled() and not trash.restore_button.isEnabled()
    old, new = put_away(desk, "Prices", schedule=True), put_away(desk, "Greeting")
    desk.until(lambda: names(trash) == ["Greeting", "Prices"])  # heard while it is open, the last deleted first
    assert not trash.nothing.isVisible() and trash.count.text() == "2"

    trash.list.select(old)
    desk.qtbot.mouseClick(trash.restore_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: view.sheet is not None and view.sheet.workflow.id == old and not side.in_trash())
    assert len(desk.engine.workflows.schedules.list(old)) == 1
    view.studio.actions.trigger("workflows.trash")
    desk.until(lambda: [row.id for row in trash.list.rows() if not row.heading] == [new])


def test_nothing_goes_for_good_unasked(desk):
    view = desk.window.current_view()
    trash = view.side.trash
    for name in ("Prices", "Greeting", "Report"):
        put_away(desk, name)
    desk.qtbot.mouseClick(view.side.bin, Qt.MouseButton.LeftButton)
    desk.until(lambda: trash.count.text() == "3")
    trash.list.select(trash.list.rows()[2].id)
    desk.qtbot.mouseClick(trash.delete_button, Qt.MouseButton.LeftButton)
    assert len(desk.wait(desk.engine.workflows.trash())) == 3
    assert "“Greeting”" in agree(desk)
    desk.until(lambda: names(trash) == ["Report", "Prices"])

    desk.qtbot.mouseClick(trash.empty, Qt.MouseButton.LeftButton)
    assert "2 workflows" in agree(desk)
    desk.until(lambda: trash.nothing.isVisible() and trash.list.rows() == [])
    assert desk.wait(desk.engine.workflows.trash()) == []


@pytest.mark.parametrize("desk", [[HomeView, Workflows]], indirect=True)
def test_the_palette_knows_the_trash_and_a_new_workflow_before_the_view_was_opened(desk):
    put_away(desk, "Prices")
    actions = desk.window.studio.actions
    actions.trigger("workflows.trash")
    desk.until(lambda: isinstance(desk.window.current_view(), Workflows))
    view = desk.window.current_view()
    desk.until(lambda: names(view.side.trash) == ["Prices"] and view.side.trash.isVisible())
    desk.window.show_view("home")
    actions.trigger("workflows.new")
    desk.until(lambda: desk.window.current_view() is view and view.sheet is not None)
