"""The last requests of programs, one line each, the newest at the bottom; painted, and the wheel goes back in time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.models.request_log import ServedRequest
from studio.engine.text import Text
from studio.ui import when
from studio.ui.language import language, say, tr
from studio.ui.theme import theme

FAILED = 400
MOST_END = 0.45  # of a line, for how a request ended


class RequestRows(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._requests: list[ServedRequest] = []
        self._back = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        say(self.setAccessibleName, Text("Last requests", "最近的请求"))
        theme.changed.connect(self.update)
        language.changed.connect(self.update)

    def show_requests(self, requests: Sequence[ServedRequest]) -> None:
        """The oldest first."""
        self._requests = list(requests)
        self._back = min(self._back, len(self._requests))
        self.setAccessibleDescription(self.text())
        self.update()

    def text(self) -> str:
        return "\n".join(f"{left}  {end}" for left, end, _ in map(line_of, self._requests))

    def wheelEvent(self, event: QWheelEvent) -> None:
        step = 3 if event.angleDelta().y() > 0 else -3
        self._back = max(0, min(len(self._requests) - self._fitting(), self._back + step))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface.content"))
        painter.setPen(theme.colour("border.default"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setFont(theme.font("monoSmall" if self._requests else "dense"))
        if not self._requests:
            painter.setPen(theme.colour("text.secondary"))
            words = Text("No requests yet: programs' questions appear here.", "暂无请求，程序的提问会显示在这里。")
            pad = theme.size("space.2")
            box = self.rect().adjusted(pad, pad, -pad, -pad)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, tr(words))
            return
        last = len(self._requests) - self._back
        for place, request in enumerate(self._requests[max(0, last - self._fitting()) : last]):
            self._paint_line(painter, place, request)

    def _paint_line(self, painter: QPainter, place: int, request: ServedRequest) -> None:
        pad = theme.scaled(10)
        box = QRectF(pad, theme.scaled(4) + place * self._line(), self.width() - 2 * pad, self._line())
        left, end, colour = line_of(request)
        metrics = QFontMetrics(painter.font())
        end = metrics.elidedText(end, Qt.TextElideMode.ElideRight, round(box.width() * MOST_END))
        room = round(box.width()) - metrics.horizontalAdvance(end) - pad
        painter.setPen(theme.colour("text.primary"))
        words = metrics.elidedText(left, Qt.TextElideMode.ElideRight, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.setPen(theme.colour(colour))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, end)

    def _line(self) -> int:
        return theme.line("monoSmall") + theme.scaled(3)

    def _fitting(self) -> int:
        return max(1, (self.height() - theme.scaled(8)) // self._line())


def line_of(request: ServedRequest) -> tuple[str, str, str]:
    """What was asked, how it ended, and the colour of that."""
    at = when.clock(request.at, seconds=True)
    beside = [request.model] if request.model else []
    beside += [tr(Text(f"slot {request.slot}", f"槽位 {request.slot}"))] if request.slot is not None else []
    beside += [tr(Text(f"{request.inputs} inputs", f"{request.inputs} 条输入"))] if request.inputs else []
    left = f"{at} {request.method:<4} {request.path} {' '.join(beside)}".rstrip()
    if not request.status:
        words = Text("streaming", "输出中") if request.streaming else Text("running", "处理中")
        return left, tr(words), "accent.text"
    took = f"{request.seconds:.1f} s" if request.seconds >= 1 else f"{request.seconds * 1000:.0f} ms"
    failed = request.status >= FAILED
    return (
        left,
        f"{request.status} {(request.error or took) if failed else took}",
        "danger.text" if failed else "success.text",
    )
