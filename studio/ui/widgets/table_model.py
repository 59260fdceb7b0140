"""A window of at most 100,000 rows on a table of any length, as a Qt model.

Qt keeps a record per row and positions in 32-bit pixels, so a hundred million rows do not fit a QTableView. The model
shows rows `base` to `base + WINDOW` of the source, and the table moves the base as it scrolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from studio.ui.widgets.cells import NUMBERS, Cell, Kind, Page, kind_of
from studio.ui.widgets.pages import Pages

WINDOW = 100_000
Index = Any
ROOT = QModelIndex()


class TableModel(QAbstractTableModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pages: Pages | None = None
        self.names: list[str] = []
        self.types: list[str] = []
        self.kinds: list[Kind] = []
        self.columns: list[tuple[str, str]] = []  # all of the source's, in its order
        self.shown: list[int] = []  # which of them stand where
        self.pinned = 0  # so many stay at the left
        self.row_total = 0
        self.base = 0

    def show(self, pages: Pages | None, columns: list[tuple[str, str]], row_total: int) -> None:
        self.beginResetModel()
        self.pages = pages
        self.columns = [(name, str(type_name)) for name, type_name in columns]
        self.row_total = row_total
        self.base = 0
        self._place(range(len(columns)), 0)
        self.endResetModel()

    def arrange(self, shown: Sequence[int], pinned: int = 0) -> None:
        """Show these columns of the source in this order, the first `pinned` of them always in view."""
        self.beginResetModel()
        self._place(shown, pinned)
        self.endResetModel()

    def _place(self, shown: Sequence[int], pinned: int) -> None:
        self.shown, self.pinned = list(shown), min(pinned, len(shown))
        self.names = [self.columns[place][0] for place in self.shown]
        self.types = [self.columns[place][1] for place in self.shown]
        self.kinds = [kind_of(type_name) for type_name in self.types]

    def set_row_total(self, row_total: int) -> None:
        before, after = self.rowCount(), min(row_total, WINDOW)
        if after > before:
            self.beginInsertRows(ROOT, before, after - 1)
        elif after < before:
            self.beginRemoveRows(ROOT, after, before - 1)
        self.row_total = row_total
        self.base = min(self.base, self.last_base)
        if after > before:
            self.endInsertRows()
        elif after < before:
            self.endRemoveRows()

    @property
    def last_base(self) -> int:
        return max(0, self.row_total - WINDOW)

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell of a row of the window; None while its page is on the way."""
        if self.pages is None:
            return None
        key, place, inner = self.pages.key(self.base + row, self.shown[column])
        page = self.pages.page(key)
        return page.cell(place, inner) if page is not None and place < page.rows else None

    def cells(self, rows: Sequence[int], column: int) -> list[Cell | None]:
        """The cells of neighbouring rows of the window, with one look at each page."""
        if self.pages is None or not rows:
            return [None] * len(rows)
        found: list[Cell | None] = []
        column, here = self.shown[column], -1
        page: Page | None = None
        for row in rows:
            key, place, inner = self.pages.key(self.base + row, column)
            if key != here:
                here, page = key, self.pages.page(key)
            found.append(page.cell(place, inner) if page is not None and place < page.rows else None)
        return found

    def there(self, absolute_row: int, column: int) -> tuple[Page, int, int] | None:
        """The page that holds a cell, and where in it, if it is loaded."""
        if self.pages is None:
            return None
        key, place, inner = self.pages.key(absolute_row, self.shown[column])
        page = self.pages.peek(key)
        return (page, place, inner) if page is not None and place < page.rows else None

    def whole(self, absolute_row: int, column: int) -> str | None:
        """The full value of a cell that is loaded; None for NULL and for what is not there."""
        found = self.there(absolute_row, column)
        return found[0].whole(*found[1:]) if found else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else min(self.row_total, WINDOW)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            cell = self.cell(index.row(), index.column())
            return "…" if cell is None else cell.text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.kinds[index.column()] in NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        across = orientation == Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[section] if across else f"{self.base + section + 1:,}"
        if role == Qt.ItemDataRole.ToolTipRole and across:
            return f"{self.names[section]}  {self.types[section]}"
        return None
