"""Pictures of the finished part of a growing text, so that a new word does not paint what stands above it again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from studio.ui.theme import theme
from studio.ui.widgets.panel import Surface

TALL = 96


class Strips:
    """Of the parts in sight only. They are opaque: letters on glass would look thinner than those on paper."""

    def __init__(self, view: QWidget, draw: Callable[[QPainter, int, int], None]) -> None:
        self._view = view
        self._draw = draw  # what stands between two heights
        self._kept: dict[int, QPixmap] = {}
        self._position = 0

    def clear(self) -> None:
        self._kept.clear()

    def changed(self, position: int) -> None:
        """A place in the document was written; the pictures show what is above. A block begins with the end before it."""
        if position < self._position - 1:
            self.clear()

    def paint(self, painter: QPainter, rect: QRect, finished: int, position: int) -> int:
        """Paint what is finished above a height, which is a place in the document; tell how far that reaches."""
        self._position = position
        first, last = max(0, rect.top()) // TALL, min(finished, rect.bottom() + TALL) // TALL
        self._kept = {number: self._picture(number) for number in range(first, last)}
        for number, picture in self._kept.items():
            painter.drawPixmap(0, number * TALL, picture)
        return max(rect.top(), last * TALL) if last > first else rect.top()

    def _picture(self, number: int) -> QPixmap:
        sharp = self._view.devicePixelRatioF()
        kept = self._kept.get(number)
        if kept is not None and kept.devicePixelRatio() == sharp:
            return kept
        made = QPixmap(round(self._view.width() * sharp), round(TALL * sharp))
        made.setDevicePixelRatio(sharp)
        made.fill(_behind(self._view))
        with QPainter(made) as painter:
            painter.translate(0, -number * TALL)
            self._draw(painter, number * TALL, (number + 1) * TALL)
        return made


def _behind(widget: QWidget) -> QColor:
    """What shines through a widget that paints no background."""
    while not isinstance(widget, Surface):
        parent = widget.parentWidget()
        if parent is None or widget.isWindow() or widget.autoFillBackground():
            return widget.palette().color(widget.backgroundRole())
        widget = parent
    return theme.colour(f"surface.{widget.surface}")
