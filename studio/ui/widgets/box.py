"""The box that controls, cards and what lies above the view are painted on."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.ui.theme import theme


def paint_box(
    widget: QWidget, edge: str = "border.strong", fill: str = "surface.raised", radius: str = "radius.lg"
) -> QPainter:
    """Paint all of a widget as a rounded box; call it in `paintEvent`. The painter is for what comes upon it."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(edge), 1))
    painter.setBrush(theme.colour(fill))
    round_by = theme.size(radius)
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), round_by, round_by)
    return painter
