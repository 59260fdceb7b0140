"""Which version of a message is shown, and the way to the others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label


class Versions(QWidget):
    """“2 of 3” between two arrows; hidden while there is only one. `chosen` carries the other message's id."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._ids: list[str] = []
        self._place = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        self.before = IconButton("chevron-left", Text("Previous version", "上一个版本"), size=14)
        self.after = IconButton("chevron-right", Text("Next version", "下一个版本"), size=14)
        self.words = Label("", "dense", "text.primary")
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        for widget in (self.before, self.words, self.after):
            row.addWidget(widget)
        self.hide()

    def show_versions(self, ids: Sequence[str], shown: str) -> None:
        self._ids = list(ids)
        self._place = self._ids.index(shown) if shown in self._ids else 0
        count = len(self._ids)
        self.setVisible(count > 1)
        self.words.say(Text(f"{self._place + 1} of {count}", f"第 {self._place + 1} / {count} 个"))
        self.before.setEnabled(self._place > 0)
        self.after.setEnabled(self._place < count - 1)

    def step(self, by: int) -> None:
        place = self._place + by
        if 0 <= place < len(self._ids):
            self.chosen.emit(self._ids[place])
