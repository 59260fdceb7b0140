"""The contract of a gesture: it begins with a press, follows the pointer, and ends by release or Esc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView


class Gesture:
    """Places are scene coordinates. A gesture changes the document only at its end, by one command."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(
        self, canvas: CanvasView, start: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        self.canvas, self.start, self.keys = canvas, start, keys

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        """The pointer moved while the button is down."""

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        """The button was let go: make the change."""

    def cancel(self) -> None:
        """Esc: as if nothing had been begun."""

    def paint(self, painter: QPainter) -> None:
        """Over everything else, in scene coordinates."""
