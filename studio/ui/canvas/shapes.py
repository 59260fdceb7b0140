"""The shapes of ports: they repeat what the colour says, so that types can be told apart without colour."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio.ui.canvas.look import LOOKS, look

SHAPES = {
    "text": "circle", "number": "circle", "boolean": "circle", "any": "ring", "table": "square", "docs": "stack",
    "json": "hexagon", "vector": "triangle", "model": "diamond", "image": "cut", "file": "cut",
}  # fmt: skip
RADIUS = 5.0


def draw_port(
    painter: QPainter, kind: str, at: QPointF, connected: bool, grow: float = 0.0, alpha: float = 1.0
) -> None:
    """A port at its centre: filled when a wire ends in it, hollow when it is free."""
    colour = look().port(kind, alpha)
    radius = RADIUS + grow
    shape = SHAPES[LOOKS.get(kind, kind)]
    hollow = not connected or shape == "ring"
    painter.setPen(QPen(colour, 2.0))
    painter.setBrush(look().colour("canvas.node") if hollow else colour)
    inner = radius - 1.0
    if shape in ("circle", "ring"):
        painter.drawEllipse(at, inner, inner)
    elif shape == "square":
        painter.drawRoundedRect(_box(at, inner), 1.5, 1.5)
    elif shape == "stack":
        _stack(painter, at, inner, colour)
    else:
        painter.drawPolygon(_polygon(shape, at, radius))


def _stack(painter: QPainter, at: QPointF, radius: float, colour: QColor) -> None:
    """Two offset squares: several documents."""
    brush = painter.brush()
    painter.setPen(QPen(colour, 1.25))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(_box(at + QPointF(1.75, -1.75), radius))
    painter.setBrush(brush)
    painter.setPen(QPen(colour, 2.0))
    painter.drawRect(_box(at + QPointF(-1, 1), radius - 0.5))


def _box(at: QPointF, radius: float) -> QRectF:
    return QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)


def _polygon(shape: str, at: QPointF, radius: float) -> QPolygonF:
    if shape == "cut":
        r, cut = radius - 1, radius * 0.7
        corners = [(-r, -r), (r - cut, -r), (r, cut - r), (r, r), (-r, r)]
        return QPolygonF([at + QPointF(x, y) for x, y in corners])
    count, turn = {"hexagon": (6, 0.0), "triangle": (3, 0.0), "diamond": (4, 0.0)}[shape]
    angles = [turn + 2 * math.pi * step / count for step in range(count)]
    return QPolygonF([at + QPointF(radius * math.cos(a), radius * math.sin(a)) for a in angles])
