"""A window of at most 100,000 rows on a table of any length, as a Qt model.

Qt keeps a record per row and positions in 32-bit pixels, so a hundred million rows do not fit a QTableView. The model
shows rows `base` to `base + WINDOW` of the source, and the table moves the base as it scrolls.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from studio.ui.widgets.cells import NUMBERS, Cell, Kind, kind_of
from studio.ui.widgets.pages import PAGE_ROWS, Pages

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
        self.row_total = 0
        self.base = 0

    def show(self, pages: Pages | None, columns: list[tuple[str, str]], row_total: int) -> None:
        self.beginResetModel()
        self.pages = pages
        self.names = [name for name, _ in columns]
        self.types = [str(type_name) for _, type_name in columns]
        self.kinds = [kind_of(type_name) for type_name in self.types]
        self.row_total = row_total
        self.base = 0
        self.endResetModel()

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
        number, place = divmod(self.base + row, PAGE_ROWS)
        page = self.pages.page(number)
        return page.cell(place, column) if page is not None and place < page.rows else None

    def whole(self, absolute_row: int, column: int) -> str | None:
        """The full value of a cell that is loaded; None for NULL and for what is not there."""
        number, place = divmod(absolute_row, PAGE_ROWS)
        page = self.pages.peek(number) if self.pages else None
        return page.whole(place, column) if page is not None and place < page.rows else None

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
