"""Queries in the Data view: run, cancelled, explained, completed, kept; in a real window over a real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QToolTip
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from studio.ui.app import _close_engine, open_window
from studio.ui.bridge import bridge
from studio.ui.views.data import DataView
from studio.ui.views.data_parts.query_pane import QueryPane
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.window import Window
from tests.ui.data.conftest import front, until

ENDLESS = "SELECT count(*) FROM range(1000000000000)"


@pytest.fixture
def pane(view: DataView, tickets: TableTab, qtbot: QtBot) -> QueryPane:
    made = view.new_query("SELECT lang, count(*) AS n FROM tickets GROUP BY 1 ORDER BY n DESC")
    until(qtbot, lambda: made.suggesting.suggester is not None)
    return made


def test_a_query_that_another_view_opens_is_run_at_once_where_it_asks_for_rows(view: DataView, qtbot: QtBot) -> None:
    view.studio.open("query", "", sql="SELECT 7 AS seven", run=True)
    opened = list(view.queries.panes.values())[-1]
    until(qtbot, lambda: opened.results.rows.table.row_count == 1)
    view.studio.open("query", "", sql="SELECT 8 AS eight")
    assert list(view.queries.panes.values())[-1]._running is None


def put_caret(pane: QueryPane, position: int, end: int | None = None) -> None:
    cursor = pane.editor.textCursor()
    cursor.setPosition(position)
    if end is not None:
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    pane.editor.setTextCursor(cursor)


def over(pane: QueryPane) -> bool:
    return pane._running is None


def ran(pane: QueryPane, qtbot: QtBot) -> None:
    try:
        until(qtbot, lambda: over(pane) and pane.results.outcomes)
    except TimeoutError as error:  # say where it stands
        state = (pane.isVisible(), pane.editor.hasFocus(), pane.results.note.whole(), pane.results.message.whole())
        raise AssertionError((over(pane), pane.results.outcomes, state)) from error


def test_a_query_runs_and_a_mistake_is_marked_at_its_place_with_its_message(pane: QueryPane, qtbot: QtBot) -> None:
    pane.run_button.click()
    ran(pane, qtbot)
    assert pane.results.rows.table.row_count == 2 and "2 rows" in pane.results.rows.told.whole()
    until(qtbot, lambda: "reads" in pane.results.note.whole())
    pane.editor.set_text("SELECT lang,\n  nope\nFROM tickets")
    pane.run()
    until(qtbot, lambda: pane.editor.error_lines == {2})
    assert pane.problem_bar.isVisibleTo(pane) and "nope" in pane.problem.whole()
    pane.editor.insert(" ")
    assert not pane.editor.error_lines and pane.problem_bar.isHidden()
    until(qtbot, lambda: pane.editor.error_lines == {2})  # checked while nothing runs


def test_the_statement_under_the_cursor_is_run_or_what_is_selected_or_all(pane: QueryPane, qtbot: QtBot) -> None:
    pane.editor.set_text("SELECT 1 AS one;\nSELECT 2 AS two;\n\nSELECT lang FROM tickets")
    put_caret(pane, 20)
    qtbot.keyClick(pane.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ran(pane, qtbot)
    assert [each.result.columns[0].name for each in pane.results.outcomes] == ["two"]
    put_caret(pane, 0, 33)
    pane.run()
    ran(pane, qtbot)
    assert [each.result.columns[0].name for each in pane.results.outcomes] == ["one", "two"]
    qtbot.keyClick(
        pane.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    ran(pane, qtbot)
    assert len(pane.results.outcomes) == 3 and pane.results.rows.table.row_count == 600
    assert pane.results.which.isVisibleTo(pane.results)
    pane.results.which.changed.emit(0)
    assert pane.results.rows.result.columns[0].name == "one"


def test_ctrl_enter_runs_the_query_although_another_view_has_that_key_too(
    window: Window, pane: QueryPane, qtbot: QtBot
) -> None:
    window.show_view("workflows")
    window.show_view("data")
    pane.editor.setFocus()
    qtbot.keyClick(pane.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ran(pane, qtbot)
    assert pane.results.rows.table.row_count == 2


def test_an_error_further_down_is_marked_there_and_what_came_before_stays(pane: QueryPane, qtbot: QtBot) -> None:
    pane.editor.set_text("SELECT 1 AS one;\n\nSELECT\n  nope FROM tickets")
    pane.run_all()
    ran(pane, qtbot)
    assert pane.editor.error_lines == {4} and len(pane.results.outcomes) == 2
    pane.results.which.changed.emit(0)
    assert pane.results.rows.table.row_count == 1
    put_caret(pane, 20)
    pane.run()
    ran(pane, qtbot)
    assert pane.editor.error_lines == {4}


def test_run_becomes_cancel_with_the_time_and_ends_the_query(pane: QueryPane, qtbot: QtBot) -> None:
    pane.editor.set_text(ENDLESS)
    pane.run()
    assert pane.run_button.text() == "Cancel"
    until(qtbot, lambda: pane.results.note.whole().endswith(" s"))
    pane.run_button.click()
    assert pane.run_button.text() == "Run" and "ancel" in pane.results.message.whole()
    found: list[str] = []
    history = bridge.engine.sql.history

    def kept() -> bool:
        bridge.run(pane, history.list(1), lambda queries: found.extend(each.status for each in queries))
        return "cancelled" in found

    until(qtbot, kept)


def test_the_plan_is_a_tree_and_measured_when_that_is_asked_for(pane: QueryPane, qtbot: QtBot) -> None:
    pane.explain_button.click()
    until(qtbot, lambda: pane.results.plan.plan is not None)
    assert pane.results.stack.currentWidget() is pane.results.plan and not pane.results.plan.plan.measured
    pane.results.plan.measure.click()
    until(qtbot, lambda: pane.results.plan.plan.measured)
    assert "ms" in pane.results.plan.tree.accessibleDescription()
    pane.editor.set_text("EXPLAIN ANALYZE FROM tickets")
    pane.run()
    ran(pane, qtbot)
    assert pane.results.tabs.value() == "plan"


def test_the_history_is_searched_pinned_and_taken_up_again(pane: QueryPane, qtbot: QtBot) -> None:
    for text in ("SELECT 1 AS alpha", "SELECT 2 AS beta"):
        pane.editor.set_text(text)
        pane.run()
        ran(pane, qtbot)
    history = pane.results.history
    history.search.setText("alpha")
    history.reload()
    until(qtbot, lambda: [each.sql for each in history.queries.values()] == ["SELECT 1 AS alpha"])
    history.pin(next(iter(history.queries)))
    history.search.setText("")
    until(qtbot, lambda: [row.icon for row in history.list.rows()][:2] == ["pin", "file-code"])
    history.list.activated.emit(history.list.rows()[0].id)
    assert pane.editor.text() == "SELECT 2 AS beta\n\nSELECT 1 AS alpha"
    pane.run()
    ran(pane, qtbot)
    assert pane.results.rows.result.columns[0].name == "alpha"
    pane.editor.undo()
    assert pane.editor.text() == "SELECT 2 AS beta"


def test_the_chart_fits_the_types_and_is_a_table_too(pane: QueryPane, qtbot: QtBot) -> None:
    pane.run()
    ran(pane, qtbot)
    pane.results.tabs.set_value("chart")
    pane.results.tabs.changed.emit("chart")
    chart = pane.results.chart
    until(qtbot, lambda: chart.points is not None)
    assert (chart.plan.shape, chart.plan.x, chart.plan.ys) == ("bar", "lang", ("n",)) and len(chart.points.labels) == 2
    assert chart.stack.currentWidget() is chart.charts["bar"]
    chart.shape.set_value("line")
    chart.shape.changed.emit("line")
    until(qtbot, lambda: chart.stack.currentWidget() is chart.charts["line"])
    chart.as_table.click()
    until(qtbot, lambda: (cell := chart.table.model.cell(0, 1)) and cell.text)
    pane.editor.set_text("SELECT * FROM range(3) a(x), range(2) b(y)")
    pane.run()
    until(qtbot, lambda: over(pane) and chart.plan.shape == "scatter")


def test_numbers_stand_beside_bars_and_a_column_is_summed(pane: QueryPane, qtbot: QtBot) -> None:
    pane.run()
    ran(pane, qtbot)
    rows = pane.results.rows
    until(qtbot, lambda: rows.table.grid.bars and rows.table.model.cell(0, 0))
    assert list(rows.table.grid.bars) == [1]
    rows.table.set_current(0, 1)
    until(qtbot, lambda: rows.sum.whole() == "Sum of n 600")
    rows.copy.click()
    until(qtbot, lambda: QGuiApplication.clipboard().text().startswith("lang\tn\n"))


def test_all_rows_are_shown_and_exported_when_that_is_asked_for(
    window: Window, pane: QueryPane, qtbot: QtBot, tmp_path: Path
) -> None:
    done: list[object] = []
    bridge.run(window, bridge.engine.settings.set("data.query_rows", 100), done.append)
    until(qtbot, lambda: done)
    pane.editor.set_text("SELECT i, 100 - i AS j FROM range(200000) t(i)")
    pane.run()
    ran(pane, qtbot)
    rows = pane.results.rows
    assert rows.table.row_count == 100 and rows.whole.isVisibleTo(rows) and "First 100 rows" in rows.told.whole()
    rows.write(str(tmp_path / "cut.csv"))
    until(qtbot, lambda: (tmp_path / "cut.csv").exists())
    assert len((tmp_path / "cut.csv").read_text().splitlines()) == 200_001
    rows.whole.click()
    until(qtbot, lambda: rows.table.row_count == 200_000)
    assert rows.whole.isHidden()
    rows.table.scroll_to(150_000)
    until(qtbot, lambda: rows.table.model.cell(150_000 - rows.table.model.base, 0))
    rows.table.order_requested.emit("j", True)
    until(qtbot, lambda: (cell := rows.table.model.cell(0, 0)) and cell.text == "199,999")


def test_a_result_is_saved_as_a_dataset_and_opened(view: DataView, pane: QueryPane, qtbot: QtBot) -> None:
    pane.run()
    ran(pane, qtbot)
    pane.results.rows.save_under("by language")
    made = front(view, qtbot, "by language")
    assert made.table.row_count == 2 and made.dataset.statistics["origin"]["kind"] == "query"


def test_typing_offers_columns_with_their_types_and_takes_one(pane: QueryPane, qtbot: QtBot) -> None:
    pane.editor.set_text("SELECT  FROM tickets t")
    put_caret(pane, 7)
    qtbot.keyClicks(pane.editor, "t.reg")
    until(qtbot, lambda: pane.editor.completion.is_open and pane.editor.completion.entries[0].text == "region")
    assert pane.editor.completion.entries[0].icon in ("tag", "type")
    qtbot.keyClick(pane.editor.completion.popup, Qt.Key.Key_Return)
    assert pane.editor.text() == "SELECT t.region FROM tickets t"


def test_while_arguments_are_typed_the_functions_signature_is_shown(pane: QueryPane, qtbot: QtBot) -> None:
    pane.editor.set_text("SELECT date_trunc")
    put_caret(pane, 17)
    qtbot.keyClicks(pane.editor, "(")
    until(qtbot, lambda: QToolTip.text().startswith("date_trunc("))


def test_a_dragged_table_puts_its_quoted_name_where_it_is_dropped(
    view: DataView, pane: QueryPane, qtbot: QtBot
) -> None:
    row = next(row for row in view.side.list.rows() if row.title == "tickets")
    assert row.drag == '"tickets"'
    model = view.side.list.model()
    place = next(n for n, each in enumerate(view.side.list.rows()) if each.id == row.id)
    dragged: QMimeData = model.mimeData([model.index(place, 0)])
    pane.editor.set_text("SELECT * FROM ")
    put_caret(pane, 14)
    at = QPointF(pane.editor.cursorRect().center())
    pane.editor.dropEvent(
        QDropEvent(at, Qt.DropAction.CopyAction, dragged, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    )
    assert pane.editor.text() == 'SELECT * FROM "tickets"'


def test_format_is_one_step_of_undo(pane: QueryPane, qtbot: QtBot) -> None:
    before = pane.editor.text()
    pane.layout_button.click()
    until(qtbot, lambda: pane.editor.text().startswith("SELECT\n  lang,"))
    pane.editor.undo()
    assert pane.editor.text() == before


def test_what_was_typed_is_there_after_the_window_closed_and_saving_takes_the_dot_away(
    window: Window, view: DataView, pane: QueryPane, qtbot: QtBot, tmp_path: Path
) -> None:
    assert pane.changed and pane.dot.isVisibleTo(pane)
    pane.save()
    until(qtbot, lambda: not pane.changed and any(each.name == pane.name for each in view.queries.kept))
    pane.editor.set_text("SELECT 'half written")
    assert pane.changed
    until(qtbot, lambda: not pane._keep_timer.isActive())
    drafts: list[list[object]] = []
    bridge.run(window, bridge.engine.sql.drafts.all(), drafts.append)
    until(qtbot, lambda: drafts)
    paths = bridge.engine.paths
    window.close()
    _close_engine()
    again = open_window(paths, "data")
    try:
        until(qtbot, lambda: isinstance(again.current_view(), DataView) and again.current_view()._known)
        found = again.current_view()
        assert found.queries.panes[pane.name].editor.text() == "SELECT 'half written"
        assert f"sql:{pane.name}" in found.centre.tabs.ids() and found.queries.panes[pane.name].changed
    finally:
        again.close()
        again.deleteLater()


def test_a_tab_closed_unsaved_is_brought_back(window: Window, view: DataView, pane: QueryPane, qtbot: QtBot) -> None:
    undo: list[object] = []
    window.toast = lambda text, taken=None, level="info": undo.append(taken)  # type: ignore[method-assign,assignment]
    name, text = pane.name, pane.editor.text()
    view.close_tab()
    assert name not in view.queries.panes and undo
    undo[-1]()  # type: ignore[operator]
    assert view.queries.panes[name].editor.text() == text and view.centre.tabs.current() == f"sql:{name}"


def test_a_query_is_renamed_with_its_tab(view: DataView, pane: QueryPane, qtbot: QtBot) -> None:
    old = pane.name
    view.queries.use_name(old, "Languages 语言")
    until(qtbot, lambda: any(each.name == "Languages 语言" for each in view.queries.kept))
    assert view.centre.tabs.current() == "sql:Languages 语言" and f"sql:{old}" not in view.centre.tabs.ids()
