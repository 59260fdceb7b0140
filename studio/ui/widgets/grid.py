"""The painted middle of a table. One loop paints what is visible; a delegate per cell would cost four times as much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import (
    QItemSelectionRange,
    QLine,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from studio.ui.theme import theme
from studio.ui.widgets.cell_bars import ROOM, Bars
from studio.ui.widgets.cells import NUMBERS
from studio.ui.widgets.labels import dot_colour
from studio.ui.widgets.table_headers import PAD, ColumnHeader, RowHeader
from studio.ui.widgets.table_model import TableModel

Span = tuple[int, int, int]  # column, left, width
DOT = 12  # pixels that the dot of a state takes
MOST_WIDTHS = 20_000


Index = QModelIndex | QPersistentModelIndex


class Grid(QTableView):
    """A table view over the model's window of rows; `VirtualTable` moves the window."""

    opened = Signal()
    copied = Signal()
    moved_across = Signal()
    edge_asked = Signal(bool)  # Ctrl Home, Ctrl End: True for the end

    def __init__(self, model: TableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = model
        self.highlighted: frozenset[int] = frozenset()
        self.bars: dict[int, Bars] = {}  # by column
        self.dots: dict[int, Mapping[str, str]] = {}  # by column: the tones of its values
        self.columns = ColumnHeader(model, self)
        self.numbers = RowHeader(model, self)
        self.setHorizontalHeader(self.columns)
        self.setVerticalHeader(self.numbers)
        self.setModel(model)
        self.columns.sectionPressed.disconnect()  # a click on a name sorts, and does not select the column
        self.columns.setSectionsClickable(True)
        self._behave()
        self._widths: dict[str, float] = {}  # of texts and characters
        self.restyle()

    def _behave(self) -> None:
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        for painted in (self.viewport(), self.columns.viewport(), self.numbers.viewport()):
            painted.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing below need be painted first
        self.setFrameShape(QTableView.Shape.NoFrame)

    def restyle(self) -> None:
        """Take sizes and fonts from the theme again."""
        self._metrics, self._exact = QFontMetrics(theme.figures("dense")), QFontMetricsF(theme.figures("dense"))
        self._widths.clear()
        self._hyphen = min("-‐", key=self._exact.horizontalAdvance)
        self.numbers.setMinimumSectionSize(1)
        self.numbers.setDefaultSectionSize(theme.size("layout.row.table"))
        self.columns.updateGeometry()
        self.updateGeometries()
        self.viewport().update()

    @property
    def rows_in_view(self) -> int:
        return max(1, self.viewport().height() // self.numbers.defaultSectionSize())

    @property
    def first_row(self) -> int:
        return max(0, self.rowAt(0))

    def width_for(self, column: int, texts: Iterable[str]) -> int:
        """The width that shows the name and these texts, within 64 and 320 pixels."""
        widest = round(max((self._measure(self._joined(text[:60])) for text in texts), default=0))
        beside = theme.scaled(ROOM) if column in self.bars else DOT if column in self.dots else 0
        return max(64, min(320, max(self.columns.wish(column), widest + 2 * PAD + 4 + beside)))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme.colour("surface.content"))
            rows = self._rows_in(event.rect())
            if rows:
                self._paint_band(painter, self._columns_in(event.rect()), rows)
            if rows and self.table.pinned and self.columns.offset():
                self._paint_pinned(painter, rows)
            if rows:
                self._paint_current(painter)

    def _paint_band(self, painter: QPainter, columns: list[Span], rows: list[tuple[int, int]]) -> None:
        if columns:
            self._paint_fills(painter, columns, rows)
            self._paint_lines(painter, columns, rows)
            self._paint_cells(painter, columns, rows)

    def _paint_pinned(self, painter: QPainter, rows: list[tuple[int, int]]) -> None:
        """The columns that stay: once more, over what has moved under them."""
        columns, left = [], 0
        for column in range(self.table.pinned):
            columns.append((column, left, self.columnWidth(column)))
            left += self.columnWidth(column)
        band = QRect(0, 0, left, self.viewport().height())
        painter.save()
        painter.setClipRect(band)
        painter.fillRect(band, theme.colour("surface.content"))
        self._paint_band(painter, columns, rows)
        painter.setPen(theme.colour("border.strong"))
        painter.drawLine(left - 1, 0, left - 1, band.height())
        painter.restore()

    def _columns_in(self, rect: QRect) -> list[Span]:
        """(column, left, width) of what stands in a rectangle and is not behind pinned columns."""
        count = self.table.columnCount()
        first, last = self.columnAt(rect.left()), self.columnAt(rect.right())
        if not count or first < 0:
            return []
        behind = self.columns.pinned_width if self.columns.offset() else 0
        places = range(first, (last if last >= 0 else count - 1) + 1)
        spans = [(place, self.columnViewportPosition(place), self.columnWidth(place)) for place in places]
        return [span for span in spans if span[1] + span[2] > behind]

    def _rows_in(self, rect: QRect) -> list[tuple[int, int]]:
        """(row, top) of what stands in a rectangle."""
        count = self.table.rowCount()
        first, last = self.rowAt(rect.top()), self.rowAt(rect.bottom())
        if not count or first < 0:
            return []
        top, height = self.rowViewportPosition(first), self.numbers.defaultSectionSize()
        return [(row, top + (row - first) * height) for row in range(first, (last if last >= 0 else count - 1) + 1)]

    def _paint_fills(self, painter: QPainter, columns: list[Span], rows: list[tuple[int, int]]) -> None:
        left, right = columns[0][1], columns[-1][1] + columns[-1][2]
        height, current = self.numbers.defaultSectionSize(), self.currentIndex().row()
        for row, top in rows:
            if row + self.table.base in self.highlighted:
                painter.fillRect(left, top, right - left, height, theme.colour("warning.muted"))
                painter.fillRect(0, top, 3, height, theme.colour("warning.text"))
            elif row == current:
                painter.fillRect(left, top, right - left, height, theme.colour("accent.muted"))
        fill = theme.colour("accent.selection")
        for area in self.selectionModel().selection():
            if area.width() * area.height() > 1:
                painter.fillRect(self._rect_of(area), fill)

    def _rect_of(self, area: QItemSelectionRange) -> QRect:
        height, shown = self.numbers.defaultSectionSize(), self.viewport().height()
        top = max(-height, self.rowViewportPosition(area.top()))
        bottom = min(shown + height, self.rowViewportPosition(area.bottom()) + height)
        left = self.columnViewportPosition(area.left())
        right = self.columnViewportPosition(area.right()) + self.columnWidth(area.right())
        return QRect(left, top, right - left, max(0, bottom - top))

    def _paint_lines(self, painter: QPainter, columns: list[Span], rows: list[tuple[int, int]]) -> None:
        height = self.numbers.defaultSectionSize()
        left, right = columns[0][1], columns[-1][1] + columns[-1][2] - 1
        above, below = rows[0][1], rows[-1][1] + height - 1
        painter.setPen(theme.colour("border.subtle"))
        lines = [QLine(left, top + height - 1, right, top + height - 1) for _, top in rows]
        lines += [QLine(x + width - 1, above, x + width - 1, below) for _, x, width in columns]
        painter.drawLines(lines)

    def _paint_cells(self, painter: QPainter, columns: list[Span], rows: list[tuple[int, int]]) -> None:
        height = self.numbers.defaultSectionSize()
        bar = theme.colour("surface.active")
        base = (height - self._metrics.height()) // 2 + self._metrics.ascent()
        painter.setFont(theme.figures("dense"))
        painter.setPen(theme.colour("text.primary"))
        nulls: list[tuple[QRect, bool]] = []
        for column, start, width in columns:
            number = self.table.kinds[column] in NUMBERS
            dots, bars = self.dots.get(column), self.bars.get(column)
            left, room = start + PAD, width - 2 * PAD
            if dots is not None:
                left, room = left + DOT, room - DOT
            cells = self.table.cells([row for row, _ in rows], column)
            for (row, top), cell in zip(rows, cells, strict=True):
                if cell is None:
                    painter.fillRect(
                        start + PAD, top + 8, min(room, 40 + (row * 37 + column * 53) % 60), height - 16, bar
                    )
                elif cell.null:
                    nulls.append((QRect(start + PAD, top, width - 2 * PAD, height), number))
                elif cell.text:
                    if dots is not None:
                        dot = _dot(dots.get(cell.text, "neutral"), theme.asked, theme.dark, self.devicePixelRatioF())
                        painter.drawPixmap(start + PAD - 1, top + height // 2 - 4, dot)
                    words, taken = self._fitting(cell.text if number else self._joined(cell.text), room)
                    if bars is not None:
                        bars.paint(painter, QRect(left, top, room, height), cell.text, int(taken))
                    painter.drawText(QPointF(left + room - taken if number else left, top + base), words)
        self._paint_nulls(painter, nulls)

    def _paint_nulls(self, painter: QPainter, nulls: list[tuple[QRect, bool]]) -> None:
        side = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setPen(theme.colour("text.tertiary"))
        painter.setFont(theme.font("caption"))
        for rect, number in nulls:
            painter.drawText(
                rect, side | (Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft), "null"
            )

    def _fitting(self, text: str, room: int) -> tuple[str, float]:
        """The text, cut with an ellipsis where it is too wide, and its width."""
        width = self._measure(text)
        if width <= room:
            return text, width
        cut = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        return cut, min(float(room), self._measure(cut))

    def _joined(self, text: str) -> str:
        """In one font a hyphen is as wide as a figure, in another the other one (U+2010) is: dates hold together with the narrow one."""
        return text.replace("-", self._hyphen)

    def _measure(self, text: str) -> float:
        """The width of a text as the sum of its characters': a tenth of the time that shaping it takes."""
        whole = self._widths.get(text)
        if whole is not None:
            return whole
        if len(self._widths) > MOST_WIDTHS:
            self._widths.clear()
        width = 0.0
        for character in text:
            one = self._widths.get(character)
            if one is None:
                one = self._widths[character] = self._exact.horizontalAdvance(character)
            width += one
        self._widths[text] = width
        return width

    def _paint_current(self, painter: QPainter) -> None:
        index = self.currentIndex()
        if index.isValid():
            painter.setPen(theme.colour("accent.ring"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = self.visualRect(index).adjusted(-1, -1, 0, 0)
            painter.drawRect(rect)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    # Pinned columns stand elsewhere than Qt has them

    def indexAt(self, place: QPoint) -> QModelIndex:
        if not self.table.pinned or place.x() >= self.columns.pinned_width:
            return super().indexAt(place)
        return self.table.index(self.rowAt(place.y()), self.columns.section_at(place.x()))

    def visualRect(self, index: Index) -> QRect:
        rect = super().visualRect(index)
        if index.column() < self.table.pinned:
            rect.moveLeft(rect.left() + self.columns.offset())
        return rect

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        across = self.horizontalScrollBar()
        before = across.value()
        super().scrollTo(index, hint)
        if index.column() < self.table.pinned:
            across.setValue(before)
        elif (hidden := self.columns.pinned_width - self.columnViewportPosition(index.column())) > 0:
            across.setValue(across.value() - hidden)

    def scrollContentsBy(self, across: int, down: int) -> None:
        super().scrollContentsBy(across, down)
        if across and self.table.pinned:
            self.viewport().update()
            self.columns.viewport().update()
        if across:
            self.moved_across.emit()

    # Keys and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and key == Qt.Key.Key_C:
            self.copied.emit()
        elif control and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.edge_asked.emit(key == Qt.Key.Key_End)
        elif (key == Qt.Key.Key_F2 or (key == Qt.Key.Key_Space and not control)) and self.currentIndex().isValid():
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid():
            self.opened.emit()

    def keyboardSearch(self, search: str) -> None:
        """Qt would look through every row of the window, and fetch it."""

    def sizeHintForColumn(self, column: int) -> int:
        """For a double click on a column's edge: as wide as what is in view needs."""
        rows = self._rows_in(self.viewport().rect())
        cells = (self.table.cell(row, column) for row, _ in rows)
        return self.width_for(column, [cell.text for cell in cells if cell])


@lru_cache(maxsize=64)
def _dot(tone: str, _theme: tuple[str, int], _dark: bool, ratio: float) -> QPixmap:
    """A dot of 8 pixels with its margin, drawn once for a theme."""
    image = QPixmap(round(8 * ratio), round(8 * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(dot_colour(tone)))
        painter.drawEllipse(QPointF(4, 4), 3, 3)
    return image


def merged(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring rows as (first, last): [3, 4, 5, 9] is [(3, 5), (9, 9)]."""
    places = sorted(set(rows))
    if not places:
        return []
    cuts = [0, *(place for place, (a, b) in enumerate(pairwise(places), 1) if b != a + 1), len(places)]
    return [(places[start], places[end - 1]) for start, end in pairwise(cuts)]
