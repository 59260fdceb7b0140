"""Drag the lower right corner of a comment, a frame or a step: another size, snapped to the grid, one step of undo."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from studio.ui.canvas.area_item import AreaItem
from studio.ui.canvas.commands import Edit
from studio.ui.canvas.frame_item import SMALLEST, FrameItem
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.layout import MAX_WIDTH, MIN_WIDTH, snap
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem

Sizable = NodeItem | NoteItem | AreaItem
CORNER = 12.0


def sizable_at(canvas, place: QPointF) -> Sizable | None:
    """The thing whose lower right corner lies there."""
    reach = CORNER / min(1.0, canvas.zoom)
    area = QRectF(place.x() - reach, place.y() - reach, reach, reach)
    for item in canvas.sheet.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect):
        if isinstance(item, NodeItem | NoteItem | AreaItem):
            gap = item.box.bottomRight() - place
            if 0 <= gap.x() <= reach and 0 <= gap.y() <= reach:
                return item
    return None


class Resize(Gesture):
    """A step has a width only: its height follows from what is in it."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, canvas, start: QPointF, part_id: str, item: Sizable) -> None:
        super().__init__(canvas, start)
        self.part_id, self.item = part_id, item
        self.offset = item.box.bottomRight() - start
        self.box = QRectF(item.box)
        canvas.sheet.choose([part_id])

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        corner = place + self.offset
        width, height = corner.x() - self.box.left(), corner.y() - self.box.top()
        if isinstance(self.item, FrameItem):
            width, height = max(SMALLEST[0], width), max(SMALLEST[1], height)
        elif isinstance(self.item, NodeItem):
            width, height = min(MAX_WIDTH, max(MIN_WIDTH, width)), self.box.height()
        else:
            width, height = max(96.0, width), max(48.0, height)
        self.box.setSize(QRectF(0, 0, snap(width), snap(height)).size())
        self.canvas.viewport().update()

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self.move(place, keys)
        size = (self.box.width(), self.box.height())
        if size != (self.item.box.width(), self.item.box.height()):
            part = self.canvas.document.part(self.part_id)
            self.canvas.document.undo.push(Edit(self.canvas.document, part.model_copy(update={"size": size})))

    def paint(self, painter: QPainter) -> None:
        painter.setPen(look().pen("accent.ring", 1.0 / self.canvas.detail.zoom))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.box)
