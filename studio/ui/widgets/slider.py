"""A slider: a value between two ends, by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme


class Slider(QWidget):
    """A value between two bounds. `changed` while it moves, `settled` when it is let go."""

    changed = Signal(object)
    settled = Signal(object)

    def __init__(
        self,
        value: float,
        minimum: float,
        maximum: float,
        step: float = 0,
        decimals: int = 0,
        name: Text | str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.minimum, self.maximum, self.decimals = minimum, maximum, decimals
        self.step = step or (1 if decimals == 0 else 10**-decimals)
        self._value = value
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        say(self.setAccessibleName, name)
        theme.changed.connect(self.updateGeometry)

    def value(self) -> float | int:
        return round(self._value, self.decimals) if self.decimals else round(self._value)

    def set_value(self, value: float) -> None:
        self._value = min(self.maximum, max(self.minimum, value))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(120), theme.size("control.minHit"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        big = max(self.step, (self.maximum - self.minimum) / 10)
        moves = {
            Qt.Key.Key_Left: -self.step,
            Qt.Key.Key_Down: -self.step,
            Qt.Key.Key_Right: self.step,
            Qt.Key.Key_Up: self.step,
            Qt.Key.Key_PageUp: big,
            Qt.Key.Key_PageDown: -big,
        }
        if Qt.Key(event.key()) not in moves:
            super().keyPressEvent(event)
            return
        self._move(self._value + moves[Qt.Key(event.key())])
        self.settled.emit(self.value())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._follow(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._follow(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.settled.emit(self.value())

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            track, knob = theme.size("control.slider.track"), theme.size("control.slider.knob")
            middle, span = self.height() / 2, self.width() - knob
            share = (self._value - self.minimum) / ((self.maximum - self.minimum) or 1)
            painter.setBrush(theme.colour("surface.active"))
            painter.drawRoundedRect(QRectF(0, middle - track / 2, self.width(), track), track / 2, track / 2)
            painter.setBrush(theme.colour("accent.ring" if self.isEnabled() else "border.control"))
            painter.drawRoundedRect(QRectF(0, middle - track / 2, knob / 2 + share * span, track), track / 2, track / 2)
            painter.setPen(QPen(painter.brush().color(), 2))
            painter.setBrush(theme.colour("text.onAccent"))
            painter.drawEllipse(QPointF(knob / 2 + share * span, middle), knob / 2 - 1, knob / 2 - 1)

    def _follow(self, x: float) -> None:
        knob = theme.size("control.slider.knob")
        share = min(1.0, max(0.0, (x - knob / 2) / max(1, self.width() - knob)))
        raw = self.minimum + share * (self.maximum - self.minimum)
        self._move(self.minimum + round((raw - self.minimum) / self.step) * self.step)

    def _move(self, value: float) -> None:
        before = self.value()
        self.set_value(value)
        if self.value() != before:
            self.changed.emit(self.value())
