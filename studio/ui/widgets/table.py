"""A table of any length over an async source of Arrow pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge as default_bridge
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets import clipboard
from studio.ui.widgets.cell_bars import Bars
from studio.ui.widgets.cell_viewer import CellViewer
from studio.ui.widgets.column_widths import ColumnWidths
from studio.ui.widgets.discard import discard
from studio.ui.widgets.grid import Grid
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.pages import PAGE_ROWS, Fetch, Pages, Runs
from studio.ui.widgets.row_window import RowWindow
from studio.ui.widgets.strip import Strip
from studio.ui.widgets.table_columns import TableColumns
from studio.ui.widgets.table_model import TableModel


class VirtualTable(QWidget):
    """Shows `row_count` rows that `fetch(offset, limit)` hands out as Arrow tables, 500 at a time.

    Nothing is fetched before it is seen. The columns are (name, type) with Arrow's or DuckDB's type names.
    Rows are counted from 0 everywhere but on the screen.
    """

    order_requested = Signal(str, bool)  # column, ascending
    order_added = Signal(str, bool)  # the same with Shift: after what the rows are sorted by already
    profile_requested = Signal(str, QPoint)  # column, place on the screen: a click on the strip under its name
    filter_requested = Signal(str, object)  # column, and the value of a cell as text (None: no value was meant)
    view_changed = Signal(int, int)  # first and last visible row
    selection_changed = Signal(int)  # selected rows
    cell_activated = Signal(int, str)  # row, column: double click or Space, as the viewer opens
    page_loaded = Signal(float)  # seconds
    failed = Signal(object)  # StudioError
    noticed = Signal(object)  # Text: something worth a toast

    def __init__(
        self,
        fetch: Fetch | None = None,
        columns: Sequence[tuple[str, str]] = (),
        row_count: int = 0,
        *,
        bridge: Runs | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge: Runs = bridge or default_bridge
        self._fetch: Fetch | None = None
        self._lazy = False
        self._page_rows = PAGE_ROWS
        self._orders: dict[str, bool] = {}
        self._strips: dict[str, Strip] = {}
        self._bars: dict[str, Bars] = {}
        self._dots: dict[str, Mapping[str, str]] = {}
        self.filters = False  # whether a filter can be asked for
        self.viewer: Callable[[int, str], object] | None = None  # shows a cell's value; None: a popup does
        self.extra_actions: Callable[[int, str], Sequence[QAction]] = lambda _row, _column: ()
        self.model = TableModel(self)
        self.grid = Grid(self.model, self)
        self.bar = QScrollBar(Qt.Orientation.Vertical, self)
        self.rows = RowWindow(self.grid, self.bar)
        self.widths = ColumnWidths(self.grid)
        self.columns = TableColumns(self)
        self._lay_out()
        self._listen()
        if fetch is not None:
            self.set_source(fetch, columns, row_count)

    def _lay_out(self) -> None:
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.grid, 1)
        box.addWidget(self.bar)
        self.setFocusProxy(self.grid)
        self.name_for_readers(Text("Table", "表格"))

    def _listen(self) -> None:
        self.rows.moved.connect(self._wish)
        self.rows.moved.connect(self._tell_view)
        self.rows.selected.connect(self._tell_selection)
        self.grid.columns.sectionClicked.connect(self._ask_order)
        self.grid.opened.connect(self.view_cell)
        self.grid.copied.connect(self.copy)
        self.grid.edge_asked.connect(self._go_to_edge)
        self.grid.selectionModel().currentChanged.connect(self._current_changed)
        theme.changed.connect(self._restyle)

    # What it shows

    def set_source(
        self, fetch: Fetch, columns: Sequence[tuple[str, str]], row_count: int, *, lazy: bool = False
    ) -> None:
        """Show another table, from its first row; widths, order, profile and selection start anew.

        A `lazy` source is asked as `fetch(offset, limit, columns)`, for those columns only that are in view.
        """
        self._lazy, self._page_rows = lazy, PAGE_ROWS
        self._orders, self._strips, self._bars, self._dots = {}, {}, {}, {}
        self.grid.highlighted = frozenset()
        self.rows.areas = []
        self._replace_pages(fetch, columns)
        self.model.show(self._pages, list(columns), row_count)
        self.decorate()
        self.widths.start()
        self._shape()
        self.rows.go(0)

    def reload(self, page_rows: int | None = None, *, row_count: int | None = None, from_top: bool = False) -> None:
        """Fetch everything anew: after a change of order, filter or contents. At the same place, or from the first row.

        `page_rows` is how many rows are fetched together from now on: fewer where they lie scattered.
        """
        if self._fetch is not None:
            self._page_rows = page_rows or self._page_rows
            self._replace_pages(self._fetch, self.model.columns)
            self.model.pages = self._pages
            if row_count is not None:
                self.set_row_count(row_count)
            if from_top:
                self.rows.go(0)
            else:
                self._wish()
            self.grid.viewport().update()

    def set_row_count(self, row_count: int) -> None:
        """A count that was not known before, or has changed."""
        self.model.set_row_total(row_count)
        self._shape()

    @property
    def row_count(self) -> int:
        return self.model.row_total

    def set_order(self, column: str | None, ascending: bool = True) -> None:
        """Draw the arrow; the rows themselves come sorted from `fetch`."""
        self.set_orders({column: ascending} if column else {})

    def set_orders(self, orders: Mapping[str, bool]) -> None:
        """Several columns with whether they ascend, the first one first."""
        self._orders = dict(orders)
        self.decorate()

    def set_profile(self, profile: Mapping[str, Any] | None) -> None:
        """A strip under each column's name, from the engine's profiles by column (see `Strip.read`). None: no strips."""
        self._strips = {name: Strip.read(value) for name, value in (profile or {}).items()}
        self.decorate()
        self.grid.columns.updateGeometry()
        self.grid.updateGeometries()
        self._shape()

    def set_bars(self, bars: Mapping[str, Bars]) -> None:
        """Bars beside the numbers of these columns; another source has none."""
        self._bars = dict(bars)
        self.decorate()
        self.widths.start(self.widths.chosen)

    def set_dots(self, dots: Mapping[str, Mapping[str, str]]) -> None:
        """Dots before the values of these columns, by value the tone ("success", "warning" …); for states."""
        self._dots = dict(dots)
        self.decorate()

    def decorate(self) -> None:
        """Put what is known by name where the columns stand now."""
        places = {name: place for place, name in enumerate(self.model.names)}
        order = self.grid.columns.order
        order.keys = {places[name]: up for name, up in self._orders.items() if name in places}
        order.strips = {places[name]: each for name, each in self._strips.items() if name in places}
        self.grid.bars = {places[name]: each for name, each in self._bars.items() if name in places}
        self.grid.dots = {places[name]: each for name, each in self._dots.items() if name in places}
        self.grid.columns.viewport().update()
        self.grid.viewport().update()

    def name_for_readers(self, name: Text) -> None:
        """What a screen reader calls this table."""
        say(self.grid.setAccessibleName, name)
        say(self.setAccessibleName, name)

    # Rows

    def scroll_to(self, row: int, column: str | None = None) -> None:
        """Bring a row into the middle, and a column into view."""
        self.rows.go(row - self.grid.rows_in_view // 2)
        if column in self.model.names:
            self.grid.scrollTo(self.model.index(row - self.model.base, self.model.names.index(column)))

    def select_rows(self, rows: Sequence[int]) -> None:
        """Mark rows, such as those an answer cites, and show the first of them."""
        self.grid.highlighted = frozenset(rows)
        if rows:
            self.scroll_to(min(rows))
        self.grid.viewport().update()

    def set_current(self, row: int, column: int = 0) -> None:
        """Put the cursor on a cell and show it."""
        self.scroll_to(row)
        self.grid.setCurrentIndex(self.model.index(row - self.model.base, column))

    def current(self) -> tuple[int, str] | None:
        """The row and column under the cursor."""
        index = self.grid.currentIndex()
        return (self.model.base + index.row(), self.model.names[index.column()]) if index.isValid() else None

    def selected_rows(self) -> list[tuple[int, int]]:
        """Ranges of selected rows, both ends included."""
        return self.rows.rows()

    @property
    def first_visible(self) -> int:
        return self.rows.top

    # Looking closer

    def view_cell(self) -> None:
        """Open the viewer on the cell under the cursor; nothing while its page is on the way."""
        index = self.grid.currentIndex()
        if not index.isValid() or self.model.cell(index.row(), index.column()) is None:
            return
        row, name = self.model.base + index.row(), self.model.names[index.column()]
        self.cell_activated.emit(row, name)
        if self.viewer is not None:
            self.viewer(row, name)
            return
        viewer = CellViewer(f"{name} · {row + 1:,}", self.model.whole(row, index.column()), self)
        place = self.grid.visualRect(index).bottomLeft()
        viewer.open_at(self.grid.viewport().mapToGlobal(place + QPoint(0, 4)))

    def copy(self, with_names: bool = False) -> None:
        """Put the selection on the clipboard, as lines with tabs and as a table; rows that are not loaded are fetched first."""
        if not self.rows.areas or self._fetch is None:
            return
        top = min(area[0] for area in self.rows.areas)
        bottom = max(area[2] for area in self.rows.areas)
        columns = sorted({column for area in self.rows.areas for column in range(area[1], area[3] + 1)})
        rows = bottom - top + 1
        count = clipboard.room(rows, len(columns))
        if count < rows:
            self.noticed.emit(clipboard.too_many(rows, count))
        names = [self.model.names[column] for column in columns]
        places = None if self._lazy else [self.model.shown[column] for column in columns]
        self._bridge.run(
            self,
            clipboard.read(self._fetch, top, count, names, places, with_names),
            lambda copied: QGuiApplication.clipboard().setMimeData(copied.mime()),
            self.failed.emit,
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.grid.currentIndex()
        if not index.isValid():
            return
        menu = Menu(self)
        menu.addAction(tr(Text("View value", "查看内容")), self.view_cell)
        menu.addAction(tr(Text("Copy", "复制")), self.copy)
        menu.addAction(tr(Text("Copy with column names", "连同列名复制")), lambda: self.copy(with_names=True))
        name = self.model.names[index.column()]
        menu.addSeparator()
        menu.addAction(tr(Text("Sort ascending", "升序排列")), lambda: self.order_requested.emit(name, True))
        menu.addAction(tr(Text("Sort descending", "降序排列")), lambda: self.order_requested.emit(name, False))
        cell = self.model.cell(index.row(), index.column())
        if self.filters and cell is not None:
            menu.addAction(tr(Text("Filter by this value", "按此值筛选")), lambda: self._ask_filter(index.row(), name))
        extra = self.extra_actions(self.model.base + index.row(), name)
        if extra:
            menu.addSeparator()
            menu.addActions(list(extra))
        menu.open_at(event.globalPos())

    def paint_now(self) -> None:
        """Paint what is there before anything else is done."""
        self.grid.viewport().repaint()

    # Inside

    def _wish(self) -> None:
        """Ask for the rows in view before they are painted: the engine reads meanwhile."""
        first = self.rows.top - self.model.base
        last = min(first + self.grid.rows_in_view, self.model.rowCount()) - 1
        for row in dict.fromkeys((first, last)) if 0 <= first <= last and self.model.names else ():
            self.model.cell(row, max(0, self.grid.columnAt(0)))

    def _replace_pages(self, fetch: Fetch, columns: Sequence[tuple[str, str]]) -> None:
        if self.model.pages is not None:
            self.model.pages.close()
            discard(self.model.pages)
        self._fetch = fetch
        names = [name for name, _ in columns] if self._lazy else []
        self._pages = Pages(fetch, self._bridge, self, names, self._page_rows)
        self._pages.arrived.connect(self._page_arrived)
        self._pages.failed.connect(self.failed)

    def _page_arrived(self, key: int, seconds: float) -> None:
        page, (first, column) = self._pages.peek(key), self._pages.span(key)
        if page is not None and page.rows < min(self._pages.rows, self.model.row_total - first):
            self.set_row_count(first + page.rows)
        if page is not None:
            self.widths.page_came(page, column)
        self.grid.viewport().update()
        self.page_loaded.emit(seconds)

    def _shape(self) -> None:
        """Fit the scroll bar to the rows that do not fit."""
        visible = self.grid.rows_in_view
        self.bar.setRange(0, max(0, self.model.row_total - visible))
        self.bar.setPageStep(visible)
        self.bar.setVisible(self.bar.maximum() > 0)
        self.grid.numbers.updateGeometry()
        self._tell_view()

    def _tell_view(self) -> None:
        last = min(self.model.row_total, self.rows.top + self.grid.rows_in_view) - 1
        self.view_changed.emit(self.rows.top, last)

    def _go_to_edge(self, end: bool) -> None:
        if self.model.row_total:
            column = max(0, self.grid.currentIndex().column())
            self.set_current(self.model.row_total - 1 if end else 0, column)

    def _tell_selection(self) -> None:
        self.selection_changed.emit(sum(bottom - top + 1 for top, bottom in self.selected_rows()))

    def _current_changed(self) -> None:
        self.grid.numbers.current = self.grid.currentIndex().row()
        self.grid.numbers.viewport().update()
        self.grid.viewport().update()

    def _ask_order(self, column: int) -> None:
        name = self.model.names[column]
        if self.grid.columns.on_strip:
            place = QPoint(self.grid.columns.sectionViewportPosition(column), self.grid.columns.height())
            self.profile_requested.emit(name, self.grid.columns.viewport().mapToGlobal(place))
            return
        adding = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        ascending = not self._orders.get(name, False)
        (self.order_added if adding else self.order_requested).emit(name, ascending)

    def _ask_filter(self, row: int, name: str) -> None:
        found = self.model.there(self.model.base + row, self.model.names.index(name))
        if found is not None:
            page, place, inner = found
            self.filter_requested.emit(name, page.raw(place, inner) if page.scalar(place, inner).is_valid else None)

    def _restyle(self) -> None:
        self.grid.restyle()
        self.widths.rescale()
        QTimer.singleShot(0, self, self._shape)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._shape)
