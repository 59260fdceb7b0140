"""A message's words in a field, to be changed in their place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.ask import CANCEL
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card

LINES = 16


class MessageEditor(Card):
    """Ctrl Enter keeps, Esc leaves. `kept` carries the new words; `left` comes when nothing is kept."""

    kept = Signal(str)
    left = Signal()

    def __init__(self, words: str, agree: Text, note: Text) -> None:
        super().__init__(pad=8)
        self.area = _Area(Text("Message", "消息"))
        self.area.setPlainText(words)
        self.area.kept.connect(self.keep)
        self.area.left.connect(self.left)
        self.area.textChanged.connect(self._fit)
        self.body.addWidget(self.area)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Label(note, "dense", "text.secondary", wrap=True), 1)
        self.cancel = Button(CANCEL, kind="ghost")
        self.cancel.clicked.connect(self.left)
        self.agree = Button(agree, kind="primary")
        self.agree.clicked.connect(self.keep)
        for button in (self.cancel, self.agree):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        holder = QVBoxLayout()
        holder.addLayout(row)
        self.body.addLayout(holder)
        self._fit()

    def keep(self) -> None:
        words = self.area.toPlainText().strip()
        if words:
            self.kept.emit(words)

    def _fit(self) -> None:
        lines = max(3, min(LINES, int(self.area.document().size().height())))
        self.area.setFixedHeight(lines * self.area.fontMetrics().lineSpacing() + 2 * theme.size("space.2"))
        self.agree.setEnabled(bool(self.area.toPlainText().strip()))


class _Area(TextArea):
    kept = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.kept.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
