"""The table over an async source, as a person uses it."""

import asyncio

import pyarrow as pa
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QMenu

from studio.ui.theme import theme
from studio.ui.widgets.cell_viewer import CellViewer
from studio.ui.widgets.grid import merged
from studio.ui.widgets.pages import AT_ONCE, PAGE_ROWS, Pages
from studio.ui.widgets.table import VirtualTable

COLUMNS = [("number", "int64"), ("name", "string"), ("maybe", "double")]


class Source:
    """Rows that say their own number, and a memory of what was asked for."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.asked: list[int] = []
        self.gate: asyncio.Event | None = None

    async def fetch(self, offset: int, limit: int) -> pa.Table:
        self.asked.append(offset)
        if self.gate is not None:
            await self.gate.wait()
        rows = range(offset, min(self.rows, offset + limit))
        return pa.table(
            {
                "number": list(rows),
                "name": [f"行 {row}" for row in rows],
                "maybe": [None if row % 2 else 0.5 for row in rows],
            }
        )


@pytest.fixture
def show(qtbot):
    def make(rows: int, source: Source | None = None) -> tuple[VirtualTable, Source]:
        source = source or Source(rows)
        table = VirtualTable(source.fetch, COLUMNS, rows)
        qtbot.addWidget(table)
        table.resize(600, 300)
        table.show()
        return table, source

    return make


def words(table: VirtualTable, row: int, column: int) -> str | None:
    cell = table.model.cell(row - table.model.base, column)
    return cell.text if cell else None


def test_rows_appear_after_they_were_fetched(show, qtbot):
    table, source = show(2_000)
    qtbot.waitUntil(lambda: words(table, 0, 1) == "行 0")
    assert source.asked == [0]


def test_the_last_of_a_hundred_million_rows_can_be_reached(show, qtbot):
    table, _ = show(100_000_000)
    qtbot.waitUntil(lambda: words(table, 0, 0) is not None)
    table.set_current(99_999_999)
    qtbot.waitUntil(lambda: words(table, 99_999_999, 0) == "99,999,999")
    assert table.current() == (99_999_999, "number")
    assert table.bar.value() == table.bar.maximum()


def test_the_scroll_bar_reaches_every_part_of_a_long_table(show, qtbot):
    table, _ = show(20_000_000)
    for row in (12_345_678, 49_999, 50_001, 0, 19_000_000):
        table.bar.setValue(row)
        assert table.first_visible == row
        assert table.model.base + table.grid.first_row == row
        qtbot.waitUntil(lambda row=row: words(table, row, 1) == f"行 {row}")


def test_the_wheel_crosses_the_edge_of_the_window_of_rows(show):
    table, _ = show(1_000_000)
    table.bar.setValue(97_990)
    before = table.first_visible
    for _ in range(20):
        table.grid.verticalScrollBar().setValue(table.grid.verticalScrollBar().value() + 3)
    assert table.model.base > 0
    assert table.first_visible == before + 60


def test_a_selection_survives_scrolling_far_away_and_back(show):
    table, _ = show(1_000_000)
    table.set_current(10, 1)
    table.bar.setValue(900_000)
    assert table.grid.selectionModel().selection().isEmpty()
    table.bar.setValue(0)
    assert table.selected_rows() == [(10, 10)]
    assert [index.row() for index in table.grid.selectedIndexes()] == [10]


def test_pages_in_memory_are_bounded(show, qtbot):
    table, _ = show(10_000_000)
    for page in range(160):
        table.bar.setValue(page * 20_000)
        qtbot.waitUntil(lambda page=page: words(table, page * 20_000, 0) is not None)
    assert table.model.pages.count <= 128


def test_at_most_two_fetches_run_and_the_newest_wish_wins(qtbot, qapp):
    from studio.ui.bridge import bridge

    source = Source(1_000_000)
    source.gate = asyncio.Event()
    pages = Pages(source.fetch, bridge)
    arrived: list[int] = []
    pages.arrived.connect(lambda page, _seconds: arrived.append(page))
    for number in (1, 2):
        pages.page(number)
    qtbot.waitUntil(lambda: len(source.asked) == AT_ONCE)
    for number in (30, 40):
        pages.page(number)
    qtbot.waitUntil(lambda: {30 * PAGE_ROWS, 40 * PAGE_ROWS} <= set(source.asked))
    bridge.on_loop(source.gate.set)
    qtbot.waitUntil(lambda: len(arrived) == 2)
    assert sorted(arrived) == [30, 40]
    pages.close()


def test_a_failed_fetch_is_told_once_and_tried_again_when_asked(show, qtbot):
    class Broken(Source):
        async def fetch(self, offset: int, limit: int) -> pa.Table:
            if self.rows:
                raise OSError("disk gone")
            return pa.table({"number": [1], "name": ["好"], "maybe": [1.0]})

    source = Broken(10)
    table = VirtualTable(parent=None)
    qtbot.addWidget(table)
    errors: list[object] = []
    table.failed.connect(errors.append)
    table.resize(400, 200)
    table.show()
    table.set_source(source.fetch, COLUMNS, 10)
    qtbot.waitUntil(lambda: len(errors) == 1)
    table.grid.viewport().repaint()
    source.rows = 0
    table.reload()
    qtbot.waitUntil(lambda: words(table, 0, 1) == "好")
    assert len(errors) == 1
    assert table.row_count == 1  # the page said so


def test_copying_takes_rows_that_were_never_seen(show, qtbot):
    table, _ = show(5_000)
    qtbot.waitUntil(lambda: words(table, 0, 0) is not None)
    table.grid.selectAll()
    table.copy(with_names=True)
    qtbot.waitUntil(
        lambda: QGuiApplication.clipboard().text().startswith("number\tname\tmaybe\n0\t行 0\t0.5\n1\t行 1\t\n")
    )
    assert len(QGuiApplication.clipboard().text().splitlines()) == 5_001


def test_space_opens_the_whole_value(show, qtbot):
    table, _ = show(100)
    qtbot.waitUntil(lambda: words(table, 1, 2) is not None)
    table.set_current(0, 1)
    qtbot.keyClick(table.grid, Qt.Key.Key_Space)
    viewer = table.findChild(CellViewer)
    assert viewer.body.toPlainText() == "行 0"
    viewer.copy()
    assert QGuiApplication.clipboard().text() == "行 0"
    viewer.close()


def test_a_click_on_a_name_asks_for_an_order(show, qtbot):
    table, _ = show(100)
    asked: list[tuple[str, bool]] = []
    table.order_requested.connect(lambda column, ascending: asked.append((column, ascending)))
    header = table.grid.columns
    place = QPoint(header.sectionViewportPosition(1) + 20, 10)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    table.set_order("name", ascending=True)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == [("name", True), ("name", False)]
    assert table.selected_rows() == []


def test_a_profile_makes_the_header_taller(show):
    table, _ = show(100)
    low = table.grid.columns.height()
    table.set_profile({"number": {"histogram": [1, 2, 3], "caption": "median 1"}, "gone": {}})
    assert table.grid.columns.height() > low
    table.set_profile(None)
    assert table.grid.columns.height() == low


def test_cited_rows_come_into_view(show):
    table, _ = show(1_000_000)
    table.select_rows([500_003, 500_001])
    first = table.first_visible
    assert first <= 500_001 <= first + table.grid.rows_in_view
    assert table.grid.highlighted == {500_001, 500_003}


def test_a_thousand_columns_paint_only_what_is_seen(qtbot):
    names = [f"c{place}" for place in range(1_500)]

    async def fetch(offset: int, limit: int) -> pa.Table:
        return pa.table({name: list(range(offset, offset + limit)) for name in names})

    table = VirtualTable(fetch, [(name, "int64") for name in names], 1_000)
    qtbot.addWidget(table)
    table.resize(600, 300)
    table.show()
    qtbot.waitUntil(lambda: words(table, 0, 1_499) == "0")
    table.grid.viewport().repaint()
    page = table.model.pages.peek(0)
    assert len(page._cells) < 60 * 50 + 30 * 30


def test_neighbouring_rows_are_merged():
    assert merged([5, 3, 4, 9]) == [(3, 5), (9, 9)]
    assert merged([]) == []


def test_the_menu_of_a_cell_sorts_and_takes_more_actions(show, qtbot):
    table, _ = show(100)
    qtbot.waitUntil(lambda: words(table, 0, 1) is not None)
    table.set_current(3, 1)
    more: list[tuple[int, str]] = []
    table.extra_actions = lambda row, column: more.append((row, column)) or [QAction("Ask about this row", table)]
    asked: list[tuple[str, bool]] = []
    table.order_requested.connect(lambda column, ascending: asked.append((column, ascending)))
    QGuiApplication.sendEvent(
        table, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(10, 10), QPoint(10, 10))
    )
    menu = table.findChild(QMenu)
    titles = [action.text() for action in menu.actions() if action.text()]
    assert titles[-1] == "Ask about this row"
    next(action for action in menu.actions() if action.text() == "Sort descending").trigger()
    assert (asked, more) == ([("name", False)], [(3, "name")])
    menu.close()


def test_arrow_keys_move_the_cursor_and_the_view_follows(show, qtbot):
    table, _ = show(1_000)
    qtbot.waitUntil(lambda: words(table, 0, 0) is not None)
    table.set_current(0)
    for _ in range(40):
        qtbot.keyClick(table.grid, Qt.Key.Key_Down)
    assert table.current() == (40, "number")
    assert table.first_visible > 20
    qtbot.keyClick(table.grid, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert table.current()[0] == 999


WIDE = [(f"列{column:04d}", "int64") for column in range(10_000)]


class WideSource:
    """Gives out single columns, and remembers for how many it was asked."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    async def fetch(self, offset: int, limit: int, columns: list[str]) -> pa.Table:
        self.asked.update(columns)
        rows = range(offset, min(200, offset + limit))
        return pa.table({name: [int(name[1:]) * 1000 + row for row in rows] for name in columns})


