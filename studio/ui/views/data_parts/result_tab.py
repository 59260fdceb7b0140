"""The rows of one result: a table, and below it what a column comes to, how many rows there are, and where they can go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.sql import figures
from studio.engine.sql.figures import Marked, Summary
from studio.engine.text import Text, plural
from studio.ui.bridge import Handle, bridge
from studio.ui.language import language
from studio.ui.views.data_parts import words
from studio.ui.views.data_parts.dialogs import NameDialog
from studio.ui.views.data_parts.table_export import ask_path, kind_of_path
from studio.ui.widgets import clipboard
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cell_bars import Bars
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.sql.export import FormatName
    from studio.engine.sql.query import QueryResult
    from studio.engine.sql.spool import Spooled
    from studio.ui.studio import Studio

ROOMY = 420  # what its buttons take with their words, and a little


class ResultTab(QWidget):
    """Shows a result; a long one is shown whole when that is asked for."""

    counted = Signal(int)  # rows that are shown now
    failed = Signal(object)  # StudioError
    saved = Signal(object)  # Dataset

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.result: QueryResult | None = None
        self.spooled: Spooled | None = None
        self._work: Handle | None = None
        self._summing: Handle | None = None
        self.table = VirtualTable(bridge=bridge)
        self.told, self.sum = (
            Label("", "caption", "text.secondary"),
            Label("", "caption", "text.secondary", elide="end"),
        )
        self.whole = Button(Text("Show all rows", "显示全部行"), "list-end", "ghost", "sm")
        self.copy = Button(Text("Copy", "复制"), "copy", "ghost", "sm")
        self.keep = Button(Text("Save as dataset", "存为数据集"), "save", "ghost", "sm")
        self.export = IconButton("download", Text("Export the result", "导出结果"))
        self._lay_out()
        self._listen()

    def show_result(self, result: QueryResult) -> None:
        """Show the rows; what was shown of an earlier result is let go of."""
        self._let_go()
        self.result = result
        self._show_rows(result.table.num_rows)
        self._mark()

    @property
    def rows(self) -> Any:
        """What is shown, as an Arrow table or dataset."""
        if self.spooled is not None:
            return self.spooled.dataset()
        return self.result.table if self.result is not None else None

    def show_all(self) -> None:
        """Fetch every row of the query, into a file of ours; a second press ends it."""
        if self._work is not None:
            self._end_work()
            return
        assert self.result is not None
        items = self.studio.engine.sql.all_rows(self.result.sql)
        self._work = bridge.stream(self, items, self._came, None, self._broke)
        self._tell()

    def save_as(self) -> None:
        """Ask for a name and make the whole result a dataset."""
        NameDialog(Text("Save the result as a dataset", "将结果存为数据集"), "", self.save_under, self).open()

    def save_under(self, name: str) -> None:
        assert self.result is not None
        self.keep.setEnabled(False)
        work = self.studio.engine.sql.save_as(self.result.sql, name)
        bridge.run(self, work, self._kept, self._not_kept)

    def copy_rows(self) -> None:
        """The selection, else all rows, with their names, to the clipboard."""
        if self.result is None:
            return
        if self.table.selected_rows() and sum(b - a + 1 for a, b in self.table.selected_rows()) > 1:
            self.table.copy(with_names=True)
            return
        names = [column.name for column in self.result.columns]
        count = clipboard.room(self.table.row_count, len(names))
        work = clipboard.read(self._fetch, 0, count, names, list(range(len(names))), True)
        bridge.run(self, work, lambda copied: self._copied(copied, count), self.failed.emit)

    def ask_export(self) -> None:
        path = ask_path(self, "result")
        if path:
            self.write(path)

    def write(self, path: str) -> None:
        """Write all rows of the query to a file, those too that are not shown."""
        assert self.result is not None
        sql, format = self.studio.engine.sql, cast("FormatName", kind_of_path(path))
        if self.result.truncated and self.spooled is None:
            work = sql.export(self.result.sql, path, format)
        else:
            work = sql.export_table(self.rows, path, format)
        bridge.run(self, work, self._exported, lambda error: self.studio.window.toast(error.whole(), level="danger"))

    # Inside

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        foot = Header(28, "panel")
        for widget in (self.told, self.whole):
            foot.row.addWidget(widget)
        foot.row.addWidget(self.sum, 1)
        for widget in (self.copy, self.keep, self.export):
            foot.row.addWidget(widget)
        foot.bare_below(ROOMY, self.copy, self.keep)
        column.addWidget(foot)

    def _listen(self) -> None:
        self.table.order_requested.connect(self._sort)
        self.table.selection_changed.connect(lambda _: self._sum_up())
        self.table.failed.connect(self.failed)
        self.table.noticed.connect(self.studio.window.toast)
        self.whole.clicked.connect(self.show_all)
        self.copy.clicked.connect(self.copy_rows)
        self.keep.clicked.connect(self.save_as)
        self.export.clicked.connect(self.ask_export)
        language.changed.connect(self._tell)

    def _show_rows(self, count: int) -> None:
        assert self.result is not None
        columns = [(column.name, column.type) for column in self.result.columns]
        self.table.set_source(self._fetch, columns, count)
        self.table.name_for_readers(Text("Result of the query", "查询结果"))
        self.sum.setText("")
        self.counted.emit(count)
        self._tell()

    async def _fetch(self, offset: int, limit: int) -> Any:
        spooled, result = self.spooled, self.result
        if spooled is not None:
            return await asyncio.to_thread(spooled.page, offset, limit)
        assert result is not None
        return result.table.slice(offset, limit)

    def _tell(self) -> None:
        if self.result is None:
            return
        cut = self.result.truncated and self.spooled is None
        count = self.table.row_count
        first = Text(f"First {plural(count, 'row', 'rows')}", f"前 {count:,} 行")
        self.told.say(first if cut else words.rows(count))
        self.whole.setVisible(cut)
        if self._work is None:
            self.whole.say(Text("Show all rows", "显示全部行"))

    def _came(self, said: object) -> None:
        """The number of rows so far, or the file that holds them all."""
        if isinstance(said, int):
            self.whole.say(Text(f"{said:,} rows · Cancel", f"{said:,} 行 · 取消"))
            return
        old, self.spooled = self.spooled, said  # type: ignore[assignment]
        self._work = None
        self._show_rows(self.spooled.rows)  # type: ignore[union-attr]
        if old is not None:
            bridge.run(self, _remove(old))

    def _broke(self, error: StudioError) -> None:
        self._end_work()
        self.failed.emit(error)

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self._work = None
        self._tell()

    def _let_go(self) -> None:
        self._end_work()
        if self.spooled is not None:
            bridge.run(self, _remove(self.spooled))
            self.spooled = None

    def _sort(self, column: str, ascending: bool) -> None:
        """A result in memory is sorted there; one in a file is written anew in its order."""
        if self.result is None:
            return
        if self.spooled is not None:
            items = self.studio.engine.sql.sorted_rows(self.spooled, column, not ascending)

            def came(said: object) -> None:
                self._came(said)
                if not isinstance(said, int):
                    self.table.set_order(column, ascending)

            self._work = bridge.stream(self, items, came, None, self._broke)
            return

        def show(table: Any) -> None:
            assert self.result is not None
            self.result = replace(self.result, table=table)
            self.table.set_order(column, ascending)
            self.table.reload()

        bridge.run(self, asyncio.to_thread(_ordered, self.result.table, column, ascending), show, self.failed.emit)

    def _mark(self) -> None:
        """Bars beside the numbers that the query is about."""
        assert self.result is not None
        result = self.result

        def show(found: Marked | None) -> None:
            if found is not None and self.result is not None and self.result.sql == result.sql:
                self.table.set_bars({found.name: Bars(found.longest, found.mark)})

        work = asyncio.to_thread(figures.marked, result.columns, result.table, result.sql)
        bridge.run(self, work, show, lambda _error: None)

    def _sum_up(self) -> None:
        """What the column under the cursor comes to; of the selected rows, when there are several."""
        current, table = self.table.current(), self.result.table if self.result is not None else None
        if current is None or table is None or self.spooled is not None or current[1] not in table.schema.names:
            self.sum.setText("")
            return
        if self._summing is not None:
            self._summing.cancel()
        place = table.schema.names.index(current[1])
        ranges = self.table.selected_rows()
        work = asyncio.to_thread(_summed, table, place, ranges)
        self._summing = bridge.run(self, work, self._show_sum, lambda _error: None)

    def _show_sum(self, found: Summary) -> None:
        if found.sum is not None:
            figure = f"{found.sum:,.6g}" if isinstance(found.sum, float) else f"{found.sum:,}"
            self.sum.say(Text(f"Sum of {found.column} {figure}", f"{found.column} 合计 {figure}"))
        elif found.distinct is not None:
            self.sum.say(
                Text(f"{found.column}: {found.distinct:,} distinct", f"{found.column}：{found.distinct:,} 个不同值")
            )

    def _copied(self, copied: clipboard.Copied, count: int) -> None:
        QGuiApplication.clipboard().setMimeData(copied.mime())
        told = Text(f"Copied {plural(count, 'row', 'rows')}.", f"已复制 {count:,} 行。")
        rows = self.table.row_count
        self.studio.window.toast(told if count == rows else clipboard.too_many(rows, count))

    def _kept(self, dataset: Dataset) -> None:
        self.keep.setEnabled(True)
        count = dataset.row_count or 0
        self.studio.window.toast(
            Text(
                f"Saved {plural(count, 'row', 'rows')} as “{dataset.name}”.", f"已将 {count:,} 行存为“{dataset.name}”。"
            )
        )
        self.saved.emit(dataset)

    def _not_kept(self, error: StudioError) -> None:
        self.keep.setEnabled(True)
        self.studio.window.toast(error.whole(), level="danger")

    def _exported(self, count: int) -> None:
        self.studio.window.toast(Text(f"Exported {plural(count, 'row', 'rows')}.", f"已导出 {count:,} 行。"))


async def _remove(spooled: Spooled) -> None:
    await asyncio.to_thread(spooled.remove)


def _ordered(table: Any, column: str, ascending: bool) -> Any:
    import pyarrow.compute

    key = table.select([table.schema.names.index(column)]).rename_columns(["key"])
    order = "ascending" if ascending else "descending"
    return table.take(pyarrow.compute.sort_indices(key, [("key", order)], null_placement="at_end"))


def _summed(table: Any, place: int, ranges: list[tuple[int, int]]) -> Summary:
    import pyarrow

    rows = sum(last - first + 1 for first, last in ranges)
    if 1 < rows < table.num_rows:
        table = pyarrow.concat_tables([table.slice(first, last - first + 1) for first, last in ranges])
    return figures.summary(table, place)
