"""Browsing a table in the window: chips and their SQL, columns, cells, profiles, exact values."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from studio.ui.views.data import DataView
from studio.ui.views.data_parts.columns_popup import ColumnsPopup
from studio.ui.views.data_parts.filter_editor import FilterEditor
from studio.ui.views.data_parts.filters import Filter
from studio.ui.views.data_parts.profile_popup import ProfilePopup
from studio.ui.views.data_parts.table_tab import TableTab
from studio.ui.window import Window
from tests.ui.data.test_data_view import drop, front, until

BIG = 2**53 + 1
STATES = ["delivered", "returned", "cancelled"]


def picture() -> bytes:
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def make(path: Path, rows: int = 3_000) -> Path:
    """A table with a value of every awkward kind, and two hundred more columns."""
    table = {
        "id": pa.array([BIG + row for row in range(rows)], "int64"),
        "客户": [f"客户 {row % 700}" for row in range(rows)],
        "status": [STATES[row % 3] for row in range(rows)],
        "money": pa.array([Decimal(row * 7919 % rows) / 100 for row in range(rows)], pa.decimal128(38, 10)),
        "note": [
            None if row % 3 == 1 else "" if row % 3 else "x" * 60_000 if row == 0 else f"note {row}"
            for row in range(rows)
        ],
        "json": [{"lines": [{"sku": BIG, "price": None}], "row": row} for row in range(rows)],
        "photo": [picture() if row < 2 else b"\x00\x01raw" for row in range(rows)],
        **{f"extra_{number:03d}": list(range(rows)) for number in range(200)},
    }
    pq.write_table(pa.table(table), path)
    return path


@pytest.fixture
def tab(view: DataView, qtbot: QtBot, tmp_path: Path) -> TableTab:
    return drop(view, qtbot, make(tmp_path / "orders.parquet"))


def cell(tab: TableTab, row: int, column: str) -> str | None:
    found = tab.table.model.cell(row - tab.table.model.base, tab.table.model.names.index(column))
    return None if found is None else "NULL" if found.null else found.text


def press(
    qtbot: QtBot, tab: TableTab, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.keyClick(tab.table.grid, key, modifier)


def test_chips_filter_and_sort_and_say_their_sql(tab: TableTab, view: DataView, qtbot: QtBot) -> None:
    tab.bar.set_filters(
        [Filter("status", "is", "returned, cancelled"), Filter("money", "between", "5, 20", "decimal(38,10)")]
    )
    tab.bar.changed.emit()
    until(qtbot, lambda: 0 < tab.table.row_count < 3_000)
    tab.table.order_requested.emit("money", False)
    tab.table.order_added.emit("id", True)
    until(qtbot, lambda: cell(tab, 0, "money") == "20.0000000000")
    assert tab.bar.orders == [("money", True), ("id", False)]
    tab.bar.sql.click()
    assert tab.sql.isVisible()
    wanted = (
        '"status" IN (\'returned\', \'cancelled\') AND "money" BETWEEN 5 AND 20 ORDER BY "money" DESC NULLS LAST, "id"'
    )
    assert wanted in " ".join(tab.sql.sql.split())
    tab.sql.copy()
    assert QGuiApplication.clipboard().text() == tab.sql.sql
    tab.sql.opened.emit(tab.sql.sql)
    until(qtbot, lambda: any("BETWEEN 5 AND 20" in pane.editor.text() for pane in view.queries.panes.values()))
    view.centre.tabs.select(f"ds:{tab.dataset_id}")
    tab.bar._drop_order("money")
    tab.bar.set_filters([])
    tab.bar.changed.emit()
    until(qtbot, lambda: tab.table.row_count == 3_000 and cell(tab, 0, "id") == str(BIG))


def test_values_are_exact_and_null_is_not_the_empty_text(tab: TableTab, qtbot: QtBot) -> None:
    until(qtbot, lambda: cell(tab, 2, "note") == "")
    assert cell(tab, 1, "note") == "NULL" and cell(tab, 3, "id") == str(BIG + 3)
    tab.table.filter_requested.emit("note", None)
    until(qtbot, lambda: tab.table.row_count == 1_000)
    assert tab.bar.filters[-1].operator == "null"
    tab.bar.set_filters([])
    tab.table.filter_requested.emit("note", "")
    until(qtbot, lambda: tab.table.row_count == 1_000 and cell(tab, 0, "id") == str(BIG + 2))
    assert tab.bar.filters[-1].operator == "empty"


def test_a_filter_is_made_by_the_kind_of_its_column(tab: TableTab, qtbot: QtBot) -> None:
    tab.table.filter_requested.emit("money", ...)
    editor = tab.bar.findChild(FilterEditor)
    assert editor.column.value() == "money"
    editor.operator.set_value("between")
    editor.value.setText("3")
    editor.submit()
    assert "two values" in editor.problem.whole()
    editor.value.setText("3, 4")
    qtbot.keyClick(editor.value, Qt.Key.Key_Return)
    until(qtbot, lambda: tab.table.row_count == 101)


def test_columns_are_found_by_pinyin_hidden_pinned_and_remembered(
    tab: TableTab,
    view: DataView,
    window: Window,
    qtbot: QtBot,
) -> None:
    popup = tab.find_column()
    assert isinstance(popup, ColumnsPopup)
    popup.field.setText("kh")
    until(qtbot, lambda: [row.id for row in popup.list.rows()][:1] == ["客户"])
    popup.toggle("客户")
    assert "客户" not in tab.table.model.names
    popup.field.setText("extra_150")
    until(qtbot, lambda: popup.list.rows() and popup.list.rows()[0].id == "extra_150")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    until(qtbot, lambda: "extra_150" in tab.table.columns.in_view() and cell(tab, 5, "extra_150") == "5")
    tab.table.columns.pin("status", True)
    assert "206 of 207" in tab.bar.choose.text()
    view.close_tab()
    view.open_dataset(tab.dataset_id)
    again = front(view, qtbot, "orders")
    assert again.table.model.names[0] == "status" and again.table.model.pinned == 1
    assert "客户" not in again.table.model.names
    assert window.memory.get(f"columns:{again.dataset_id}")["pinned"] == 1


def test_a_cell_is_looked_at_closely_and_the_pane_follows_the_cursor(tab: TableTab, qtbot: QtBot) -> None:
    names = tab.table.model.names
    tab.table.set_current(0, names.index("note"))
    press(qtbot, tab, Qt.Key.Key_F2)
    until(qtbot, lambda: tab.cell.pane.isVisible() and tab.cell.pane.text.toPlainText().startswith("xxx"))
    assert "60,000" in tab.cell.pane.note.whole()
    tab.cell.pane.copy()
    assert len(QGuiApplication.clipboard().text()) == 60_000
    tab.table.set_current(1, names.index("note"))
    until(qtbot, lambda: tab.cell.pane.value.kind == "null")
    tab.table.set_current(0, names.index("json"))
    until(qtbot, lambda: tab.cell.pane.value.kind == "tree")
    lines = tab.cell.pane.tree.topLevelItem(0)
    assert lines.text(0) == "lines" and lines.child(0).childCount() == 0
    lines.child(0).setExpanded(True)
    assert [lines.child(0).child(0).text(place) for place in (0, 1)] == ["sku", str(BIG)]
    tab.table.set_current(1, names.index("photo"))
    until(qtbot, lambda: tab.cell.pane.value.kind == "image")
    assert "8 × 6" in tab.cell.pane.note.whole() and tab.cell.pane.offered() == ["image", "hex"]
    tab.table.set_current(5, names.index("photo"))
    until(qtbot, lambda: tab.cell.pane.value.kind == "binary")
    assert tab.cell.pane.text.toPlainText().startswith("00000000  00 01 72 61 77")
    qtbot.keyClick(tab.cell.pane, Qt.Key.Key_Escape)
    assert not tab.cell.pane.isVisible()


def test_the_profile_marks_states_and_its_values_filter(tab: TableTab, qtbot: QtBot) -> None:
    until(qtbot, lambda: "status" in tab.profile.found)
    place = tab.table.model.names.index("status")
    until(
        qtbot,
        lambda: (
            tab.table.grid.dots.get(place) == {"delivered": "success", "returned": "warning", "cancelled": "neutral"}
        ),
    )
    assert tab.table.grid.columns.order.strips[place].caption
    assert "extra_190" not in tab.profile.found, "columns that nobody has seen are not profiled"
    tab.table.profile_requested.emit("status", QPoint(100, 100))
    popup = tab.table.findChild(ProfilePopup)
    assert popup is not None and popup.values is not None
    popup.values.activated.emit("0")
    until(qtbot, lambda: tab.table.row_count == 1_000)
    tab.table.profile_requested.emit("extra_190", QPoint(100, 100))
    until(qtbot, lambda: "extra_190" in tab.profile.found)


def test_a_selection_is_exported_with_the_columns_that_are_shown(tab: TableTab, qtbot: QtBot, tmp_path: Path) -> None:
    tab.table.columns.arrange(["status", "id"])
    until(qtbot, lambda: cell(tab, 0, "id") is not None)
    tab.table.grid.setCurrentIndex(tab.table.model.index(2, 0))
    press(qtbot, tab, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    tab.write(str(tmp_path / "some.parquet"))
    until(qtbot, (tmp_path / "some.parquet").exists)
    assert pq.read_table(tmp_path / "some.parquet").to_pydict() == {
        "status": ["cancelled", "delivered"],
        "id": [BIG + 2, BIG + 3],
    }
