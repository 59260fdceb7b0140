"""The painted headers of a table: type icon, name, sort arrow and profile strip above; row numbers at the side."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QLine, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from studio.ui.icons import pixmap
from studio.ui.theme import theme
from studio.ui.widgets.cells import ICONS, NUMBERS
from studio.ui.widgets.strip import Strip, paint_strip
from studio.ui.widgets.table_model import TableModel

PAD = 8


@dataclass
class Order:
    """What the rows are sorted by: columns by place, with whether they ascend, the first one first."""

    keys: dict[int, bool] = field(default_factory=dict)
    strips: dict[int, Strip] = field(default_factory=dict)


class ColumnHeader(QHeaderView):
    """Paints itself, since a style sheet cannot place an icon, a name, an arrow and a chart."""

    menu_wanted = Signal(int, QPoint)  # column, place on the screen

    def __init__(self, model: TableModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._table = model
        self.order = Order()
        self.on_strip = False  # whether the last click was on the profile under a name
        self._shift = 0  # pixels between where a pinned column is painted and where Qt has it, while the mouse is down
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(theme.size("space.12"))
        self.setMouseTracking(True)

    @property
    def line_height(self) -> int:
        return theme.size("layout.row.list")

    def sizeHint(self) -> QSize:
        """Only the height counts. Qt's own hint asks two hundred columns for theirs, at every change."""
        tall = theme.size("layout.row.tableHeaderProfile") if self.order.strips else self.line_height
        return QSize(self.defaultSectionSize(), tall)

    def wish(self, section: int) -> int:
        """The width that shows the whole name."""
        metrics = QFontMetrics(theme.font("denseStrong"))
        return metrics.horizontalAdvance(self._table.names[section]) + 2 * PAD + theme.scaled(14 + 6 + 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The room right of the last column belongs to the header too."""
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme.colour("surface.panel"))
            painter.setPen(theme.colour("border.default"))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        super().paintEvent(event)
        if self._table.pinned and self.offset():
            self._paint_pinned()

    @property
    def pinned_width(self) -> int:
        return sum(self.sectionSize(section) for section in range(self._table.pinned))

    def _paint_pinned(self) -> None:
        left = 0
        with QPainter(self.viewport()) as painter:
            for section in range(self._table.pinned):
                width = self.sectionSize(section)
                self.paintSection(painter, QRect(left, 0, width, self.height()), section)
                left += width
            painter.setPen(theme.colour("border.strong"))
            painter.drawLine(left - 1, 0, left - 1, self.height())

    def section_at(self, x: int) -> int:
        """The column under a place of the header, pinned ones included."""
        if x >= self.pinned_width:
            return self.logicalIndexAt(x)
        left = 0
        for section in range(self._table.pinned):
            left += self.sectionSize(section)
            if x < left:
                return section
        return -1

    # A pinned column is painted elsewhere than Qt has it: the mouse is told Qt's place.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        self._shift = self.offset() if self._table.pinned and x < self.pinned_width else 0
        super().mousePressEvent(self._placed(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(self._placed(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.on_strip = bool(self.order.strips) and event.position().y() > self.line_height
        super().mouseReleaseEvent(self._placed(event))
        self._shift = 0

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        section = self.section_at(event.pos().x())
        if section >= 0:
            self.menu_wanted.emit(section, event.globalPos())

    def _placed(self, event: QMouseEvent) -> QMouseEvent:
        if not self._shift:
            return event
        place = event.position() - QPointF(self._shift, 0)
        return QMouseEvent(
            event.type(), place, event.globalPosition(), event.button(), event.buttons(), event.modifiers()
        )

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        painter.save()
        painter.setClipRect(rect)
        painter.fillRect(rect, theme.colour("surface.panel"))
        painter.setPen(theme.colour("border.default"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(theme.colour("border.subtle"))
        painter.drawLine(rect.topRight(), rect.bottomRight())
        self._paint_name(painter, rect, section)
        strip = self.order.strips.get(section)
        if strip is not None:
            paint_strip(painter, rect.adjusted(PAD, self.line_height, -PAD, -4), strip)
        painter.restore()

    def _paint_name(self, painter: QPainter, rect: QRect, section: int) -> None:
        line = QRect(rect.left() + PAD, rect.top(), rect.width() - 2 * PAD, self.line_height)
        sorted_here = section in self.order.keys
        several = len(self.order.keys) > 1
        size, beside = theme.scaled(14), theme.scaled(20)
        arrow_room = theme.scaled(16) if sorted_here else 0
        name_room = line.width() - beside - arrow_room
        font = theme.font("denseStrong")
        metrics = QFontMetrics(font)
        name = metrics.elidedText(self._table.names[section], Qt.TextElideMode.ElideRight, max(0, name_room))
        left = line.left()
        if self._table.kinds[section] in NUMBERS and not self.order.strips:
            left = max(left, line.right() - arrow_room - metrics.horizontalAdvance(name) - beside)
        ratio = self.devicePixelRatioF()
        middle = line.center().y()
        icon = pixmap(ICONS[self._table.kinds[section]], "text.secondary", size, ratio)
        painter.drawPixmap(left, middle + 1 - size // 2, icon)
        painter.setFont(font)
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(
            QRect(left + beside, line.top(), name_room + 4, line.height()), Qt.AlignmentFlag.AlignVCenter, name
        )
        if sorted_here:
            arrow = "arrow-up" if self.order.keys[section] else "arrow-down"
            shown = pixmap(arrow, "accent.text", size, ratio)
            painter.drawPixmap(line.right() + 1 - size, middle + 1 - size // 2, shown)
        if sorted_here and several:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("accent.text"))
            place = str(list(self.order.keys).index(section) + 1)
            painter.drawText(
                QRect(line.right() - 4, line.top(), 12, line.height() - 8), Qt.AlignmentFlag.AlignVCenter, place
            )


class RowHeader(QHeaderView):
    """Row numbers, right-aligned; the current row's is blue."""

    def __init__(self, model: TableModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._table = model
        self.current = -1
        self.setSectionsClickable(True)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.font("denseStrong"))
        return QSize(metrics.horizontalAdvance(f"{max(999, self._table.row_total):,}") + 2 * PAD, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All numbers in one go: a call for each, as Qt has it, takes three times as long."""
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme.colour("surface.panel"))
            first, last = self.visualIndexAt(event.rect().top()), self.visualIndexAt(event.rect().bottom())
            if first >= 0:
                self._paint_numbers(painter, range(first, (last if last >= 0 else self.count() - 1) + 1))
            painter.setPen(theme.colour("border.default"))
            painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())

    def _paint_numbers(self, painter: QPainter, sections: range) -> None:
        width, height = self.width(), self.defaultSectionSize()
        top = self.sectionViewportPosition(sections.start) - sections.start * height
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(theme.colour("border.subtle"))
        lines = [top + (section + 1) * height - 1 for section in sections]
        painter.drawLines([QLine(0, line, width, line) for line in lines])
        painter.setFont(theme.figures("dense"))
        painter.setPen(theme.colour("text.secondary"))
        for section in sections:
            rect = QRect(0, top + section * height, width, height)
            if section == self.current:
                painter.fillRect(rect.adjusted(0, 0, 0, -1), theme.colour("accent.muted"))
                painter.setFont(theme.figures("denseStrong"))
                painter.setPen(theme.colour("accent.text"))
            painter.drawText(rect.adjusted(0, 0, -PAD, 0), side, f"{self._table.base + section + 1:,}")
            if section == self.current:
                painter.setFont(theme.figures("dense"))
                painter.setPen(theme.colour("text.secondary"))
