"""The run as bars over time: when each step ran, how long, how it ended."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.canvas.model import Live
from studio.ui.canvas.node_paint import STATE_WORDS
from studio.ui.canvas.times import clock, seconds_in_words
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.live import RunState
from studio.ui.views.workflows_parts.outline import paint_state
from studio.ui.widgets.bars import RoomAfter

ROW, AXIS, NAMES = 20, 22, 164
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
BARS = {
    "done": "success.solid", "cached": "cached.solid", "running": "accent.solid", "failed": "danger.solid",
    "warning": "warning.solid", "asking": "warning.solid",
}  # fmt: skip
UNDER_WAY = ("running", "asking")


class Timeline(QWidget):
    """`chosen` gives the step whose row was clicked. The axis grows with the run."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run: RunState | None = None
        self.titles: dict[str, str] = {}
        self.now = 0.0
        self.current = ""
        self._room = RoomAfter(56, "space.4")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        say(self.setAccessibleName, Text("Timeline of the run", "运行时间线"))
        theme.changed.connect(self._resize)

    def show_run(self, run: RunState | None, titles: dict[str, str], now: float) -> None:
        self.run, self.titles, self.now = run, titles, now
        self._resize()
        self.update()

    def choose(self, step: str) -> None:
        self.current = step
        self.update()

    def rows(self) -> list[str]:
        """The steps that are still in the workflow, as they were begun; those that wait last."""
        if self.run is None:
            return []
        lives = self.run.lives
        order = {step: place for place, step in enumerate(self.run.order)}
        return sorted(
            (step for step in lives if step in self.titles),
            key=lambda step: (_begun(lives[step]) or float("inf"), order.get(step, 0)),
        )

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(360), theme.scaled(AXIS) + len(self.rows()) * theme.scaled(ROW) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(240), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int((event.position().y() - theme.scaled(AXIS)) // theme.scaled(ROW))
        rows = self.rows()
        if 0 <= row < len(rows):
            self.chosen.emit(rows[row])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.run is None or self.run.started is None:
            return
        span = max(self.run.elapsed(self.now) * 1.08, 0.2)
        left = min(theme.scaled(NAMES), self.width() * 0.42)
        width = max(theme.scaled(40), self.width() - left - self._after())
        self._axis(painter, span, left, width)
        for row, step in enumerate(self.rows()):
            self._row(painter, row, step, span, left, width)
        if self.run.running:
            self._cursor(painter, left + width * self.run.elapsed(self.now) / span)

    def _after(self) -> int:
        assert self.run is not None
        lives = list(self.run.lives.values())
        return self._room.of([(live.state, live.seconds) for live in lives], map(_figures, lives))

    def _axis(self, painter: QPainter, span: float, left: float, width: float) -> None:
        most = max(1.0, width / theme.scaled(56))
        step = next((one for one in STEPS if span / one <= most), STEPS[-1])
        painter.setFont(theme.figures("caption", tight=True))
        at = 0.0
        while at <= span:
            x = left + width * at / span
            painter.setPen(QPen(theme.colour("border.subtle"), 1))
            painter.drawLine(QPointF(x, theme.scaled(AXIS)), QPointF(x, self.height()))
            painter.setPen(theme.colour("text.tertiary"))
            words = clock(at) if step >= 1 else f"{at:.1f} s"
            half = theme.scaled(30)
            painter.drawText(QRectF(x - half, 2, 2 * half, theme.scaled(AXIS) - 4), Qt.AlignmentFlag.AlignCenter, words)
            at += step

    def _row(self, painter: QPainter, row: int, step: str, span: float, left: float, width: float) -> None:
        assert self.run is not None and self.run.started is not None
        live = self.run.lives[step]
        top = theme.scaled(AXIS) + row * theme.scaled(ROW)
        height = theme.scaled(ROW)
        if step == self.current:
            painter.fillRect(QRectF(0, top, self.width(), height), theme.colour("accent.muted"))
        size = theme.scaled(14)
        paint_state(painter, live, QRectF(12, top + (height - size) / 2, size, size))
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.primary"))
        words = QRectF(12 + size + 8, top, left - size - 28, height)
        title = self.titles.get(step, step)
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
        begun = _begun(live)
        if begun is None and live.state in ("skipped", "unreached", "left_out"):
            painter.setFont(theme.figures("caption"))
            painter.setPen(theme.colour("text.tertiary"))
            beside = QRectF(left + 8, top, self.width() - left - 8, height)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, tr(STATE_WORDS[live.state]))
        if begun is not None:
            ended = live.spans[-1][1] if live.spans and live.state not in UNDER_WAY else self.now
            x = left + width * max(0.0, begun - self.run.started) / span
            self._bar(
                painter, live, QRectF(x, top + height * 0.25, max(3.0, width * (ended - begun) / span), height * 0.5)
            )

    def _bar(self, painter: QPainter, live: Live, bar: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(BARS.get(live.state, "border.control")))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setFont(theme.figures("caption"))
        painter.setPen(theme.colour("text.tertiary"))
        after = QRectF(bar.right() + 6, bar.top() - bar.height() / 2, self.width() - bar.right() - 6, 2 * bar.height())
        painter.drawText(after, Qt.AlignmentFlag.AlignVCenter, _figures(live))

    def _cursor(self, painter: QPainter, x: float) -> None:
        painter.setPen(QPen(theme.colour("accent.ring"), 1.5))
        painter.drawLine(QPointF(x, theme.scaled(AXIS) - 4), QPointF(x, self.height()))
        painter.setBrush(theme.colour("accent.ring"))
        painter.drawEllipse(QPointF(x, theme.scaled(AXIS) - 4), 3, 3)

    def _resize(self) -> None:
        self.setMinimumHeight(self.sizeHint().height())
        self.updateGeometry()


def _figures(live: Live) -> str:
    """What stands after a bar: how long it took, and how it ended where that is not plain."""
    if live.state in UNDER_WAY or live.seconds is None:
        return ""
    words = seconds_in_words(live.seconds)
    return f"{words} · {tr(STATE_WORDS[live.state])}" if live.state in ("failed", "cached") else words


def _begun(live: Live) -> float | None:
    if live.spans:
        return live.spans[0][0]
    return live.started if live.state in UNDER_WAY else None
