"""One dataset as a table: filters above, rows, a cell beside them, and what is seen of them below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.datasets.view import View
from studio.engine.errors import DiskFull, StudioError
from studio.engine.text import Text, plural
from studio.ui.bridge import bridge
from studio.ui.language import joined, language, tr
from studio.ui.views.data_parts import columns_kept, table_export, words
from studio.ui.views.data_parts.cell_beside import CellBeside
from studio.ui.views.data_parts.columns_popup import ColumnsPopup
from studio.ui.views.data_parts.filter_bar import FilterBar
from studio.ui.views.data_parts.filters import Filter
from studio.ui.views.data_parts.profile_popup import basis
from studio.ui.views.data_parts.reading_bar import ReadingBar
from studio.ui.views.data_parts.sql_line import SqlLine
from studio.ui.views.data_parts.table_profile import TableProfile
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.pages import PAGE_ROWS
from studio.ui.widgets.panel import Header
from studio.ui.widgets.states import Failure, Loading
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio

SCATTERED_ROWS = 100  # fetched together where rows do not lie side by side


class TableTab(QWidget):
    """Opens the dataset when it is made; opening it again after a repair is `open`."""

    opened = Signal(object)  # Dataset
    settled = Signal()  # the first rows are painted, or it is said why there are none
    locate_wanted = Signal(str)
    refresh_wanted = Signal(str)
    query_wanted = Signal(str)  # SQL

    def __init__(self, studio: Studio, dataset_id: str, filters: list[Filter] | None = None) -> None:
        super().__init__()
        self.studio = studio
        self.dataset_id = dataset_id
        self.dataset: Dataset | None = None
        self.waiting = True  # for the first rows: all else comes after them
        self._seconds: float | None = None  # what the first page took, once that is known
        self._start_filters = filters or []
        self.bar, self.sql = FilterBar([]), SqlLine()
        self.reading = ReadingBar(studio)
        self.table = VirtualTable(bridge=bridge)
        self.table.filters = True
        self.profile = TableProfile(studio, dataset_id, self.table)
        self.seen, self.note = Label("", "caption", "text.secondary"), Label("", "caption", "text.secondary")
        self.stack = QStackedWidget()
        self._lay_out()
        self._listen()
        self.open()

    def open(self) -> None:
        """Look at the dataset anew and show its rows."""
        self.waiting = True
        self.stack.setCurrentWidget(self.loading)
        bridge.run(self, self._load(), self._show, self.fail)

    def follow(self, dataset: Dataset) -> None:
        """What is new about its reading: stopped, or the whole is there."""
        if self.dataset is None or self.dataset.reading == dataset.reading:
            return
        if dataset.reading:
            self.dataset = dataset
            self.reading.show_dataset(dataset)
        else:
            bridge.run(self, self._load(), self._show_whole, self.fail)

    def show_filters(self, filters: list[Filter]) -> None:
        """Show the rows that an answer rests on."""
        self._start_filters = filters
        self.bar.set_filters(filters)
        if self.dataset is not None:
            self._filter()

    def fail(self, error: StudioError) -> None:
        """Keep the place, say what is wrong, and offer the way out."""
        gone = self.dataset_id
        repair = (Text("Locate…", "重新定位…"), lambda: self.locate_wanted.emit(gone))
        if error.code != 50301 or isinstance(error, DiskFull):
            repair = (
                (Text("Show all rows", "显示全部行"), self._show_all)
                if self._start_filters
                else (Text("Try again", "重试"), self.open)
            )
        self._replace_failure(Failure(error, repair))
        self._settle()

    # What is shown

    @property
    def view(self) -> View:
        """The rows and their order, as the chips say."""
        return View(tuple(self.bar.filters), "", tuple(self.bar.orders))

    def copy_sql(self) -> str:
        """The rows that are shown, as a query."""
        assert self.dataset is not None
        shown, every = self.table.model.names, [name for name, _ in self.table.model.columns]
        return self.view.sql(self.dataset.name, None if shown == every or len(shown) > 200 else shown)

    def export_selection(self) -> None:
        """Write the selected rows, or all that the filters leave, to a file that a person names."""
        if self.dataset is not None and (path := table_export.ask_path(self, self.dataset.name)):
            self.write(path)

    def write(self, path: str) -> None:
        """Write the chosen rows of the columns that are shown, as a job."""
        ranges = self.table.selected_rows()
        chosen = ranges if sum(last - first + 1 for first, last in ranges) > 1 else ()
        table_export.export(
            self, self.studio, self.dataset_id, path, columns=list(self.table.model.names), order=list(self.bar.orders),
            filters=list(self.bar.filters), ranges=chosen,
        )  # fmt: skip

    def find_column(self) -> ColumnsPopup | None:
        """Open the list of columns: to find, hide and pin them."""
        if self.dataset is None:
            return None
        model = self.table.model
        popup = ColumnsPopup(model.columns, model.names, model.names[: model.pinned], self)
        popup.chosen.connect(self.table.columns.show)
        popup.arranged.connect(self._arrange)
        popup.open_at(self.bar.choose.mapToGlobal(QPoint(0, self.bar.choose.height() + 4)))
        return popup

    # Inside

    def _lay_out(self) -> None:
        self.loading, self.content = Loading(), QWidget()
        self.sql.hide()
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(1)
        self.split.addWidget(self.table)
        self.cell = CellBeside(self.table, self.split, self._picture_folder)
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.reading)
        column.addWidget(self.sql)
        column.addWidget(self.split, 1)
        foot = Header(28, "panel")
        foot.row.addWidget(self.seen)
        foot.row.addStretch(1)
        foot.row.addWidget(self.note)
        column.addWidget(foot)
        self.stack.addWidget(self.loading)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _listen(self) -> None:
        self.bar.changed.connect(self._filter)
        self.reading.again_wanted.connect(self.refresh_wanted)
        self.bar.ordered.connect(self._sorted)
        self.bar.columns_wanted.connect(self.find_column)
        self.bar.sql_wanted.connect(self.sql.setVisible)
        self.bar.profile_wanted.connect(self.profile.set_on)
        self.bar.export_wanted.connect(self.export_selection)
        self.sql.opened.connect(self.query_wanted)
        self.profile.changed.connect(self._retell)
        self.profile.filter_wanted.connect(self.bar.filter_by)
        table = self.table
        table.order_requested.connect(lambda column, up: self._sort([(column, not up)]))
        table.order_added.connect(self._sort_too)
        table.filter_requested.connect(self.bar.filter_by)
        table.columns.changed.connect(self._columns_changed)
        table.view_changed.connect(lambda *_: self._tell())
        table.selection_changed.connect(lambda _: self._tell())
        table.page_loaded.connect(self._loaded)
        table.failed.connect(self.fail)
        table.noticed.connect(self.studio.window.toast)
        language.changed.connect(self._retell)
        find = QShortcut(QKeySequence("Ctrl+F"), self.content, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.find_column)

    async def _load(self) -> tuple[Dataset, int]:
        datasets = self.studio.engine.datasets
        dataset = await datasets.get(self.dataset_id)
        if dataset.reading and "first_rows" in dataset.statistics and not self._start_filters:
            return dataset, int(dataset.statistics["first_rows"])
        if dataset.status == "active" and dataset.row_count is not None and not self._start_filters:
            return dataset, dataset.row_count  # just looked at
        return dataset, await datasets.count(dataset.id, filters=self._start_filters)

    def _show(self, found: tuple[Dataset, int]) -> None:
        self.dataset, count = found
        columns = [(column.name, column.type) for column in self.dataset.columns]
        known = dict(columns)
        self.bar.columns = columns
        self.bar.set_filters(self._start_filters)
        self.bar.set_orders([each for each in self.bar.orders if each[0] in known])
        self.table.set_source(self._fetch, columns, count, lazy=True)
        columns_kept.recall(self.studio.window.memory, self.dataset_id, self.table)
        self.table.name_for_readers(Text(f"Rows of {self.dataset.name}", f"{self.dataset.name} 的行"))
        self._show_order()
        self.stack.setCurrentWidget(self.content)
        self.reading.show_dataset(self.dataset)
        self.profile.start_anew()
        self._retell()
        self.opened.emit(self.dataset)
        if not count:
            self._loaded(0.0)

    def _show_whole(self, found: tuple[Dataset, int]) -> None:
        """All rows in place of the first ones; whoever looks at those stays there."""
        dataset, count = found
        if self.dataset is None or dataset.reading or dataset.columns != self.dataset.columns:
            self._show(found)
            return
        self.dataset = dataset
        self.reading.show_dataset(dataset)
        self.table.set_row_count(count)
        self.table.reload()
        self._retell()
        self.opened.emit(dataset)
        self.bar.profile.setChecked(True)

    async def _fetch(self, offset: int, limit: int, columns: list[str]) -> Any:
        return await self.studio.engine.datasets.page(
            self.dataset_id, offset, limit, columns=columns, order=list(self.bar.orders), filters=list(self.bar.filters)
        )

    def _filter(self) -> None:
        self._start_filters = list(self.bar.filters)
        work = self.studio.engine.datasets.count(self.dataset_id, filters=list(self.bar.filters))
        bridge.run(self, work, self._counted, self._filter_failed, of="count")

    def _show_all(self) -> None:
        self._start_filters = []
        self.bar.set_filters([])
        self.open()

    def _counted(self, count: int) -> None:
        self._reload(count)

    def _reload(self, count: int | None = None) -> None:
        scattered = self.bar.filters or self.bar.orders
        self.table.reload(SCATTERED_ROWS if scattered else PAGE_ROWS, row_count=count, from_top=True)
        self._retell()

    def _filter_failed(self, error: StudioError) -> None:
        self.studio.window.toast(error.whole())

    def _sort(self, orders: list[tuple[str, bool]]) -> None:
        self.bar.set_orders(orders)
        self._sorted()

    def _sort_too(self, column: str, ascending: bool) -> None:
        kept = [each for each in self.bar.orders if each[0] != column]
        self._sort([*kept, (column, not ascending)])

    def _sorted(self) -> None:
        self._show_order()
        self._reload()

    def _show_order(self) -> None:
        self.table.set_orders({column: not down for column, down in self.bar.orders})

    def _loaded(self, seconds: float) -> None:
        self._seconds = seconds
        if self.waiting and self.dataset is not None:
            self.table.paint_now()
            self._settle()
            bridge.run(self, self.studio.engine.recent.note("dataset", self.dataset.id))
            if not self.dataset.reading:  # a profile is of the whole
                self.bar.profile.setChecked(True)
        self._tell_note()

    def _settle(self) -> None:
        if self.waiting:
            self.waiting = False
            self.settled.emit()

    def _picture_folder(self) -> Path | None:
        """Where the paths of a dataset of pictures begin; no other dataset's texts are opened."""
        if self.dataset is None or self.dataset.format != "images" or self.dataset.storage_type != "local":
            return None
        return Path(self.dataset.storage_path)

    # Columns

    def _arrange(self, shown: list[str]) -> None:
        pinned = self.table.model.names[: self.table.model.pinned]
        kept = [name for name in pinned if name in set(shown)]
        self.table.columns.arrange([*kept, *(name for name in shown if name not in set(kept))], len(kept))
        self.table.columns.changed.emit()

    def _columns_changed(self) -> None:
        columns_kept.keep(self.studio.window.memory, self.dataset_id, self.table)
        self._retell()

    # Words

    def _tell(self) -> None:
        first, rows = self.table.first_visible, self.table.row_count
        last = min(first + self.table.grid.rows_in_view, rows)
        seen = (
            Text(f"Rows {first + 1:,} – {last:,}", f"第 {first + 1:,} – {last:,} 行")
            if last
            else Text("No rows", "没有行")
        )
        count = sum(bottom - top + 1 for top, bottom in self.table.selected_rows())
        chosen = Text(f"{count:,} selected", f"已选 {count:,} 行") if count > 0 else None
        self.seen.setText(tr(joined(seen, chosen)))

    def _retell(self) -> None:
        self._tell()
        if self.dataset is None:
            return
        whole, count = self.dataset.row_count or 0, self.table.row_count
        told = Text(f"{count:,} of {plural(whole, 'row', 'rows')}", f"{whole:,} 行中的 {count:,} 行")
        self.bar.count.say(told if self.bar.filters else words.rows_of(self.dataset))
        self.bar.show_columns(len(self.table.model.names), len(self.table.model.columns))
        self.sql.show_sql(self.copy_sql())
        self._tell_note()

    def _tell_note(self) -> None:
        parts = [words.loaded_in(self._seconds)] if self._seconds is not None else []
        one = next(iter(self.profile.found.values()), None)
        if one is not None and self.profile.on:
            parts.insert(0, basis(one))
        self.note.setText(tr(joined(*parts)))

    def _replace_failure(self, failure: Failure) -> None:
        while self.stack.count() > 2:
            old = self.stack.widget(2)
            self.stack.removeWidget(old)
            discard(old)
        self.stack.addWidget(failure)
        self.stack.setCurrentWidget(failure)
