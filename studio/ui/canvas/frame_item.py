"""A step that other steps lie in (a map): a frame with a header, its own ports, and ports on its inner edges."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from studio.ui.canvas import node_paint
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.layout import (
    FRAME_PAD,
    FRAME_RADIUS,
    HEADER,
    PAD,
    Layout,
    Spot,
    place_buttons,
    place_frame,
    place_node,
)
from studio.ui.canvas.look import look
from studio.ui.canvas.model import NodeFace
from studio.ui.canvas.node_item import OFF_ALPHA, NodeItem, Z
from studio.ui.language import tr

SMALLEST = (320.0, 200.0)
BAR = 120.0


class FrameItem(NodeItem):
    """Its size is the one that was given, grown to hold what lies in it."""

    def __init__(self, face: NodeFace, detail: Detail, size: tuple[float, float] | None = None) -> None:
        self.given = size or SMALLEST
        self.content = QRectF()
        self.heights: dict[str, float] = {}
        super().__init__(face, detail)
        self.setZValue(Z["frame"])

    def hold(self, content: QRectF, heights: dict[str, float]) -> None:
        """The box around what lies in it (scene coordinates) and how high its inner ports would like to stand."""
        self.content, self.heights = content, heights
        self.relay()

    def shape(self) -> QPainterPath:
        """Only the header is grasped, so that a box can be drawn around what lies inside."""
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self.layout.width, HEADER))
        return path

    def _place(self) -> Layout:
        width, height = self.given
        if not self.content.isEmpty():
            width = max(width, self.content.right() + FRAME_PAD * 2 - self.pos().x())
            height = max(height, self.content.bottom() + FRAME_PAD - self.pos().y())
        heights = {name: y - self.pos().y() for name, y in self.heights.items()}
        layout = place_frame(self.face, width, height, heights)
        if self.live.state == "failed":
            ending = place_node(self.face, self.live, width)
            if ending.failure is not None:
                layout.failure = QRectF(0, height, width, ending.failure.height())
                layout.reason = ending.reason
                layout.height = height + ending.failure.height()
                layout.buttons = place_buttons(width, layout.height, self.live)
        return layout

    def _paint_ground(self, painter: QPainter, rect: QRectF, alpha: float) -> None:
        share = 0.45 if look().colour("canvas.node").lightness() < 128 else 0.55
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("canvas.frame", share))
        painter.drawRoundedRect(rect, FRAME_RADIUS, FRAME_RADIUS)
        painter.setPen(look().pen("canvas.frameBorder"))
        painter.drawLine(QPointF(0, HEADER), QPointF(rect.width(), HEADER))

    def move_on(self) -> None:
        self.update()

    def _paint(self, painter: QPainter) -> None:
        rect = QRectF(0, 0, self.layout.width, self.layout.height)
        alpha = OFF_ALPHA.get(self.face.off, 1.0)
        self._paint_ground(painter, rect, alpha)
        self._header(painter, alpha)
        if self.layout.failure is not None:
            node_paint.ending(painter, self)
        self._frame_border(painter, rect)
        self._ports(painter, alpha)
        if self.detail.labels:
            self._inner_labels(painter, alpha)

    def _header(self, painter: QPainter, alpha: float) -> None:
        width = self.layout.width
        node_paint.picture(painter, self, self.face.icon, "accent.text", QPointF(PAD + 2, 8), 16, alpha)
        title = look().metrics("denseStrong").horizontalAdvance(self.face.title)
        at = QRectF(PAD + 28, 0, min(title + 4, width - 160), HEADER)
        node_paint.text(painter, at, self.face.title, "denseStrong", "text.primary", alpha)
        rest = QRectF(at.right() + 6, 0, width - at.right() - 220, HEADER)
        if rest.width() > 40:
            words = tr(node_paint.OFF_WORDS[self.face.off]) if self.face.off else self.face.subtitle
            node_paint.text(painter, rest, words, "dense", "text.tertiary", alpha)
        if self.live.total:
            self._progress(painter)
        node_paint.state_icon(painter, self, QPointF(width - PAD - 14, 9))

    def _progress(self, painter: QPainter) -> None:
        words = f"{self.live.done:,} / {self.live.total:,}"
        right = self.layout.width - PAD - 24
        count = look().metrics("dense").horizontalAdvance(words)
        place = QRectF(right - count, 0, count + 2, HEADER)
        node_paint.text(painter, place, words, "dense", "text.secondary")
        if self.layout.width < 320:
            return
        bar = QRectF(right - count - 12 - BAR, HEADER / 2 - 1.5, BAR, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().colour("border.strong"))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        bar.setWidth(BAR * (self.live.progress or 0.0))
        painter.setBrush(look().colour("accent.ring" if self.live.state == "running" else "success.solid"))
        painter.drawRoundedRect(bar, 1.5, 1.5)

    def _frame_border(self, painter: QPainter, rect: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.isSelected():
            painter.setPen(look().pen("accent.ring", 2.0))
            painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), FRAME_RADIUS + 2, FRAME_RADIUS + 2)
        border = {"failed": "danger.text", "warning": "warning.text"}.get(self.live.state, "canvas.frameBorder")
        painter.setPen(look().pen(border))
        painter.drawRoundedRect(rect, FRAME_RADIUS, FRAME_RADIUS)

    def _label(self, painter: QPainter, spot: Spot, strength: float) -> None:
        """The header has no room for labels; inner ports have theirs beside the edge."""

    def _inner_labels(self, painter: QPainter, alpha: float) -> None:
        """Beside the edge and above the wire."""
        for spot in self.layout.spots:
            if spot.port.side in ("inner_output", "inner_input"):
                node_paint.text(
                    painter, self._label_place(spot), spot.port.label, "dense", "text.secondary", alpha, _side(spot)
                )

    def _label_place(self, spot: Spot) -> QRectF:
        place = QRectF(spot.at.x() + 12, spot.at.y() - 20, 140, 18)
        if spot.port.side == "inner_input":
            place.moveRight(spot.at.x() - 12)
        return place


def _side(spot: Spot) -> Qt.AlignmentFlag:
    return node_paint.RIGHT if spot.port.side == "inner_input" else node_paint.LEFT
