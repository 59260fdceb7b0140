"""The library as a table of rows that can be loaded from where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.views.models_parts.download_row import DownloadRow
from studio.ui.views.models_parts.row import ModelHead, ModelRow
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets.discard import discard
from studio.ui.widgets.panel import scroll
from studio.ui.widgets.states import Empty

if TYPE_CHECKING:
    from studio.engine.models.download import Download


class ModelTable(QWidget):
    """Signals as of `ModelRow`, and `download_asked` as of `DownloadRow`. `set_filter` narrows it to a kind and to words in the name."""

    chosen = Signal(str)
    asked = Signal(str, str)
    menu = Signal(str, QPoint)
    download_asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot = Snapshot()
        self._kind, self._words, self._current = "", "", ""
        self.rows: dict[str, ModelRow] = {}
        self.coming: dict[str, DownloadRow] = {}
        self.head = ModelHead()
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._none = Empty(
            "search",
            Text("No model matches", "没有符合条件的模型"),
            Text("Change the search, or choose All models.", "换个关键词，或选择“全部模型”。"),
        )
        self._list.addWidget(self._none)
        self._list.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(scroll(self._list), 1)
        say(self.setAccessibleName, Text("Models", "模型"))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._show()

    def set_filter(self, kind: str | None = None, words: str | None = None) -> None:
        self._kind = self._kind if kind is None else kind
        self._words = self._words if words is None else words.strip().lower()
        self._show()

    def select(self, model_id: str) -> None:
        """Mark a row without telling anybody."""
        self._current = model_id
        for key, row in self.rows.items():
            row.set_selected(key == model_id)

    def current(self) -> str:
        return self._current

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_columns()

    def _move(self, step: int) -> None:
        ids = list(self.rows)
        place = ids.index(self._current) + step if self._current in ids else 0
        wanted = ids[max(0, min(len(ids) - 1, place))]
        self.rows[wanted].setFocus()
        self.chosen.emit(wanted)

    def _show(self) -> None:
        shown = [
            model for model in self._snapshot.models if self._matches(model.kind, f"{model.name} {model.publisher}")
        ]
        if [model.id for model in shown] != list(self.rows):
            self._make_rows(shown)
        for model in shown:
            snapshot = self._snapshot
            self.rows[model.id].show_model(model, snapshot.fits.get(model.id), snapshot.memory.get(model.id))
        coming = [one for one in self._snapshot.downloads if one.active and self._matches("chat", one.name)]
        if [one.id for one in coming] != list(self.coming):
            self._make_coming(coming)
        for one in coming:
            self.show_download(one)
        self._none.setVisible(not shown and not coming and bool(self._snapshot.models))

    def show_measuring(self, model_id: str, share: float | None) -> None:
        if model_id in self.rows:
            self.rows[model_id].show_measuring(share)

    def show_download(self, one: Download) -> None:
        row = self.coming.get(one.id)
        if row is not None:
            row.show_download(one)

    def _make_coming(self, downloads: list[Download]) -> None:
        for row in self.coming.values():
            row.setParent(None)
            discard(row)
        self.coming = {one.id: DownloadRow(one) for one in downloads}
        for place, row in enumerate(self.coming.values()):
            row.asked.connect(self.download_asked)
            self._list.insertWidget(len(self.rows) + place, row)
        self._show_columns()

    def _matches(self, kind: str, name: str) -> bool:
        return self._kind in ("", kind) and self._words in name.lower()

    def _make_rows(self, models: list) -> None:
        focused = next((key for key, row in self.rows.items() if row.hasFocus()), None)
        for row in self.rows.values():
            row.setParent(None)
            discard(row)
        self.rows = {model.id: ModelRow(model) for model in models}
        for place, row in enumerate(self.rows.values()):
            row.chosen.connect(self.chosen)
            row.asked.connect(self.asked)
            row.menu.connect(self.menu)
            row.moved.connect(self._move)
            row.set_selected(row.model.id == self._current)
            self._list.insertWidget(place, row)
        self._show_columns()
        if focused in self.rows:
            self.rows[focused].setFocus()

    def _show_columns(self) -> None:
        for row in (self.head, *self.rows.values(), *self.coming.values()):
            row.show_columns(self.width())
