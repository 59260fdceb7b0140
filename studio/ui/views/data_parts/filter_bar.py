"""The line above a table: filters and sort columns as chips, the count, columns, SQL, the profile switch, export."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.data_parts.chips import Chip
from studio.ui.views.data_parts.filter_editor import FilterEditor
from studio.ui.views.data_parts.filters import Filter, operators_for
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Header

Orders = list[tuple[str, bool]]  # (column, descending), the first one first


class FilterBar(Header):
    """Holds the filters and the order of one table. `changed` and `ordered` come after a person changed them."""

    changed = Signal()
    ordered = Signal()
    columns_wanted = Signal()
    sql_wanted = Signal(bool)
    profile_wanted = Signal(bool)
    export_wanted = Signal()

    def __init__(self, columns: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(40, "content", parent)
        self.columns = list(columns)
        self.filters: list[Filter] = []
        self.orders: Orders = []
        self._chips = QHBoxLayout()
        self._chips.setSpacing(theme.size("space.2"))
        self.add = Button(Text("Filter", "筛选"), "plus", "ghost", "sm")
        self.add.clicked.connect(lambda: self.edit(None, self.add))
        self.count = Label("", "dense", "text.secondary")
        self.choose = Button("", "columns-3", "ghost", "sm")
        self.choose.clicked.connect(self.columns_wanted)
        self.sql = IconButton("code-xml", Text("Show the SQL", "显示 SQL"), checkable=True)
        self.sql.toggled.connect(self.sql_wanted)
        self.profile = Switch(Text("Profile", "概况"), "chart-column", "default", "sm")
        self.profile.setCheckable(True)
        self.profile.toggled.connect(self.profile_wanted)
        self.export = IconButton("download", Text("Export", "导出"))
        self.export.clicked.connect(self.export_wanted)
        self._lay_out()

    def _lay_out(self) -> None:
        self.row.addWidget(Glyph("list-filter"))
        self.row.addLayout(self._chips)
        self.row.addWidget(self.add)
        self.row.addStretch(1)
        for widget in (self.count, self.choose, self.sql, self.profile, self.export):
            self.row.addWidget(widget)

    def set_filters(self, filters: Sequence[Filter]) -> None:
        """Show these filters; tells nobody."""
        self.filters = list(filters)
        self._show_chips()

    def set_orders(self, orders: Orders) -> None:
        """Show these sort columns; tells nobody."""
        self.orders = list(orders)
        self._show_chips()

    def show_columns(self, shown: int, whole: int) -> None:
        """How many of the columns are in the table."""
        self.choose.say(Text(f"{shown:,} of {whole:,}", f"{shown:,} / {whole:,} 列"))
        self.choose.setToolTip("Ctrl F")

    def edit(self, old: Filter | None, beside: QWidget, start: Filter | None = None) -> None:
        """Open the editor below a widget: to change a filter, or to make one from `start`."""
        if (old is not None and old.raw) or not self.columns:
            return
        editor = FilterEditor(self.columns, old or start, self)
        editor.chosen.connect(lambda new: self._replace(old, new))
        editor.open_at(beside.mapToGlobal(QPoint(0, beside.height() + 4)))

    def filter_by(self, column: str, value: object) -> None:
        """A filter from the table: by a cell's value, by NULL (None), or one to be written (...)."""
        kind = dict(self.columns).get(column, "string")
        if value is ...:
            self.edit(None, self.add, Filter(column, operators_for(kind)[0], "", kind))
        elif value is None:
            self._replace(None, Filter(column, "null", "", kind))
        elif value == "":
            self._replace(None, Filter(column, "empty", "", kind))
        elif kind == "bool":
            self._replace(None, Filter(column, str(value), "", kind))
        else:
            words = f'"{value}"' if "," in str(value) or "，" in str(value) else str(value)
            self._replace(None, Filter(column, "is", words, kind))

    def _show_chips(self) -> None:
        empty(self._chips)
        for filter in self.filters:
            chip = Chip(*filter.words())
            chip.removed.connect(lambda each=filter: self._replace(each, None))
            chip.clicked.connect(lambda _=False, each=filter, chip=chip: self.edit(each, chip))
            self._chips.addWidget(chip)
        for column, descending in self.orders:
            chip = Chip(column, icon="arrow-down" if descending else "arrow-up")
            chip.removed.connect(lambda each=column: self._drop_order(each))
            chip.clicked.connect(lambda _=False, each=column: self._turn(each))
            self._chips.addWidget(chip)

    def _replace(self, old: Filter | None, new: Filter | None) -> None:
        kept = [new if each is old else each for each in self.filters]
        if old is None:
            kept.append(new)
        self.set_filters([each for each in kept if each is not None])
        self.changed.emit()

    def _drop_order(self, column: str) -> None:
        self.set_orders([each for each in self.orders if each[0] != column])
        self.ordered.emit()

    def _turn(self, column: str) -> None:
        """A click on a sort chip sorts the other way."""
        self.set_orders([(name, down != (name == column)) for name, down in self.orders])
        self.ordered.emit()


class Switch(Button):
    """A button that stays down while it is on."""

    def isDown(self) -> bool:
        return super().isDown() or self.isChecked()
