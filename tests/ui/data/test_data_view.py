"""The Data view in a window over a real engine; what a person does is done to its widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from studio.ui.theme import theme
from studio.ui.views.data import DataView
from studio.ui.views.data_parts.filter_editor import FilterEditor
from studio.ui.views.data_parts.filters import Filter
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.window import Window
from tests.ui.data.conftest import drop, front, until


def test_an_empty_project_names_the_next_step(view: DataView) -> None:
    assert view.centre.stack.currentWidget() is view.centre.empty
    assert view.below.isHidden()


def test_a_dropped_file_becomes_a_table_with_rows_schema_and_profile(
    view: DataView, tickets: TableTab, qtbot: QtBot
) -> None:
    assert tickets.table.row_count == 600
    assert [row.title for row in view.side.list.rows() if row.id.startswith("ds:")] == ["tickets"]
    until(qtbot, lambda: view.inspector.dataset is not None)
    until(qtbot, lambda: tickets.table.grid.columns.order.strips)
    assert "600" in tickets.bar.count.whole()


def test_a_filter_narrows_the_rows_and_its_cross_brings_them_back(
    view: DataView, tickets: TableTab, qtbot: QtBot
) -> None:
    tickets.bar.add.click()
    editor = tickets.bar.findChild(FilterEditor)
    editor.column.set_value("region")
    editor.column.changed.emit("region")
    editor.submit()
    assert editor.problem.isVisibleTo(editor)
    editor.value.setText("华南")
    editor.submit()
    until(qtbot, lambda: tickets.table.row_count < 600)
    assert tickets.bar.filters == [Filter("region", "is", "华南")]
    assert f"{tickets.table.row_count:,} of 600 rows" in tickets.bar.count.whole()
    tickets.bar._replace(tickets.bar.filters[0], None)
    until(qtbot, lambda: tickets.table.row_count == 600)


def test_a_click_on_a_column_sorts_by_it(tickets: TableTab, qtbot: QtBot) -> None:
    tickets.table.order_requested.emit("created_at", False)
    until(qtbot, lambda: (cell := tickets.table.model.cell(0, 1)) and cell.text.startswith("2025-1"))


def test_an_answer_opens_the_very_rows(window: Window, view: DataView, tickets: TableTab, qtbot: QtBot) -> None:
    rows_sql = 'SELECT *\nFROM "tickets"\nWHERE "lang" = \'en\'\nLIMIT 5'
    window.studio.open("dataset", tickets.dataset_id, sql=rows_sql)
    until(qtbot, lambda: tickets.table.row_count == 98)
    assert view.centre.tabs.current() == f"ds:{tickets.dataset_id}"


def test_a_moved_file_keeps_its_place_and_is_located_again(
    view: DataView, tickets: TableTab, qtbot: QtBot, tmp_path: Path
) -> None:
    moved = (tmp_path / "tickets.csv").rename(tmp_path / "moved.csv")
    tickets.open()
    until(qtbot, lambda: tickets.stack.count() == 3)
    until(qtbot, lambda: any(row.tone == "danger" for row in view.side.list.rows()))
    view.deeds.relocate(tickets.dataset_id, str(moved))
    until(qtbot, lambda: tickets.stack.currentWidget() is tickets.content)


def test_removing_can_be_undone(window: Window, view: DataView, tickets: TableTab, qtbot: QtBot) -> None:
    taken_back: list[Callable[[], object]] = []
    window.toast = lambda text, undo=None, level="info": taken_back.append(undo)  # type: ignore[method-assign,assignment]
    view.deeds.remove(tickets.dataset_id)
    until(qtbot, lambda: taken_back and not view.datasets and not view.centre.tables)
    taken_back[0]()
    front(view, qtbot, "tickets")


def test_a_file_that_cannot_be_added_is_explained_and_what_was_typed_stays(view: DataView, qtbot: QtBot) -> None:
    dialog = view.add()
    dialog.path.setText("/nowhere/at-all.csv")
    dialog.submit()
    until(qtbot, lambda: dialog.problem.isVisible())
    assert "at-all.csv" in dialog.problem.whole() and dialog.path.text() and dialog.agree.isEnabled()
    dialog.reject()


def test_lines_that_could_not_be_read_are_shown(view: DataView, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,name,x\n1,a,2\n2,b\n3,c,4\n")
    tab = drop(view, qtbot, path)
    assert tab.table.row_count == 2
    until(qtbot, lambda: view.inspector.dataset and view.inspector.dataset.statistics["bad_lines"]["count"] == 1)


def test_a_table_is_taken_to_chat_and_to_a_workflow(
    window: Window, view: DataView, tickets: TableTab, qtbot: QtBot
) -> None:
    tickets.show_filters([Filter("lang", "is", "en")])
    view.centre.use.click()
    until(qtbot, lambda: getattr(window.current_view(), "name", "") == "workflows")
    window.show_view("data")
    view.centre.ask.click()
    until(qtbot, lambda: getattr(window.current_view(), "name", "") == "chat")


def test_what_the_filters_leave_is_exported(view: DataView, tickets: TableTab, qtbot: QtBot, tmp_path: Path) -> None:
    tickets.show_filters([Filter("lang", "is", "en")])
    until(qtbot, lambda: tickets.table.row_count == 98)
    tickets.write(str(tmp_path / "out.csv"))
    until(qtbot, (tmp_path / "out.csv").exists)
    assert len((tmp_path / "out.csv").read_text().splitlines()) >= 99


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_languages_and_themes_paint(
    window: Window, view: DataView, tickets: TableTab, qtbot: QtBot, language: str
) -> None:
    before = window.grab().toImage()
    window.choose_language(language)
    window.choose_theme("light" if theme.dark else "dark")
    until(qtbot, lambda: window.updatesEnabled() and window.grab().toImage() != before)
    view.deeds.menu(tickets.dataset_id, QPoint(0, 0))
    window.choose_language("en")
    until(qtbot, window.updatesEnabled)


def test_how_long_a_table_took_is_said_once_it_is_known(view: DataView, tickets: TableTab, qtbot: QtBot) -> None:
    until(qtbot, lambda: "Loaded in" in tickets.note.text())
    again = TableTab(view.studio, tickets.dataset_id)
    qtbot.addWidget(again)
    said: list[str] = []
    tell = again._tell_note
    again._tell_note = lambda: (tell(), said.append(again.note.text()))[0]  # type: ignore[method-assign]
    again._retell()
    again._tell_note()
    assert not any("Loaded" in words for words in said), "nothing is loaded yet"
    until(qtbot, lambda: "Loaded in" in again.note.text())
