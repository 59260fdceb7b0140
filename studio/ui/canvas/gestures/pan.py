"""Move the sheet under the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from studio.ui.canvas.gestures.gesture import Gesture


class Pan(Gesture):
    """Works in pixels of the window, because the scene moves under the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas, start: QPointF, keys=Qt.KeyboardModifier.NoModifier) -> None:
        super().__init__(canvas, start, keys)
        self.last: QPoint = canvas.mapFromScene(start)

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        now = self.canvas.mapFromScene(place)
        self.canvas.scroll_by(self.last - now)
        self.last = now
