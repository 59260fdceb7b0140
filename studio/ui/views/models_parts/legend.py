"""Words with their colours below a bar; they take a second line where the first is full, and lose their middle where even a
line of their own is too short: the figure at the end stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text
from studio.ui.language import language, tr
from studio.ui.theme import theme


class Legend(QWidget):
    """Entries are (colour, words); a colour of "" draws no square."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[str, Text]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        language.changed.connect(self._fit)

    def show_entries(self, entries: Sequence[tuple[str, Text]]) -> None:
        self._entries = list(entries)
        self.setAccessibleName(", ".join(tr(words) for _, words in entries))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(120), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font("caption"))
        metrics, square, line = QFontMetrics(painter.font()), theme.scaled(8), theme.line("caption")
        for (colour, words), box in zip(self._entries, self._boxes(), strict=True):
            left = box.left()
            if colour:
                painter.fillRect(QRectF(left, box.top() + (line - square) / 2, square, square), theme.colour(colour))
                left += square + theme.scaled(5)
            painter.setPen(theme.colour("text.secondary"))
            room = QRectF(left, box.top(), box.right() - left + 1, line)
            fitting = metrics.elidedText(tr(words), Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, fitting)

    def _boxes(self) -> Iterator[QRectF]:
        metrics, line = QFontMetrics(theme.font("caption")), theme.line("caption")
        left = top = 0.0
        for colour, words in self._entries:
            width = metrics.horizontalAdvance(tr(words)) + (theme.scaled(13) if colour else 0) + 1
            width = min(width, self.width())
            if left and left + width > self.width():
                left, top = 0.0, top + line
            yield QRectF(left, top, width, line)
            left += width + theme.scaled(10)

    def _fit(self) -> None:
        lines = max((box.bottom() for box in self._boxes()), default=theme.line("caption"))
        if self.minimumHeight() != round(lines):
            self.setFixedHeight(round(lines))
