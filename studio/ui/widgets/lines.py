"""Words that wrap in lines of a given height."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextLayout, QTextOption

WRAP = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
KEPT = 8  # widths whose lines are remembered: layouts ask for the same ones again and again


class Lines:
    """Lays words out once for each width, until words or font are others."""

    def __init__(self) -> None:
        self._of: tuple[str, QFont] | None = None
        self._laid: dict[tuple[int, Qt.AlignmentFlag], QTextLayout] = {}

    def count(self, words: str, font: QFont, width: int) -> int:
        """How many lines the words take in a width; nothing takes one."""
        return max(1, self._layout(words, font, width, Qt.AlignmentFlag.AlignLeft).lineCount())

    def paint(
        self, painter: QPainter, words: str, font: QFont, place: QRect, height: int, alignment: Qt.AlignmentFlag
    ) -> None:
        """Draw them, each line `height` pixels below the one before, with the letters in its middle."""
        layout = self._layout(words, font, place.width(), alignment & Qt.AlignmentFlag.AlignHorizontal_Mask)
        metrics = QFontMetricsF(font)
        top = place.top() + _above(place.height() - layout.lineCount() * height, alignment)
        baseline = (height - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            line.draw(painter, QPointF(place.left(), top + number * height + baseline - line.ascent() - line.y()))

    def _layout(self, words: str, font: QFont, width: int, aside: Qt.AlignmentFlag) -> QTextLayout:
        if self._of != (words, font) or len(self._laid) > KEPT:
            self._of, self._laid = (words, font), {}
        key = (width, aside)
        if key not in self._laid:
            self._laid[key] = _lay_out(words, font, width, aside)
        return self._laid[key]


def _lay_out(words: str, font: QFont, width: int, aside: Qt.AlignmentFlag) -> QTextLayout:
    layout = QTextLayout(words.replace("\n", "\u2028"), font)
    option = QTextOption(aside)
    option.setWrapMode(WRAP)
    layout.setTextOption(option)
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
    layout.endLayout()
    return layout


def _above(room: int, alignment: Qt.AlignmentFlag) -> float:
    """What is left free above."""
    if alignment & Qt.AlignmentFlag.AlignVCenter:
        return room / 2
    return room if alignment & Qt.AlignmentFlag.AlignBottom else 0
