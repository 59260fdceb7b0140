"""A comment on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QTextOption
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.workflows.graph import Note
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import Z

PAD = 12.0
RADIUS = 6.0


class NoteItem(QGraphicsItem):
    """Text on yellow, with its author above."""

    def __init__(self, note: Note, detail: Detail) -> None:
        super().__init__()
        self.note, self.detail = note, detail
        self.setPos(*note.position)
        self.setZValue(Z["note"])
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)

    def show_note(self, note: Note) -> None:
        self.prepareGeometryChange()
        self.note = note
        self.setPos(*note.position)
        self.update()

    @property
    def box(self) -> QRectF:
        return QRectF(self.pos().x(), self.pos().y(), *self.note.size)

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self.note.size).adjusted(-4, -4, 4, 4)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not self.detail.far:
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        rect = QRectF(0, 0, *self.note.size)
        painter.setPen(
            look().pen(
                "accent.ring" if self.isSelected() else "canvas.commentBorder", 2.0 if self.isSelected() else 1.0
            )
        )
        painter.setBrush(look().colour("canvas.comment"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setPen(look().colour("canvas.commentText"))
        inner = rect.adjusted(PAD, PAD - 4, -PAD, -PAD + 4)
        if self.note.author:
            painter.setFont(look().font("denseStrong"))
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft, self.note.author)
            inner.setTop(inner.top() + 22)
        painter.setFont(look().font("dense"))
        wrapping = QTextOption()
        wrapping.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter.drawText(inner, self.note.text, wrapping)
