"""Typing into a comment or a frame's title, in place: leaves with Esc or a click elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from studio.engine.text import Text
from studio.ui.canvas.commands import Edit
from studio.ui.language import tr
from studio.ui.theme import theme

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView


class InPlace(QPlainTextEdit):
    """Lies over what it edits; the change is one step of undo."""

    field, ground, words, name = "text", "canvas.comment", "canvas.commentText", Text("Comment", "注释")

    def __init__(self, canvas: CanvasView, part_id: str) -> None:
        super().__init__(getattr(canvas.document.part(part_id), self.field), canvas.viewport())
        self.canvas, self.part_id, self._done = canvas, part_id, False
        self.setAccessibleName(tr(self.name))
        self.setFrameShape(QFrame.Shape.NoFrame)
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, theme.colour(self.ground))
        palette.setColor(QPalette.ColorRole.Text, theme.colour(self.words))
        self.setPalette(palette)

    def open(self) -> None:
        self.setGeometry(self.canvas.mapFromScene(self.place()).boundingRect())
        self.show()
        self.setFocus()
        self.selectAll()

    def place(self) -> QRectF:
        return self.canvas.sheet.notes[self.part_id].box

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.canvas.setFocus()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self._done:
            return
        self._done = True
        self._keep()
        self.deleteLater()

    def _keep(self) -> None:
        part = self.canvas.document.part(self.part_id) if self.canvas.document.has(self.part_id) else None
        if part is not None and getattr(part, self.field) != self.toPlainText():
            changed = part.model_copy(update={self.field: self.toPlainText()})
            self.canvas.document.undo.push(Edit(self.canvas.document, changed))


class NoteEditor(InPlace):
    """A comment."""


class TitleEditor(InPlace):
    """A frame's title: one line, so Enter ends it."""

    field, ground, words, name = "title", "surface.input", "text.primary", Text("Title", "标题")

    def __init__(self, canvas: CanvasView, part_id: str) -> None:
        super().__init__(canvas, part_id)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def place(self) -> QRectF:
        return self.canvas.sheet.areas[self.part_id].title_box().adjusted(6, 3, -6, -3)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.canvas.setFocus()
            return
        super().keyPressEvent(event)
