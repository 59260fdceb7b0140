"""A run as bars over time: one row per step, 24 px high, a frame's steps set in under it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.canvas.times import clock
from studio.ui.icons import paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.watching import Watched
from studio.ui.views.runs_parts.words import duration, look
from studio.ui.widgets.bars import RoomAfter

ROW, AXIS, NAMES, NARROW_NAMES, AFTER = 24, 28, 248, 168, 120
MARKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 36_000)
LEAST_SPAN = 0.05
ENDED_UNBEGUN = ("skipped", "unreached", "left_out")


class Gantt(QWidget):
    """`chosen` gives the step that a click or an arrow key went to."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run: Watched | None = None
        self.current = ""
        self._shown = 0  # how often something else was shown
        self._room = RoomAfter(AFTER, "space.6")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        say(self.setAccessibleName, Text("Timeline of the run", "运行时间线"))
        theme.changed.connect(self._resize)
        language.changed.connect(self.update)

    def show_run(self, run: Watched | None) -> None:
        """Show a run, or the same one with more in it."""
        grown = run is not self.run
        self.run = run
        self._shown += 1
        if grown:
            self._resize()
        self._tell_readers()
        self.update()

    def choose(self, step: str) -> None:
        self.current = step
        self._tell_readers()
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self.run.order) if self.run else 0
        return QSize(theme.scaled(480), theme.scaled(AXIS) + rows * theme.scaled(ROW) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(320), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int((event.position().y() - theme.scaled(AXIS)) // theme.scaled(ROW))
        if self.run and 0 <= place < len(self.run.order):
            self._go(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self.run or not self.run.order:
            super().keyPressEvent(event)
            return
        place = self.run.order.index(self.current) + step if self.current in self.run.order else 0
        self._go(min(max(place, 0), len(self.run.order) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.run is None:
            return
        names = theme.scaled(NAMES if self.width() > theme.scaled(640) else NARROW_NAMES)
        field = QRectF(names, 0, max(80, self.width() - names - self._after()), self.height())
        span = max(self.run.elapsed, LEAST_SPAN)
        self._axis(painter, field, span)
        for place, step in enumerate(self.run.order):
            self._row(painter, place, step, field, span, event.rect())
        if self.run.running:
            self._now(painter, field)
        if self.hasFocus() and self.current not in self.run.order:
            painter.setPen(QPen(theme.colour("accent.ring"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def _axis(self, painter: QPainter, field: QRectF, span: float) -> None:
        painter.setFont(theme.figures("caption"))
        widest = theme.scaled(52)
        for at, words in _marks(span, max(2, min(8, int(field.width() / widest)))):
            x = round(field.left() + field.width() * at / span) + 0.5
            painter.setPen(QPen(theme.colour("border.subtle"), 1))
            painter.drawLine(QPointF(x, theme.scaled(AXIS) - 4), QPointF(x, self.height()))
            painter.setPen(theme.colour("text.tertiary"))
            half = theme.scaled(40)
            painter.drawText(QRectF(x - half, 2, 2 * half, theme.scaled(AXIS) - 6), Qt.AlignmentFlag.AlignCenter, words)

    def _row(self, painter: QPainter, place: int, step: str, field: QRectF, span: float, shown: QRect) -> None:
        assert self.run is not None
        height = theme.scaled(ROW)
        box = QRectF(0, theme.scaled(AXIS) + place * height, self.width(), height)
        if not box.toRect().intersects(shown):
            return
        if step == self.current:
            painter.fillRect(box, theme.colour("accent.muted"))
            if self.hasFocus():
                painter.fillRect(QRectF(0, box.top(), 2, height), theme.colour("accent.ring"))
        self._name(painter, step, box, field.left())
        self._bar(painter, step, box, field, span)

    def _name(self, painter: QPainter, step: str, box: QRectF, until: float) -> None:
        assert self.run is not None
        result, size = self.run.result(step), theme.scaled(14)
        left = theme.scaled(16 + 20 * self.run.depths.get(step, 0))
        seen = look(result["status"], result)
        paint_icon(painter, seen.icon, seen.ink, QRectF(left, box.center().y() - size / 2, size, size))
        left += size + theme.scaled(8)
        painter.setFont(theme.font("dense"))
        quiet = result["status"] in ("waiting", *ENDED_UNBEGUN)
        painter.setPen(theme.colour("text.secondary" if quiet else "text.primary"))
        words = QRectF(left, box.top(), until - left - theme.scaled(12), box.height())
        title = tr(self.run.titles.get(step, Text.same(step)))
        cut = QFontMetrics(painter.font()).elidedText(title, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, cut)

    def _bar(self, painter: QPainter, step: str, box: QRectF, field: QRectF, span: float) -> None:
        assert self.run is not None
        result = self.run.result(step)
        began = result.get("started_at")
        if began is None:
            if result["status"] in ENDED_UNBEGUN:
                painter.setFont(theme.figures("caption"))
                painter.setPen(theme.colour("text.secondary"))
                words = tr(look(result["status"]).words)
                painter.drawText(box.adjusted(field.left() + 8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
            return
        start = min(max(0.0, began - self.run.started), span)
        ended = (
            self.run.elapsed
            if result["status"] == "running" or result.get("question")
            else (result.get("completed_at") or began) - self.run.started
        )
        x, end = (field.left() + field.width() * at / span for at in (start, min(max(ended, start), span)))
        bar = QRectF(x, box.center().y() - theme.scaled(5), max(3.0, end - x), theme.scaled(10))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(look(result["status"], result).bar))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setFont(theme.figures("caption"))
        painter.setPen(theme.colour("danger.text" if result["status"] == "failed" else "text.secondary"))
        after = QRectF(bar.right() + 8, box.top(), self.width() - bar.right() - 8, box.height())
        painter.drawText(after, Qt.AlignmentFlag.AlignVCenter, _figures(result))

    def _after(self) -> int:
        run = self.run
        assert run is not None
        return self._room.of(self._shown, (_figures(run.result(step)) for step in run.order))

    def _now(self, painter: QPainter, field: QRectF) -> None:
        painter.setPen(QPen(theme.colour("accent.ring"), 1.5))
        top = theme.scaled(AXIS) - 6
        painter.drawLine(QPointF(field.right(), top), QPointF(field.right(), self.height()))
        painter.setBrush(theme.colour("accent.ring"))
        painter.drawEllipse(QPointF(field.right(), top), 3, 3)

    def _go(self, place: int) -> None:
        assert self.run is not None
        self.choose(self.run.order[place])
        self.chosen.emit(self.current)

    def _tell_readers(self) -> None:
        if self.run and self.current in self.run.order:
            words = look(self.run.result(self.current)["status"]).words
            self.setAccessibleDescription(f"{tr(self.run.titles[self.current])}: {tr(words)}")

    def _resize(self) -> None:
        self.setMinimumHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()


def _marks(span: float, most: int = 8) -> Iterator[tuple[float, str]]:
    """Up to so many round times from zero on."""
    step = next((mark for mark in MARKS if span / mark <= most), MARKS[-1])
    for number in range(int(span / step) + 1):
        at = number * step
        yield at, clock(at) if step >= 1 else f"{at * 1000:.0f} ms" if step < 0.1 else f"{at:.1f} s"


def _figures(result: dict[str, object]) -> str:
    """What stands after a bar: rows done, else how long; and how it ended where that is not plain."""
    progress = result.get("progress")
    words = []
    if isinstance(progress, dict) and progress.get("total"):
        words.append(f"{progress['done']:,} / {progress['total']:,}")
    seconds = result.get("seconds")
    if isinstance(seconds, float | int) and not result.get("question"):
        words.append(duration(seconds))
    if result["status"] in ("failed", "stopped") or result.get("cached"):
        words.append(tr(look(str(result["status"]), result).words))  # type: ignore[arg-type]
    return " · ".join(words)
