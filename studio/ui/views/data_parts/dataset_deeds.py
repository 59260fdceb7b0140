"""What is done with one dataset: its menu, finding its files again, taking it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.language import tr
from studio.ui.views.data_parts.dialogs import EditDialog
from studio.ui.widgets.menus import Menu

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class DatasetDeeds(QObject):
    """`known` finds a dataset as it was seen last."""

    opened = Signal(str)  # show it
    query_wanted = Signal(str)  # SQL
    changed = Signal(str)  # its content is another now
    removed = Signal(str)

    def __init__(self, studio: Studio, view: QWidget, known: Callable[[str], Dataset | None]) -> None:
        super().__init__(view)
        self._studio, self._view, self._known = studio, view, known

    def menu(self, dataset_id: str, place: QPoint) -> None:
        dataset = self._known(dataset_id)
        if dataset is None:
            return
        clipboard = QGuiApplication.clipboard()
        whole = f'SELECT *\nFROM "{dataset.name}"\nLIMIT 100'
        menu = Menu(self._view)
        menu.addAction(tr(Text("Open", "打开")), lambda: self.opened.emit(dataset_id))
        menu.addAction(tr(Text("Query", "查询")), lambda: self.query_wanted.emit(whole))
        menu.addAction(
            tr(Text("Edit details…", "编辑信息…")), lambda: EditDialog(self._studio, dataset, self._view).open()
        )
        menu.addAction(tr(Text("Refresh", "刷新")), lambda: self.refresh(dataset_id))
        menu.addAction(tr(Text("Locate…", "重新定位…")), lambda: self.locate(dataset_id))
        menu.addAction(tr(Text("Copy id", "复制 ID")), lambda: clipboard.setText(dataset.id))
        menu.addAction(tr(Text("Copy location", "复制位置")), lambda: clipboard.setText(dataset.storage_path))
        menu.addSeparator()
        menu.addAction(tr(Text("Remove", "移除")), lambda: self.remove(dataset_id))
        menu.open_at(place)

    def remove(self, dataset_id: str) -> None:
        """Put a dataset in the trash, with Undo."""
        dataset = self._known(dataset_id)
        name = dataset.name if dataset else dataset_id
        told = Text(f"Removed “{name}”. The files stay.", f"已移除“{name}”，文件保留不动。")
        datasets = self._studio.engine.datasets

        def undo() -> None:
            bridge.run(self, datasets.restore(dataset_id), lambda restored: self.opened.emit(restored.id))

        self.removed.emit(dataset_id)
        bridge.run(self, datasets.delete(dataset_id), lambda _: self._studio.window.toast(told, undo))

    def locate(self, dataset_id: str) -> None:
        """Ask where a file or a folder went."""
        known = self._known(dataset_id)
        if known is not None and int(known.statistics.get("files", 1) or 1) > 1:
            title = tr(Text("Show the folder's new place", "指定文件夹的新位置"))
            path = QFileDialog.getExistingDirectory(self._view, title)
        else:
            path, _ = QFileDialog.getOpenFileName(self._view, tr(Text("Show the file's new place", "指定文件的新位置")))
        if path:
            self.relocate(dataset_id, path)

    def relocate(self, dataset_id: str, path: str) -> None:
        work = self._studio.engine.datasets.update(dataset_id, path=path)
        bridge.run(self, work, lambda _: self.changed.emit(dataset_id), self._say_error)

    def refresh(self, dataset_id: str) -> None:
        """Look at the files again and accept what they are."""
        bridge.run(self, self._studio.engine.datasets.refresh(dataset_id), lambda _: self.changed.emit(dataset_id))

    def _say_error(self, error: StudioError) -> None:
        self._studio.window.toast(error.whole())
