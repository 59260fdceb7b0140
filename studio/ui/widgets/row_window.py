"""Which rows of a long table the grid holds, which of them is on top, and which are selected, in rows of the source."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, Signal
from PySide6.QtWidgets import QScrollBar

from studio.ui.widgets.grid import Grid, merged
from studio.ui.widgets.table_model import WINDOW

MARGIN = 2_000
FLAGS = QItemSelectionModel.SelectionFlag


class RowWindow(QObject):
    """Keeps the grid's own scrolling, the scroll bar over all rows, and the model's base together."""

    moved = Signal()
    selected = Signal()

    def __init__(self, grid: Grid, bar: QScrollBar) -> None:
        super().__init__(grid)
        self._grid, self._bar, self._model = grid, bar, grid.table
        self._moving = False
        self.areas: list[tuple[int, int, int, int]] = []  # selected: top, left, bottom, right
        self.top = 0
        bar.valueChanged.connect(self.go)
        grid.verticalScrollBar().valueChanged.connect(self._scrolled)
        grid.selectionModel().selectionChanged.connect(self._selected)

    def go(self, row: int) -> None:
        """Make a row of the source the first visible one, moving the window of rows if it has to."""
        row = max(0, min(row, self._bar.maximum()))
        inside = row - self._model.base
        if not self._fits(inside):
            self._rebase(row)
        self._moving = True
        self._grid.verticalScrollBar().setValue(row - self._model.base)
        self._moving = False
        self._moved(row)

    def _fits(self, inside: int) -> bool:
        """Whether a first visible row of the window leaves enough of the window on both sides."""
        before = inside >= MARGIN or (self._model.base == 0 and inside >= 0)
        room = self._model.rowCount() - inside - self._grid.rows_in_view
        return before and (room >= MARGIN or (self._model.base == self._model.last_base and room >= 0))

    def _rebase(self, row: int) -> None:
        index = self._grid.currentIndex()
        current = (self._model.base + index.row(), index.column()) if index.isValid() else None
        self._moving = True
        self._model.base = max(0, min(row - WINDOW // 2, self._model.last_base))
        self._mark_again(current)
        self._moving = False
        self._grid.viewport().update()
        self._grid.numbers.viewport().update()

    def _mark_again(self, current: tuple[int, int] | None) -> None:
        """Put selection and cursor where the same rows are now."""
        picked, base, last = QItemSelection(), self._model.base, self._model.rowCount() - 1
        for top, left, bottom, right in self.areas:
            if bottom >= base and top - base <= last:
                first, end = max(0, top - base), min(last, bottom - base)
                picked.select(self._model.index(first, left), self._model.index(end, right))
        chosen = self._grid.selectionModel()
        chosen.select(picked, FLAGS.ClearAndSelect)
        if current is not None and 0 <= current[0] - base <= last:
            chosen.setCurrentIndex(self._model.index(current[0] - base, current[1]), FLAGS.NoUpdate)
        elif current is not None:
            chosen.clearCurrentIndex()

    def _scrolled(self, inside: int) -> None:
        """The grid scrolled by itself: wheel, keys, or a cell brought into view."""
        if self._moving:
            return
        row = self._model.base + inside
        if not self._fits(inside):
            self.go(row)
        else:
            self._moved(row)

    def _moved(self, row: int) -> None:
        self.top = row
        if self._bar.value() != row:
            self._bar.blockSignals(True)
            self._bar.setValue(row)
            self._bar.blockSignals(False)
        self._grid.numbers.viewport().update()
        self._grid.viewport().update()
        self.moved.emit()

    def _selected(self) -> None:
        if self._moving:
            return
        base = self._model.base
        areas = self._grid.selectionModel().selection()
        self.areas = [(base + area.top(), area.left(), base + area.bottom(), area.right()) for area in areas]
        if len(areas) == 1 and areas[0].height() == self._model.rowCount() < self._model.row_total:
            self.areas = [(0, areas[0].left(), self._model.row_total - 1, areas[0].right())]  # all rows, not the window
        self._grid.viewport().update()
        self.selected.emit()

    def rows(self) -> list[tuple[int, int]]:
        """Ranges of selected rows, both ends included."""
        wanted = [(top, bottom) for top, _, bottom, _ in self.areas]
        if len(wanted) == 1:
            return wanted
        return merged(row for top, bottom in wanted for row in range(top, min(bottom, top + WINDOW) + 1))
