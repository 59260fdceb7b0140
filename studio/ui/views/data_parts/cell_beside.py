"""The cell under the cursor, looked at closely in a pane beside the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSplitter

from studio.ui.bridge import bridge
from studio.ui.widgets.cell_value import CellValue, read_value
from studio.ui.widgets.table import VirtualTable
from studio.ui.widgets.value_pane import ValuePane


class CellBeside(QObject):
    """`folder` gives the place where the paths of a table of pictures begin; no other table's texts are opened."""

    def __init__(self, table: VirtualTable, split: QSplitter, folder: Callable[[], Path | None]) -> None:
        super().__init__(split)
        self._table, self._split, self._folder = table, split, folder
        self._pane: ValuePane | None = None
        table.viewer = self.show
        table.grid.selectionModel().currentChanged.connect(self._follow)

    @property
    def pane(self) -> ValuePane:
        """Made when it is first wanted."""
        if self._pane is None:
            self._pane = ValuePane()
            self._pane.closed.connect(self._close)
            self._split.addWidget(self._pane)
            self._split.setStretchFactor(0, 1)
            self._split.setSizes([900, 320])
        return self._pane

    def show(self, row: int, column: str) -> None:
        model = self._table.model
        found = model.there(row, model.names.index(column)) if column in model.names else None
        if found is None:
            return
        title, folder = f"{column} · {row + 1:,}", self._folder()
        self.pane.show()
        bridge.run(self.pane, _read(found, folder), lambda value: self.pane.show_value(title, value), of="cell")

    def _follow(self) -> None:
        current = self._table.current()
        if current is not None and self._pane is not None and self._pane.isVisible():
            self.show(*current)

    def _close(self) -> None:
        self.pane.hide()
        self._table.setFocus()


async def _read(found: tuple[Any, int, int], folder: Path | None) -> CellValue:
    return await asyncio.to_thread(read_value, *found, folder)
