"""A titled box around steps: it groups for the eye, and takes what lies in it along when it is dragged."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.text import Text
from studio.engine.workflows.graph import Frame
from studio.ui.canvas import node_paint
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.layout import PAD
from studio.ui.canvas.look import look
from studio.ui.language import tr

TITLE = 28.0
RADIUS = 8.0
Z_AREA = 5.0
UNNAMED = Text("Frame", "分组框")


class AreaItem(QGraphicsItem):
    """Only its title is grasped, so that a box can be drawn around what lies inside."""

    def __init__(self, frame: Frame, detail: Detail) -> None:
        super().__init__()
        self.frame, self.detail = frame, detail
        self.setPos(*frame.position)
        self.setZValue(Z_AREA)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)

    def show_frame(self, frame: Frame) -> None:
        self.prepareGeometryChange()
        self.frame = frame
        self.setPos(*frame.position)
        self.update()

    @property
    def box(self) -> QRectF:
        return QRectF(self.pos().x(), self.pos().y(), *self.frame.size)

    @property
    def words(self) -> str:
        return self.frame.title or tr(UNNAMED)

    def title_box(self) -> QRectF:
        """The strip with the title, in scene coordinates."""
        return QRectF(self.pos().x(), self.pos().y(), self.frame.size[0], TITLE)

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self.frame.size).adjusted(-4, -4, 4, 4)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self.frame.size[0], TITLE))
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.detail.far:
            return
        rect = QRectF(0, 0, *self.frame.size)
        chosen = self.isSelected()
        painter.setPen(look().pen("accent.ring" if chosen else "canvas.frameBorder", 2.0 if chosen else 1.0))
        painter.setBrush(look().colour("canvas.frame", 0.4))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        title = QRectF(PAD, 0, rect.width() - 2 * PAD, TITLE)
        node_paint.text(painter, title, self.words, "denseStrong", "text.secondary")
