"""Bars beside the numbers of a table's column: how long they are shows which are large."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from studio.ui.theme import theme

ROOM = 112  # pixels that a column is wider for them
LEAST = 2


@dataclass(frozen=True)
class Bars:
    """`longest` is the largest absolute value; values above `mark` stand out."""

    longest: float
    mark: float = float("inf")

    def paint(self, painter: QPainter, cell: QRect, text: str, text_width: int) -> None:
        """Draw the bar of a number in what the number leaves free of its cell."""
        try:
            value = float(text.replace(",", ""))
        except ValueError:
            return
        if not self.longest or value != value:
            return
        room = min(theme.scaled(ROOM - 8), cell.width() - text_width - theme.scaled(12))
        length = int(room * min(1.0, abs(value) / self.longest))
        if room > theme.scaled(16) and value:
            height = theme.scaled(8)
            top = cell.top() + (cell.height() - height) // 2
            colour = "chart.2" if value > self.mark else "chart.0"
            painter.fillRect(cell.left(), top, max(LEAST, length), height, theme.colour(colour))
