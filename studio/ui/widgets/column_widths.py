"""How wide a table's columns are: by their names, then by what is in them, unless a person has set it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from studio.ui.widgets.cells import NUMBERS, Page
from studio.ui.widgets.grid import Grid

FITTED_COLUMNS = 60


class ColumnWidths:
    def __init__(self, grid: Grid) -> None:
        self._grid, self._model = grid, grid.table
        self._chosen: set[int] = set()  # columns whose width a person has set
        self.fitted = False
        grid.columns.sectionResized.connect(self._keep)

    def start(self) -> None:
        """Another table: as wide as the names."""
        self._chosen, self.fitted = set(), False
        for column in range(len(self._model.names)):
            self._grid.setColumnWidth(column, self._grid.width_for(column, ()))

    def page_came(self, page: Page) -> None:
        """Fit to the first page once, and later only where a number would be cut."""
        if self.fitted:
            self.widen(page)
        else:
            self.fit(page)

    def fit(self, page: Page) -> None:
        """Widths from what the first rows say, once, for the first columns."""
        self.fitted = True
        for column in range(min(FITTED_COLUMNS, len(self._model.names))):
            if column not in self._chosen:
                texts = [page.cell(row, column).text for row in range(min(40, page.rows))]
                self._grid.setColumnWidth(column, self._grid.width_for(column, texts))

    def widen(self, page: Page) -> None:
        """A number or a time that is cut short misleads: make room for it, unless a person set the width."""
        for column, kind in enumerate(self._model.kinds[:FITTED_COLUMNS]):
            if page.rows and column not in self._chosen and (kind in NUMBERS or kind == "time"):
                texts = [page.cell(row, column).text for row in (0, page.rows // 2, page.rows - 1)]
                wish = self._grid.width_for(column, texts)
                if wish > self._grid.columnWidth(column):
                    self._grid.setColumnWidth(column, wish)

    def _keep(self, column: int) -> None:
        """A width that a person set is not fitted away."""
        if QGuiApplication.mouseButtons():
            self._chosen.add(column)
