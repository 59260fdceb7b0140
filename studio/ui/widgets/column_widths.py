"""How wide a table's columns are: by their names, then by what is in them, unless a person has set it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QGuiApplication

from studio.ui.theme import theme
from studio.ui.widgets.cells import NUMBERS, Page
from studio.ui.widgets.grid import Grid

FITTED_COLUMNS = 60  # at once; the others when they are first seen
USUAL = 120


class ColumnWidths:
    """Widths are kept by name, so that they outlive hiding and moving. Columns are fitted when they first come into view:
    ten thousand of them would hold up the window."""

    def __init__(self, grid: Grid) -> None:
        self._grid, self._model = grid, grid.table
        self._chosen: dict[str, int] = {}  # widths that a person has set
        self._fitted: set[str] = set()
        self._scale = theme.scale
        grid.columns.sectionResized.connect(self._keep)

    @property
    def chosen(self) -> dict[str, int]:
        """What a person has set, to be remembered."""
        return dict(self._chosen)

    def start(self, chosen: Mapping[str, int] | None = None) -> None:
        """Another table: as wide as the names."""
        self._chosen, self._fitted = dict(chosen or {}), set()
        self.arranged()

    def rescale(self) -> None:
        """The interface may be larger or smaller now; columns grow with it, those that a person has set as well."""
        before, self._scale = self._scale, theme.scale
        if before == theme.scale:
            return
        self._chosen = {name: round(width * theme.scale / before) for name, width in self._chosen.items()}
        wide = {
            column: self._grid.columnWidth(column)
            for column, name in enumerate(self._model.names)
            if self._is_set(column, name)
        }
        self._grid.columns.setDefaultSectionSize(theme.scaled(USUAL))
        for column, width in wide.items():
            self._grid.setColumnWidth(column, round(width * theme.scale / before))

    def _is_set(self, column: int, name: str) -> bool:
        return column < FITTED_COLUMNS or name in self._fitted or name in self._chosen

    def arranged(self) -> None:
        """The columns stand elsewhere now."""
        self._grid.columns.setDefaultSectionSize(theme.scaled(USUAL))
        self._fitted = set()
        for column, name in enumerate(self._model.names[:FITTED_COLUMNS]):
            self._grid.setColumnWidth(column, self._chosen.get(name) or self._grid.width_for(column, ()))
        if self._chosen:
            for column, name in enumerate(self._model.names[FITTED_COLUMNS:], FITTED_COLUMNS):
                if name in self._chosen:
                    self._grid.setColumnWidth(column, self._chosen[name])

    def page_came(self, page: Page, first_column: int) -> None:
        """Fit the columns in view that this page tells of; later pages widen what would be cut."""
        for column in self._in_view():
            name, inner = self._model.names[column], self._model.shown[column] - first_column
            if name in self._chosen or not 0 <= inner < page.width or not page.rows:
                continue
            if name not in self._fitted:
                self._fit(column, inner, page)
            elif self._model.kinds[column] in NUMBERS or self._model.kinds[column] == "time":
                self._widen(column, inner, page)

    def _in_view(self) -> list[int]:
        """Those in view whose left edge is too: fitting one that is cut at the left would move what a person looks at."""
        grid, header = self._grid, self._grid.columns
        first = max(0, grid.columnAt(0))
        last = grid.columnAt(grid.viewport().width() - 1)
        last = len(self._model.names) - 1 if last < 0 else last
        some = range(first, min(last + 2, first + FITTED_COLUMNS, len(self._model.names)))
        if header.offset() == 0:
            return list(range(min(last + 8, FITTED_COLUMNS, len(self._model.names))))
        return [*range(self._model.pinned), *(each for each in some if grid.columnViewportPosition(each) >= 0)]

    def _fit(self, column: int, inner: int, page: Page) -> None:
        self._fitted.add(self._model.names[column])
        texts = [page.cell(row, inner).text for row in range(min(24, page.rows))]
        self._grid.setColumnWidth(column, self._grid.width_for(column, texts))

    def _widen(self, column: int, inner: int, page: Page) -> None:
        """A number or a time that is cut short misleads: make room for it."""
        texts = [page.cell(row, inner).text for row in (0, page.rows // 2, page.rows - 1)]
        wish = self._grid.width_for(column, texts)
        if wish > self._grid.columnWidth(column):
            self._grid.setColumnWidth(column, wish)

    def _keep(self, column: int, _before: int, after: int) -> None:
        """A width that a person set is not fitted away."""
        if QGuiApplication.mouseButtons() and column < len(self._model.names):
            self._chosen[self._model.names[column]] = after
