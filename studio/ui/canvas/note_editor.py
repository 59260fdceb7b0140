"""Typing into a comment, in place: leaves with Esc or a click elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from studio.engine.text import Text
from studio.ui.canvas.commands import Edit
from studio.ui.language import tr
from studio.ui.theme import theme

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView


class NoteEditor(QPlainTextEdit):
    """Lies over the comment while it is typed; the change is one step of undo."""

    def __init__(self, canvas: CanvasView, note_id: str) -> None:
        super().__init__(canvas.document.notes[note_id].text, canvas.viewport())
        self.canvas, self.note_id, self._done = canvas, note_id, False
        self.setAccessibleName(tr(Text("Comment", "注释")))
        self.setFrameShape(QFrame.Shape.NoFrame)
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, theme.colour("canvas.comment"))
        palette.setColor(QPalette.ColorRole.Text, theme.colour("canvas.commentText"))
        self.setPalette(palette)

    def open(self) -> None:
        box = self.canvas.sheet.notes[self.note_id].box
        self.setGeometry(self.canvas.mapFromScene(box).boundingRect())
        self.show()
        self.setFocus()
        self.selectAll()

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
        note = self.canvas.document.notes.get(self.note_id)
        if note is not None and note.text != self.toPlainText():
            changed = note.model_copy(update={"text": self.toPlainText()})
            self.canvas.document.undo.push(Edit(self.canvas.document, changed))
        self.deleteLater()