@pytest.fixture
def wide(qtbot):
    source = WideSource()
    table = VirtualTable()
    table.set_source(source.fetch, WIDE, 200, lazy=True)
    qtbot.addWidget(table)
    table.resize(600, 300)
    table.show()
    return table, source


def test_of_ten_thousand_columns_only_those_in_view_are_fetched(wide, qtbot):
    table, source = wide
    qtbot.waitUntil(lambda: words(table, 3, 0) == "3")
    table.columns.show("列7321")
    qtbot.waitUntil(lambda: words(table, 3, 7321) == "7,321,003")
    assert "列7321" in table.columns.in_view()
    assert "列4000" not in source.asked
    assert len(source.asked) <= 160


def test_hidden_moved_and_pinned_columns_show_their_own_values(wide, qtbot):
    table, _ = wide
    table.columns.arrange(["列9000", "列0005", "列0001", *(name for name, _ in WIDE[10:60])], pinned=1)
    qtbot.waitUntil(lambda: words(table, 1, 0) == "9,000,001")
    qtbot.waitUntil(lambda: [words(table, 1, place) for place in range(3)] == ["9,000,001", "5,001", "1,001"])
    table.columns.hide("列0005")
    assert table.model.names[:2] == ["列9000", "列0001"]
    table.columns.pin("列0001", True)
    assert table.model.pinned == 2
    table.columns.pin("列9000", False)
    assert (table.model.names[:2], table.model.pinned) == (["列0001", "列9000"], 1)


