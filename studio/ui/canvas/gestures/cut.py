"""Draw a line through wires: all that it crosses are gone when it is let go."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from studio.ui.canvas.commands import Remove
from studio.ui.canvas.document import Parts
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.look import look
from studio.ui.canvas.wire_item import WireItem


class CutWires(Gesture):
    """With X held, or Ctrl and the right button. What will be cut is dimmed at once."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas, start: QPointF, keys=Qt.KeyboardModifier.NoModifier) -> None:
        super().__init__(canvas, start, keys)
        self.line = [start]
        self.crossed: dict[str, WireItem] = {}

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        step = QLineF(self.line[-1], place)
        self.line.append(place)
        near = QRectF(step.p1(), step.p2()).normalized().adjusted(-1, -1, 1, 1)
        for item in self.canvas.sheet.items(near):
            if isinstance(item, WireItem) and item.edge_id not in self.crossed and item.crosses(step):
                self.crossed[item.edge_id] = item
                item.show_dimmed(True)
        self.canvas.viewport().update()

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self.move(place, keys)
        document = self.canvas.document
        edges = [document.edges[edge_id] for edge_id in self.crossed if edge_id in document.edges]
        self.cancel()
        if edges:
            document.undo.push(Remove(document, Parts(edges=edges)))

    def cancel(self) -> None:
        for item in self.crossed.values():
            item.show_dimmed(False)

    def paint(self, painter: QPainter) -> None:
        pen = QPen(look().colour("danger.text"), 1.5)
        pen.setCosmetic(True)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(self.line))
