"""Data that a person gives: named in a dialog, dropped or pasted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.engine.errors import StudioError
from studio.ui.bridge import bridge
from studio.ui.views.data_parts.adding import AddDialog
from studio.ui.views.data_parts.pasting import addresses_in

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class Taking(QObject):
    """Registers what is given and opens it with `opened`."""

    def __init__(self, studio: Studio, view: QWidget, opened: Callable[[str], object]) -> None:
        super().__init__(view)
        self._studio, self._view, self._opened = studio, view, opened

    def ask(self, path: str = "") -> AddDialog:
        """Open the dialog that registers files."""
        dialog = AddDialog(self._studio, self._view, path)
        dialog.added.connect(lambda dataset: self._opened(dataset.id))
        dialog.open()
        return dialog

    def take(self, given: QMimeData) -> None:
        """Files, paths and addresses, or a table."""
        paths = addresses_in(given)
        if paths:
            self.add_paths(paths)
        else:
            work = self._studio.engine.datasets.paste(given.text(), given.html())
            bridge.run(self, work, self._added, self._say_error)

    def paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData())

    def add_paths(self, paths: Sequence[str]) -> None:
        """Register them, and open the last one that could be read; several tables of one file are asked about."""
        for path in paths:
            bridge.run(self, self._register(path), self._added, self._say_error)

    async def _register(self, path: str) -> Dataset | str:
        """The dataset; or the path again, when a table has to be chosen first."""
        datasets = self._studio.engine.datasets
        return path if len(await datasets.tables(path)) > 1 else await datasets.register(path)

    def _added(self, dataset: Dataset | str) -> None:
        if isinstance(dataset, str):
            self.ask(dataset)
        else:
            self._opened(dataset.id)

    def _say_error(self, error: StudioError) -> None:
        self._studio.window.toast(error.whole())
