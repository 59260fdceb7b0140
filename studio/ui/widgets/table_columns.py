"""Which columns a table shows, where they stand, and which of them stay at the left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.widgets.menus import Menu

if TYPE_CHECKING:
    from studio.ui.widgets.table import VirtualTable


class TableColumns(QObject):
    """Hides, moves and pins the columns of one table, by their names."""

    changed = Signal()  # a person hid, moved, pinned or widened one
    seen = Signal()  # other columns have come into view

    def __init__(self, table: VirtualTable) -> None:
        super().__init__(table)
        self._table, self.grid, self.model, self.rows = table, table.grid, table.model, table.rows
        self._straightening = False
        header = table.grid.columns
        header.sectionMoved.connect(self._moved)
        header.menu_wanted.connect(self._menu)
        header.sectionResized.connect(self._resized)
        table.grid.moved_across.connect(self.seen)

    def arrange(self, names: Sequence[str], pinned: int = 0) -> None:
        """Show these columns in this order, the first `pinned` always in view; names that are not there are left out."""
        places = {name: place for place, (name, _) in enumerate(self.model.columns)}
        self.rows.areas = []
        current = self._table.current()
        self.model.arrange([places[name] for name in names if name in places], pinned)
        self._table.decorate()
        self._table.widths.arranged()
        if current is not None and current[1] in self.model.names:
            self.grid.setCurrentIndex(
                self.model.index(current[0] - self.model.base, self.model.names.index(current[1]))
            )
        self.grid.viewport().update()

    def show(self, name: str) -> None:
        """Bring a column into view and put the cursor there."""
        if name in self.model.names:
            index = self.model.index(self.rows.top - self.model.base, self.model.names.index(name))
            self.grid.setCurrentIndex(index)
            self.grid.scrollTo(index)

    def in_view(self) -> list[str]:
        """The names of the columns that can be seen, pinned ones first."""
        first, last = max(0, self.grid.columnAt(0)), self.grid.columnAt(self.grid.viewport().width() - 1)
        last = len(self.model.names) - 1 if last < 0 else last
        return self.model.names[: self.model.pinned] + self.model.names[max(first, self.model.pinned) : last + 1]

    def _moved(self, _column: int, old: int, new: int) -> None:
        """A person dragged a column: the model takes the order over, and the header stands straight again."""
        if not self._straightening:
            QTimer.singleShot(0, self, lambda: self._move(old, new))

    def _move(self, old: int, new: int) -> None:
        self._straightening = True
        self.grid.columns.moveSection(new, old)
        self._straightening = False
        names, pinned = list(self.model.names), self.model.pinned
        names.insert(new, names.pop(old))
        if (old < pinned) != (new < pinned):
            pinned += 1 if new < pinned else -1
        self.arrange(names, pinned)
        self.changed.emit()

    def _resized(self, _column: int, _before: int, _after: int) -> None:
        if QGuiApplication.mouseButtons():
            self.changed.emit()

    def pin(self, name: str, on: bool) -> None:
        """Keep a column at the left, always in view, or let it go again."""
        names, pinned = list(self.model.names), self.model.pinned
        names.remove(name)
        pinned -= self.model.names.index(name) < pinned
        names.insert(pinned, name)
        self.arrange(names, pinned + on)
        self.changed.emit()

    def hide(self, name: str) -> None:
        """Take a column out of view; the last one stays."""
        if len(self.model.names) > 1:
            pinned = self.model.pinned - (self.model.names.index(name) < self.model.pinned)
            self.arrange([each for each in self.model.names if each != name], pinned)
            self.changed.emit()

    def _menu(self, column: int, place: QPoint) -> None:
        name = self.model.names[column]
        pinned = column < self.model.pinned
        menu = Menu(self._table)
        menu.addAction(tr(Text("Sort ascending", "升序排列")), lambda: self._table.order_requested.emit(name, True))
        menu.addAction(tr(Text("Sort descending", "降序排列")), lambda: self._table.order_requested.emit(name, False))
        menu.addAction(tr(Text("Then sort by this", "再按此列排序")), lambda: self._table.order_added.emit(name, True))
        if self._table.filters:
            menu.addAction(tr(Text("Filter…", "筛选…")), lambda: self._table.filter_requested.emit(name, ...))
            menu.addAction(tr(Text("Profile…", "概况…")), lambda: self._table.profile_requested.emit(name, place))
        menu.addSeparator()
        word = Text("Unpin", "取消固定") if pinned else Text("Pin to the left", "固定在左侧")
        menu.addAction(tr(word), lambda: self.pin(name, not pinned))
        menu.addAction(tr(Text("Hide", "隐藏")), lambda: self.hide(name))
        menu.addAction(tr(Text("Copy name", "复制列名")), lambda: QGuiApplication.clipboard().setText(name))
        menu.open_at(place)
