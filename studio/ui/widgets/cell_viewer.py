"""The whole value of one cell, in a popup that closes with Esc."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label

LONGEST = 1_000_000


class CellViewer(QFrame):
    """Wrapped text or indented JSON, with a button that copies all of it."""

    def __init__(self, title: str, value: str | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(title)
        self._value = value or ""
        self._lay_out(title, value)

    def _lay_out(self, title: str, value: str | None) -> None:
        name = Label(title, "denseStrong", "text.secondary")
        copy = IconButton("copy", Text("Copy value", "复制内容"))
        copy.clicked.connect(self.copy)
        head = QHBoxLayout()
        head.addWidget(name, 1)
        head.addWidget(copy)
        self.body = QPlainTextEdit(self._shown(value), readOnly=True)
        self.body.setFont(theme.font("mono" if self._value[:1] in ("{", "[") else "body"))
        self.body.setAccessibleName(title)
        self.body.setFrameShape(QFrame.Shape.NoFrame)
        self.body.viewport().setAutoFillBackground(False)
        box = QVBoxLayout(self)
        pad = theme.size("space.2")
        box.setContentsMargins(pad + 4, pad, pad, pad)
        box.addLayout(head)
        box.addWidget(self.body)

    @staticmethod
    def _shown(value: str | None) -> str:
        if value is None:
            return tr(Text("null (no value)", "null（没有值）"))
        if value == "":
            return tr(Text("(empty text)", "（空文本）"))
        return value[:LONGEST]

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self._value)

    def open_at(self, place: QPoint) -> None:
        """Show it near a point, as large as the value needs and the screen allows."""
        lines = self.body.toPlainText()[:4000]
        tall = 2 + lines.count("\n") + len(lines) // 52
        self.resize(420, max(112, min(420, 52 + tall * 20)))
        screen = QGuiApplication.screenAt(place) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        x = min(place.x(), room.right() - self.width())
        y = min(place.y(), room.bottom() - self.height())
        self.move(max(room.left(), x), max(room.top(), y))
        self.show()
        self.body.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.close()
        else:
            super().keyPressEvent(event)
