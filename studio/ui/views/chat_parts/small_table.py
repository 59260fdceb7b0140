"""A few rows beside an answer: read at a glance, not edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.engine.text import Text, plural
from studio.ui.language import language, tr
from studio.ui.theme import theme

NULL = "NULL"
WIDEST = 220


class SmallTable(QWidget):
    """At most `limit` rows, columns as wide as their words; figures stand at the right."""

    def __init__(
        self, columns: Sequence[str] = (), rows: Sequence[Sequence[Any]] = (), limit: int = 6,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._limit = limit
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        language.changed.connect(self._describe)
        self.set_rows(columns, rows)

    def set_rows(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.columns, self.rows = list(columns), [list(row) for row in rows]
        self._describe()
        self.updateGeometry()
        self.update()

    def shown(self) -> list[list[Any]]:
        return self.rows[: self._limit]

    def more(self) -> int:
        return max(0, len(self.rows) - self._limit)

    def sizeHint(self) -> QSize:
        lines = 1 + len(self.shown()) + bool(self.more())
        return QSize(sum(self._widths()), lines * theme.size("layout.row.table"))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(80), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        lefts, height = self._lefts(), theme.size("layout.row.table")
        painter.setFont(theme.figures("dense"))
        for column, name in enumerate(self.columns):
            self._cell(painter, name, column, lefts, 0, "text.secondary")
        for line, row in enumerate(self.shown(), 1):
            painter.setPen(theme.colour("border.subtle"))
            painter.drawLine(0, line * height, self.width(), line * height)
            for column, value in enumerate(row):
                self._cell(painter, value, column, lefts, line, "text.primary")
        if self.more():
            words = tr(Text("and {count} more", "另有 {count} 行").format(count=plural(self.more(), "row", "rows")
                       if language.current == "en" else f"{self.more():,}"))  # fmt: skip
            box = QRectF(0, (len(self.shown()) + 1) * height, self.width(), height)
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)

    def _cell(self, painter: QPainter, value: Any, column: int, lefts: list[float], line: int, ink: str) -> None:
        height, gap = theme.size("layout.row.table"), theme.size("space.3")
        width = lefts[column + 1] - lefts[column] - gap
        side = Qt.AlignmentFlag.AlignRight if self._numbers(column) else Qt.AlignmentFlag.AlignLeft
        painter.setPen(theme.colour("text.tertiary" if value is None else ink))
        words = QFontMetrics(painter.font()).elidedText(_words(value), Qt.TextElideMode.ElideRight, int(width))
        box = QRectF(lefts[column], line * height, width, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | side, words)

    def _numbers(self, column: int) -> bool:
        values = [row[column] for row in self.shown() if row[column] is not None]
        return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)

    def _widths(self) -> list[int]:
        metrics, gap = QFontMetrics(theme.figures("dense")), theme.size("space.3")
        cells = [[name, *(_words(row[place]) for row in self.shown())] for place, name in enumerate(self.columns)]
        widest = theme.scaled(WIDEST)
        return [min(widest, max(metrics.horizontalAdvance(words) for words in column) + gap + 2) for column in cells]

    def _lefts(self) -> list[float]:
        """Where columns begin; all shrink alike when the room is short."""
        widths = self._widths()
        share = min(1.0, self.width() / max(1, sum(widths)))
        lefts = [0.0]
        for width in widths:
            lefts.append(lefts[-1] + width * share)
        return lefts

    def _describe(self) -> None:
        self.setAccessibleName(tr(Text("Rows", "数据行")))
        lines = [self.columns, *self.shown()]
        self.setAccessibleDescription("; ".join(", ".join(_words(value) for value in line) for line in lines))


def _words(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split())