def test_a_pinned_column_stays_under_the_mouse_while_the_others_move(wide, qtbot):
    table, _ = wide
    table.columns.arrange([name for name, _ in WIDE[:80]], pinned=1)
    qtbot.waitUntil(lambda: words(table, 0, 0) is not None)
    table.columns.show("列0070")
    assert table.grid.columns.offset() > 0
    assert table.grid.indexAt(QPoint(5, 5)).column() == 0
    assert table.grid.indexAt(QPoint(300, 5)).column() > 50
    assert table.grid.visualRect(table.model.index(0, 0)).left() == 0
    asked = []
    table.order_requested.connect(lambda name, up: asked.append((name, up)))
    header = table.grid.columns
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    assert asked == [("列0000", True)]
    table.columns.show("列0000")
    assert table.grid.columns.offset() > 0, "a column that is always in view needs no scrolling"


def test_a_dragged_column_stays_where_it_was_put(wide, qtbot):
    table, _ = wide
    told = []
    table.columns.changed.connect(lambda: told.append(True))
    table.grid.columns.moveSection(0, 2)
    qtbot.waitUntil(lambda: bool(told))
    assert table.model.names[:3] == ["列0001", "列0002", "列0000"]
    assert [table.grid.columns.visualIndex(place) for place in range(3)] == [0, 1, 2]
    qtbot.waitUntil(lambda: words(table, 4, 2) == "4")


def test_strips_arrows_and_dots_follow_their_columns(show, qtbot):
    table, _ = show(50)
    table.set_orders({"maybe": False, "name": True})
    table.set_profile({"name": {"caption": "50 values", "top": [1]}})
    table.set_dots({"name": {"行 1": "success"}})
    table.columns.arrange(["maybe", "name"])
    assert table.grid.columns.order.keys == {0: False, 1: True}
    assert list(table.grid.columns.order.strips) == [1]
    assert list(table.grid.dots) == [1]
    table.columns.arrange(["number"])
    assert not table.grid.columns.order.strips and not table.grid.dots


def test_what_is_copied_is_there_as_a_table_too(show, qtbot):
    table, _ = show(20)
    qtbot.waitUntil(lambda: words(table, 0, 0) is not None)
    table.grid.selectAll()
    table.copy(with_names=True)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    assert QGuiApplication.clipboard().mimeData().hasHtml()
    html = QGuiApplication.clipboard().mimeData().html()
    assert "<th>number</th>" in html and "<td>行 19</td>" in html
    assert QGuiApplication.clipboard().text().splitlines()[1] == "0\t行 0\t0.5"


def test_a_column_menu_hides_and_pins(wide, qtbot):
    table, _ = wide
    table.grid.columns.menu_wanted.emit(1, QPoint(0, 0))
    menu = table.findChildren(QMenu)[-1]
    choices = {action.text(): action for action in menu.actions()}
    choices["Pin to the left"].trigger()
    assert table.model.names[0] == "列0001" and table.model.pinned == 1
    menu.close()


def test_columns_grow_with_the_interface_and_come_back(show, app, qtbot):
    table, _ = show(100)
    qtbot.waitUntil(lambda: words(table, 0, 1) == "行 0")
    before = [table.grid.columnWidth(column) for column in range(3)]
    try:
        theme.apply(app, "dark", 150)
        qtbot.waitUntil(lambda: table.grid.columnWidth(0) == round(before[0] * 1.5))
        assert [table.grid.columnWidth(column) for column in range(3)] == [round(width * 1.5) for width in before]
    finally:
        theme.apply(app, "dark", 100)
    qtbot.waitUntil(lambda: all(abs(table.grid.columnWidth(at) - width) <= 1 for at, width in enumerate(before)))
