"""Draw a box; what it touches is selected."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.look import look
from studio.ui.canvas.scene import id_of
from studio.ui.canvas.wire_item import WireItem

ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class BoxSelect(Gesture):
    """With Shift or Ctrl it adds to the selection. Wires are selected one by one, by a click."""

    def __init__(self, canvas, start: QPointF, keys=Qt.KeyboardModifier.NoModifier) -> None:
        super().__init__(canvas, start, keys)
        self.before = canvas.sheet.chosen_ids() if keys & ADDING else []
        self.box = QRectF()
        if not self.before:
            canvas.sheet.choose(())

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self.box = QRectF(self.start, place).normalized()
        found = [id_of(item) for item in self.canvas.sheet.items(self.box) if not isinstance(item, WireItem)]
        chosen = {*self.before, *found}
        if chosen != set(self.canvas.sheet.chosen_ids()):
            self.canvas.sheet.choose(chosen)

    def paint(self, painter: QPainter) -> None:
        if self.box.isEmpty():
            return
        pen = look().pen("accent.ring", 1.0 / self.canvas.detail.zoom)
        painter.setPen(pen)
        painter.setBrush(look().colour("accent.selection"))
        painter.drawRect(self.box)
