"""One dataset as a table: filters above, rows, and what is seen of them below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import DiskFull, StudioError
from studio.engine.text import Text, plural
from studio.ui.bridge import bridge
from studio.ui.language import language, tr
from studio.ui.views.data_parts import words
from studio.ui.views.data_parts.filter_bar import FilterBar
from studio.ui.views.data_parts.filters import Filter, where
from studio.ui.views.data_parts.reading_bar import ReadingBar
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header
from studio.ui.widgets.states import Failure, Loading
from studio.ui.widgets.table import VirtualTable
from studio.ui.widgets.table_headers import Strip

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import ColumnProfile, Dataset
    from studio.ui.studio import Studio

FEW = 8  # values that a strip shows as shares


class TableTab(QWidget):
    """Opens the dataset when it is made; opening it again after a repair is `open`."""

    opened = Signal(object)  # Dataset
    locate_wanted = Signal(str)
    refresh_wanted = Signal(str)

    def __init__(self, studio: Studio, dataset_id: str, filters: list[Filter] | None = None) -> None:
        super().__init__()
        self.studio = studio
        self.dataset_id = dataset_id
        self.dataset: Dataset | None = None
        self._order: tuple[str, bool] | None = None
        self._profile: dict[str, ColumnProfile] | None = None
        self._seconds = 0.0
        self._start_filters = filters or []
        self.bar = FilterBar([])
        self.reading = ReadingBar(studio)
        self.table = VirtualTable(bridge=bridge)
        self.seen, self.note = Label("", "caption", "text.secondary"), Label("", "caption", "text.secondary")
        self.stack = QStackedWidget()
        self._lay_out()
        self._listen()
        self.open()

    def open(self) -> None:
        """Look at the dataset anew and show its rows."""
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
        failure = Failure(error, repair)
        self._replace_failure(failure)

    def export_selection(self) -> None:
        """Write the selected rows, or all that the filters leave, as CSV, Parquet or JSON Lines."""
        if self.dataset is None:
            return
        kinds = "CSV (*.csv);;Parquet (*.parquet);;JSON Lines (*.jsonl)"
        name = str(Path.home() / f"{self.dataset.name}.csv")
        path, _ = QFileDialog.getSaveFileName(self, tr(Text("Export", "导出")), name, kinds)
        if path:
            bridge.run(self, self.write(path), lambda count: self._exported(path, count))

    async def write(self, path: str) -> int:
        """Write the rows that are chosen to a file; the answer is their number."""
        assert self.dataset is not None
        kinds = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
        format = kinds.get(Path(path).suffix.lower(), "csv")
        ranges = self.table.selected_rows()
        if sum(last - first + 1 for first, last in ranges) > 1:
            table = await self._picked(ranges)
            return await self.studio.engine.sql.export_table(table, path, format)
        from studio.engine.datasets.reading import quoted

        condition = where(self.bar.filters)
        sql = f"SELECT * FROM {quoted(self.dataset.id)}" + (f" WHERE {condition}" if condition else "")
        return await self.studio.engine.sql.export(sql, path, format)

    def copy_sql(self) -> str:
        """The rows that are shown, as a query."""
        assert self.dataset is not None
        condition = where(self.bar.filters)
        parts = [f'SELECT *\nFROM "{self.dataset.name}"', *([f"WHERE {condition}"] if condition else [])]
        if self._order:
            parts.append(f'ORDER BY "{self._order[0]}"{" DESC" if self._order[1] else ""}')
        return "\n".join(parts)

    def _lay_out(self) -> None:
        self.loading, self.content = Loading(), QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.reading)
        column.addWidget(self.table, 1)
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
        self.bar.profile_wanted.connect(self._toggle_profile)
        self.bar.export_wanted.connect(self.export_selection)
        self.table.order_requested.connect(self._sort)
        self.table.view_changed.connect(lambda *_: self._tell())
        self.table.selection_changed.connect(lambda _: self._tell())
        self.table.page_loaded.connect(self._loaded)
        self.table.failed.connect(self.fail)
        self.table.noticed.connect(self.studio.window.toast)
        language.changed.connect(self._retell)

    async def _load(self) -> tuple[Dataset, int]:
        datasets = self.studio.engine.datasets
        dataset = await datasets.get(self.dataset_id)
        await self.studio.engine.recent.note("dataset", dataset.id)
        if dataset.reading and "first_rows" in dataset.statistics and not self._start_filters:
            return dataset, int(dataset.statistics["first_rows"])
        return dataset, await datasets.count(dataset.id, where(self._start_filters) or None)

    def _show(self, found: tuple[Dataset, int]) -> None:
        self.dataset, count = found
        columns = [(column.name, column.type) for column in self.dataset.columns]
        self.bar.columns = columns
        self.bar.set_filters(self._start_filters)
        self.table.set_source(self._fetch, columns, count)
        self.table.name_for_readers(Text(f"Rows of {self.dataset.name}", f"{self.dataset.name} 的行"))
        if self._order and self._order[0] in dict(columns):
            self.table.set_order(self._order[0], not self._order[1])
        self.stack.setCurrentWidget(self.content)
        self.reading.show_dataset(self.dataset)
        self._retell()
        self.opened.emit(self.dataset)
        if self.dataset.reading:
            return  # a profile is of the whole
        if self.bar.profile.isChecked():
            self._ask_profile()
        else:
            self.bar.profile.setChecked(True)

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

    async def _fetch(self, offset: int, limit: int) -> Any:
        condition = where(self.bar.filters) or None
        return await self.studio.engine.datasets.page(
            self.dataset_id, offset, limit, order=self._order, where=condition
        )

    def _filter(self) -> None:
        condition = where(self.bar.filters) or None
        self._start_filters = list(self.bar.filters)
        bridge.run(
            self, self.studio.engine.datasets.count(self.dataset_id, condition), self._counted, self._filter_failed
        )

    def _show_all(self) -> None:
        self._start_filters = []
        self.bar.set_filters([])
        self.open()

    def _counted(self, count: int) -> None:
        self.table.set_row_count(count)
        self.table.scroll_to(0)
        self.table.reload()
        self._retell()

    def _filter_failed(self, error: StudioError) -> None:
        self.studio.window.toast(error.whole())

    def _sort(self, column: str, ascending: bool) -> None:
        self._order = (column, not ascending)
        self.table.set_order(column, ascending)
        self.table.reload()

    def _toggle_profile(self, on: bool) -> None:
        if on and self._profile is None:
            self._ask_profile()
        elif on:
            self._show_profile(self._profile or {})
        else:
            self.table.set_profile(None)
            self._retell()

    def _ask_profile(self) -> None:
        if self.dataset is not None and self.dataset.reading:
            return
        bridge.run(self, self.studio.engine.datasets.profile(self.dataset_id), self._show_profile, lambda _error: None)

    def _show_profile(self, profile: dict[str, ColumnProfile]) -> None:
        self._profile = profile
        if self.bar.profile.isChecked():
            self.table.set_profile({name: strip(each) for name, each in profile.items()})
        self._retell()

    def _loaded(self, seconds: float) -> None:
        self._seconds = seconds
        self._retell()

    def _tell(self) -> None:
        first, last = (
            self.table.first_visible,
            min(self.table.first_visible + self.table.grid.rows_in_view, self.table.row_count),
        )
        seen = (
            Text(f"Rows {first + 1:,} – {last:,}", f"第 {first + 1:,} – {last:,} 行")
            if last
            else Text("No rows", "没有行")
        )
        chosen = sum(bottom - top + 1 for top, bottom in self.table.selected_rows())
        parts = [seen, *([Text(f"{chosen:,} selected", f"已选 {chosen:,} 行")] if chosen > 0 else [])]
        self.seen.setText(words.joined(*parts))

    def _retell(self) -> None:
        self._tell()
        if self.dataset is None:
            return
        whole, count = self.dataset.row_count or 0, self.table.row_count
        told = Text(f"{count:,} of {plural(whole, 'row', 'rows')}", f"{whole:,} 行中的 {count:,} 行")
        known = words.rows(self.dataset.row_count)
        self.bar.count.say(told if self.bar.filters else known)
        parts = [Text(f"Loaded in {self._seconds * 1000:.0f} ms", f"加载用时 {self._seconds * 1000:.0f} 毫秒")]
        one = next(iter((self._profile or {}).values()), None)
        if one is not None and self.bar.profile.isChecked():
            sampled = Text(f"Profile from a sample of {one.rows:,} rows", f"概况基于 {one.rows:,} 行样本")
            parts.insert(0, sampled if one.sampled else Text("Profile of all rows", "概况基于全部行"))
        self.note.setText(words.joined(*parts))

    async def _picked(self, ranges: list[tuple[int, int]]) -> Any:
        import pyarrow

        return pyarrow.concat_tables([await self._fetch(first, last - first + 1) for first, last in ranges])

    def _exported(self, path: str, count: int) -> None:
        name = Path(path).name
        told = Text(f"Exported {plural(count, 'row', 'rows')} to {name}.", f"已将 {count:,} 行导出到 {name}。")
        self.studio.window.toast(told)

    def _replace_failure(self, failure: Failure) -> None:
        while self.stack.count() > 2:
            old = self.stack.widget(2)
            self.stack.removeWidget(old)
            discard(old)
        self.stack.addWidget(failure)
        self.stack.setCurrentWidget(failure)


def strip(found: ColumnProfile) -> Strip:
    """A column's profile as the header shows it."""
    share = found.nulls / found.rows if found.rows else 0
    if share >= 0.05:
        caption = Text(f"{share:.0%} null", f"{share:.0%} 为空")
        return Strip(_bars(found), _shares(found), caption, True, found.mean is not None)
    return Strip(_bars(found), _shares(found), _caption(found), False, found.mean is not None)


def _caption(found: ColumnProfile) -> Text | str:
    if found.rows and found.distinct == found.rows:
        return Text("unique", "唯一")
    if found.mean is not None and found.distinct > FEW:
        return Text(f"mean {found.mean:,.2f}", f"均值 {found.mean:,.2f}")
    if found.median is not None:
        return Text(f"median {found.median:g}", f"中位数 {found.median:g}")
    if found.type.startswith(("timestamp", "date")):
        return f"{(found.low or '')[:7]} – {(found.high or '')[:7]}"
    if found.distinct <= FEW:
        return Text(plural(found.distinct, "value", "values"), f"{found.distinct} 个值")
    return Text(f"{found.distinct:,} distinct", f"{found.distinct:,} 个不同值")


def _bars(found: ColumnProfile) -> list[float]:
    if found.histogram:
        return [bar.count for bar in found.histogram]
    return [] if found.distinct <= FEW or found.distinct == found.rows else [bar.count for bar in found.top]


def _shares(found: ColumnProfile) -> list[float]:
    if found.histogram or found.distinct > FEW:
        return []
    return [bar.count for bar in found.top]
