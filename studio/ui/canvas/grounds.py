"""The empty box of a step (shadow, header, border) as a picture: painted once for all that look alike.

Rounded rectangles are most of what a frame costs; many steps have the same size and state, so this halves it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from studio.ui.canvas.layout import HEADER, PAD, RADIUS
from studio.ui.canvas.look import look
from studio.ui.theme import theme

MARGIN = 6.0
KEPT = 96


@dataclass(frozen=True, slots=True)
class Ground:
    """All that tells one empty box from another. `scale` is pixels of the window per scene unit, `dpr` the device's."""

    width: float
    height: float
    tile: str
    border: str
    dashed: bool
    chosen: bool
    shadow: bool
    scale: float
    dpr: float


class Grounds:
    """The boxes painted so far, the last used kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Ground, QPixmap] = OrderedDict()
        theme.changed.connect(self._kept.clear)

    def draw(self, painter: QPainter, ground: Ground) -> None:
        """At the painter's origin, on whole pixels."""
        corner = painter.worldTransform().map(QPointF(-MARGIN, -MARGIN))
        painter.setWorldMatrixEnabled(False)
        painter.drawPixmap(QPointF(round(corner.x()), round(corner.y())), self._picture(ground))
        painter.setWorldMatrixEnabled(True)

    def _picture(self, ground: Ground) -> QPixmap:
        found = self._kept.get(ground)
        if found is None:
            found = self._kept[ground] = _paint(ground)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(ground)
        return found


def _paint(ground: Ground) -> QPixmap:
    ratio = ground.scale * ground.dpr
    width, height = (ground.width + 2 * MARGIN) * ratio, (ground.height + 2 * MARGIN) * ratio
    image = QPixmap(max(1, round(width)), max(1, round(height)))
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(ratio, ratio)
        painter.translate(MARGIN, MARGIN)
        rect = QRectF(0, 0, ground.width, ground.height)
        if ground.shadow:
            _shadow(painter, rect)
        _box(painter, rect)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look().port(ground.tile, 0.18))
        painter.drawRoundedRect(QRectF(PAD, 6, 20, 20), 5, 5)
        _border(painter, rect, ground)
    image.setDevicePixelRatio(ground.dpr)
    return image


def _shadow(painter: QPainter, rect: QRectF) -> None:
    """Three rings of falling strength: what a small blur looks like, without the blur."""
    dark = theme.dark
    painter.setPen(Qt.PenStyle.NoPen)
    colour = theme.colour("shadow.node.c")
    colour.setAlphaF(0.09 if dark else 0.03)
    painter.setBrush(colour)
    for spread in (3.0, 2.0, 1.0):
        ring = rect.adjusted(-spread, 2 - spread, spread, 2 + spread)
        painter.drawRoundedRect(ring, RADIUS + spread, RADIUS + spread)


def _box(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look().colour("canvas.node"))
    painter.drawRoundedRect(rect, RADIUS, RADIUS)
    painter.setBrush(look().colour("canvas.nodeHeader"))
    painter.drawPath(_top(rect.width()))
    painter.setPen(look().pen("border.default"))
    painter.drawLine(QPointF(0, HEADER), QPointF(rect.width(), HEADER))


def _border(painter: QPainter, rect: QRectF, ground: Ground) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if ground.chosen:
        painter.setPen(look().pen("accent.ring", 2.0))
        painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), RADIUS + 2, RADIUS + 2)
    pen = QPen(look().colour(ground.border), 1.0)
    if ground.dashed:
        pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawRoundedRect(rect, RADIUS, RADIUS)


def _top(width: float) -> QPainterPath:
    """A header's outline: round above, square below."""
    path = QPainterPath(QPointF(0, HEADER))
    path.lineTo(0, RADIUS)
    path.arcTo(0, 0, 2 * RADIUS, 2 * RADIUS, 180, -90)
    path.lineTo(width - RADIUS, 0)
    path.arcTo(width - 2 * RADIUS, 0, 2 * RADIUS, 2 * RADIUS, 90, -90)
    path.lineTo(width, HEADER)
    path.closeSubpath()
    return path


_grounds: list[Grounds] = []


def grounds() -> Grounds:
    """The one store; made at the first call, when there is an application."""
    if not _grounds:
        _grounds.append(Grounds())
    return _grounds[0]
