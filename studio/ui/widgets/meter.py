"""Small figures as bars and lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme


class Meter(QWidget):
    """A thin bar from 0 to 1. `None` runs no animation: it shows an empty track."""

    def __init__(
        self,
        share: float | None = 0.0,
        colour: str = "accent.ring",
        height: int = 4,
        width: int = 0,
        name: Text | str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.share, self.colour = share, colour
        self._bar = height
        self._width = width
        policy = QSizePolicy.Policy.Fixed if width else QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        say(self.setAccessibleName, name)
        theme.changed.connect(self.updateGeometry)

    def set(self, share: float | None, colour: str | None = None) -> None:
        changed = share != self.share or (colour or self.colour) != self.colour
        self.share, self.colour = share, colour or self.colour
        if changed:
            self.setAccessibleDescription("" if share is None else f"{share:.0%}")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width or 80), theme.scaled(self._bar))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            radius = self.height() / 2
            painter.setBrush(theme.colour("surface.active"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
            if self.share:
                painter.setBrush(theme.colour(self.colour))
                width = max(float(self.height()), self.width() * min(1.0, self.share))
                painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)


class StackedMeter(QWidget):
    """A bar of several parts: [(share, colour, name)], shares of one whole."""

    def __init__(
        self,
        parts: Sequence[tuple[float, str, Text | str]] = (),
        height: int = 8,
        name: Text | str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts = list(parts)
        self._bar = height
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        say(self.setAccessibleName, name)
        theme.changed.connect(self.updateGeometry)

    def set_parts(self, parts: Sequence[tuple[float, str, Text | str]]) -> None:
        self._parts = list(parts)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(120), theme.scaled(self._bar))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("surface.active"))
            left = 0.0
            for share, colour, _ in self._parts:
                width = self.width() * max(0.0, share)
                painter.fillRect(QRectF(left, 0, max(0.0, width - 1), self.height()), theme.colour(colour))
                left += width


class Sparkline(QWidget):
    """The last values as a line, filled below if `fill`."""

    def __init__(
        self,
        values: Sequence[float] = (),
        colour: str = "accent.ring",
        fill: bool = True,
        limit: int = 120,
        name: Text | str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.values = list(values)
        self.colour, self.fill, self.limit = colour, fill, limit
        say(self.setAccessibleName, name)
        theme.changed.connect(self.update)

    def add(self, value: float) -> None:
        self.values = [*self.values, value][-self.limit :]
        self.update()

    def set_values(self, values: Sequence[float]) -> None:
        self.values = list(values)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(64), theme.scaled(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self.values) < 2:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = QPolygonF(self._points())
            if self.fill:
                ground = theme.colour(self.colour)
                ground.setAlphaF(0.16)
                path = QPainterPath()
                path.addPolygon(QPolygonF([*line, QPointF(self.width(), self.height()), QPointF(0, self.height())]))
                painter.fillPath(path, ground)
            painter.setPen(QPen(theme.colour(self.colour), 1.5))
            painter.drawPolyline(line)

    def _points(self) -> list[QPointF]:
        low, high = min(0.0, *self.values), max(self.values)
        span = (high - low) or 1.0
        step = self.width() / (len(self.values) - 1)
        usable = self.height() - 2
        return [
            QPointF(place * step, 1 + usable * (1 - (value - low) / span)) for place, value in enumerate(self.values)
        ]
