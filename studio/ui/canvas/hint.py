"""Words beside the pointer: why a wire may not be, what a drop would do."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from studio.engine.errors import StudioError
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box

STAYS = 4000
WIDEST = 280


class Hint(QLabel):
    """Lies over the canvas and lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setWordWrap(True)
        self._tone = "danger"
        self._away = QTimer(self, singleShot=True, interval=STAYS, timeout=self.hide)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_error(self, error: StudioError | None, at: QPoint) -> None:
        if error is None:
            self.hide()
            return
        self.show_words(tr(error.whole()), at, "danger")

    def show_words(self, words: str, at: QPoint, tone: str = "accent") -> None:
        """What a drop would do ("accent"), or why it cannot be ("danger")."""
        if tone != self._tone:
            self._tone = tone
            self._dress()
        self.setText(words)
        self.setFixedWidth(min(theme.scaled(WIDEST), self.fontMetrics().horizontalAdvance(words) + theme.scaled(20)))
        self.adjustSize()
        room = self.parentWidget().rect()
        x = min(at.x() + 16, room.right() - self.width() - 8)
        y = min(at.y() + 20, room.bottom() - self.height() - 8)
        self.move(max(8, x), max(8, y))
        self.show()
        self.raise_()
        self._away.start()

    def _dress(self) -> None:
        self.setFont(theme.font("dense"))
        pad = theme.size("space.1")
        self.setContentsMargins(2 * pad, pad, 2 * pad, pad)
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, theme.colour(f"{self._tone}.text"))
        self.setPalette(palette)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint_box(self, f"{self._tone}.border", f"{self._tone}.muted", "radius.sm")
        painter.end()
        super().paintEvent(event)
