"""Painted pictures: no images, so they follow the theme and stay sharp."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import tr
from studio.ui.theme import theme

GROUNDS = {"data": "port.table", "model": "port.model", "ask": "accent.ring"}
HEIGHT = 112
WIDEST = 200  # of the pictures, with some air


class Picture(QWidget):
    """The top of a card: "data", "model" or "ask"."""

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(200), theme.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, radius = theme.colour(GROUNDS[self.kind]), theme.size("radius.lg")
        ground.setAlphaF(0.10)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, radius), radius, radius)
        painter.setClipRect(self.rect())
        painter.fillPath(path, ground)
        scale = min(theme.scaled(100) / 100, self.width() / WIDEST)
        painter.translate(self.width() / 2, 0)
        painter.scale(scale, scale)
        {"data": _paint_data, "model": _paint_model, "ask": _paint_ask}[self.kind](painter)


class Pipeline(QWidget):
    """The sample project as a small graph on the canvas's dots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setMinimumWidth(theme.scaled(220))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = theme.size("radius.lg")
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(-radius, 1, -1, -1), radius, radius)
        painter.setClipPath(path)
        painter.fillRect(self.rect(), theme.colour("canvas.bg"))
        _dots(painter, self.width(), self.height())
        painter.fillRect(0, 0, 1, self.height(), theme.colour("border.default"))
        self._paint_graph(painter)

    def _paint_graph(self, painter: QPainter) -> None:
        width, middle, high = self.width(), self.height() / 2, theme.scaled(24)
        wide = min(theme.scaled(92), width * 0.27)
        gap = (width - 3 * wide) / 4
        left, centre, right = gap, 2 * gap + wide, 3 * gap + 2 * wide
        above, below = middle - theme.scaled(30), middle + theme.scaled(30)
        boxes = {
            "orders": (QRectF(left, above - high / 2, wide, high), "port.table", Text("Orders", "订单")),
            "handbook": (QRectF(left, below - high / 2, wide, high), "port.docs", Text("Handbook", "手册")),
            "search": (QRectF(centre, middle - high / 2, wide, high), "port.docs", Text("Search", "检索")),
            "reply": (QRectF(right, middle - high / 2, wide, high), "port.text", Text("Answer", "回答")),
        }
        for start, end in (("orders", "search"), ("handbook", "search"), ("search", "reply")):
            _wire(painter, _right(boxes[start][0]), _left(boxes[end][0]), theme.colour("text.tertiary"))
        for box, colour, words in boxes.values():
            _chip(painter, box, colour, tr(words))


def _paint_data(painter: QPainter) -> None:
    """A table with a histogram in its last column."""
    box = QRectF(-75, 20, 150, 110)
    _panel(painter, box, 2)
    strong, quiet, tint = theme.colour("border.control"), theme.colour("border.strong"), theme.colour("port.table")
    painter.setPen(QPen(theme.colour("border.default"), 1))
    for column in (1, 2):
        painter.drawLine(QPointF(-75 + column * 50, 20), QPointF(-75 + column * 50, 130))
    for row in range(4):
        painter.drawLine(QPointF(-75, 40 + row * 18), QPointF(75, 40 + row * 18))
    for column in range(3):
        _bar(painter, -68 + column * 50, 28, 30, strong)
    for row, (first, second) in enumerate(((28, 20), (22, 30), (26, 24), (24, 18))):
        _bar(painter, -68, 47 + row * 18, first, quiet)
        _bar(painter, -18, 47 + row * 18, second, tint)
    for place, height in enumerate((8, 12, 16, 22, 30, 24, 15, 9)):
        painter.fillRect(QRectF(31 + place * 5, 112 - height, 4, height), tint)


def _paint_model(painter: QPainter) -> None:
    """A model with the memory it takes."""
    _panel(painter, QRectF(-75, 30, 150, 50), 8)
    tint = theme.colour("port.model")
    ground = QColor(tint)
    ground.setAlphaF(0.18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(-63, 40, 30, 30), 6, 6)
    paint_icon(painter, "box", tint, QRectF(-56, 47, 16, 16))
    _bar(painter, -22, 44, 56, theme.colour("border.control"))
    for left, wide, alpha in ((-22, 44, 1.0), (23, 14, 0.5)):
        colour = QColor(tint)
        colour.setAlphaF(alpha)
        painter.fillRect(QRectF(left, 60, wide, 6), colour)
    painter.fillRect(QRectF(38, 60, 24, 6), theme.colour("surface.active"))


def _paint_ask(painter: QPainter) -> None:
    """Two sources, a step, and an answer."""
    one, two, step = QRectF(-88, 24, 52, 24), QRectF(-88, 64, 52, 24), QRectF(-4, 42, 52, 30)
    line = theme.colour("accent.ring")
    for start in (one, two):
        _wire(painter, _right(start), _left(step), line)
    _wire(painter, _right(step), QPointF(62, 57), line)
    for box, colour in ((one, "port.table"), (two, "port.docs"), (step, "port.text")):
        _panel(painter, box, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(colour))
        painter.drawRoundedRect(QRectF(box.left() + 7, box.top() + 8, 8, 8), 2, 2)
        _bar(painter, box.left() + 20, box.top() + 10, 24, theme.colour("border.control"), 4)
    _bar(painter, 3, 61, 30, line, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("accent.solid"))
    painter.drawRoundedRect(QRectF(62, 44, 30, 24), 5, 5)
    painter.drawPolygon([QPointF(70, 66), QPointF(80, 66), QPointF(70, 75)])
    for top, wide in ((52, 18), (59, 12)):
        _bar(painter, 68, top, wide, theme.colour("text.onAccent"), 3)


def _panel(painter: QPainter, box: QRectF, radius: float) -> None:
    painter.setPen(QPen(theme.colour("border.strong"), 1))
    painter.setBrush(theme.colour("surface.raised"))
    painter.drawRoundedRect(box, radius, radius)


def _bar(painter: QPainter, left: float, top: float, width: float, colour: QColor, height: float = 5) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(left, top, width, height), height / 2, height / 2)


def _wire(painter: QPainter, start: QPointF, end: QPointF, colour: QColor) -> None:
    handle = max(12.0, (end.x() - start.x()) / 2)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(handle, 0), end - QPointF(handle, 0), end)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.5))
    painter.drawPath(path)


def _chip(painter: QPainter, box: QRectF, colour: str, words: str) -> None:
    _panel(painter, box, theme.size("radius.sm"))
    size = theme.scaled(8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(colour))
    painter.drawRoundedRect(QRectF(box.left() + 0.75 * size, box.center().y() - size / 2, size, size), 2, 2)
    painter.setFont(theme.font("dense"))
    painter.setPen(theme.colour("text.primary"))
    room = box.adjusted(2.25 * size, 0, -2, 0)
    words = QFontMetricsF(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


def _dots(painter: QPainter, width: int, height: int) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("canvas.dot"))
    step = theme.size("node.dot")
    for left in range(step, width, step):
        for top in range(step // 2, height, step):
            painter.drawRect(QRectF(left, top, 1, 1))


def _right(box: QRectF) -> QPointF:
    return QPointF(box.right(), box.center().y())


def _left(box: QRectF) -> QPointF:
    return QPointF(box.left(), box.center().y())
