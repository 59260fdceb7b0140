"""What a run said, line by line. Follows the end unless somebody has scrolled up."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.live import Line
from studio.ui.views.workflows_parts.outline import paint_ground

LINE, TITLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
COLOURS = {"danger": "danger.text", "warning": "warning.text", "success": "success.text", "quiet": "text.tertiary"}


class Lines(QAbstractListModel):
    """The lines of one run; `grow` tells of new ones only."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.titles: dict[str, str] = {}
        self.shown = 0

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else self.shown

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        line = self.lines[index.row()] if index.row() < len(self.lines) else None
        if line is None:
            return None
        if role == LINE:
            return line
        title = self.titles.get(line.step, line.step)
        if role == TITLE:
            return title
        return f"{line.clock}  {title}  {line.words}" if role == Qt.ItemDataRole.DisplayRole else None

    def show(self, lines: list[Line]) -> None:
        self.beginResetModel()
        self.lines, self.shown = lines, len(lines)
        self.endResetModel()

    def grow(self) -> None:
        count = len(self.lines)
        if count < self.shown:
            self.show(self.lines)
        elif count > self.shown:
            self.beginInsertRows(QModelIndex(), self.shown, count - 1)
            self.shown = count
            self.endInsertRows()


class Logs(QListView):
    """`chosen` gives the step of the line that was clicked. Ctrl C copies lines."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_ = Lines(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Row(self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        say(self.setAccessibleName, Text("Log of the run", "运行日志"))
        self.clicked.connect(lambda index: self.chosen.emit(index.data(LINE).step))

    def show_lines(self, lines: list[Line], titles: dict[str, str]) -> None:
        """`titles` are what the steps are called on the canvas."""
        self.model_.titles = titles
        self.model_.show(lines)
        self.scrollToBottom()

    def grow(self, titles: dict[str, str]) -> None:
        self.model_.titles = titles
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        self.model_.grow()
        if follows:
            self.scrollToBottom()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(index.row() for index in self.selectedIndexes())
            lines = [self.model_.index(row).data() for row in rows]
            QGuiApplication.clipboard().setText("\n".join(lines))
            return
        super().keyPressEvent(event)


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, theme.scaled(19))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line: Line = index.data(LINE)
        rect = QRectF(option.rect)
        painter.save()
        if line.tone == "danger":
            painter.fillRect(rect, theme.colour("danger.muted"))
        paint_ground(painter, rect, option)
        painter.setFont(theme.font("monoSmall"))
        middle = Qt.AlignmentFlag.AlignVCenter
        clock, step = theme.scaled(74), min(theme.scaled(126), int(rect.width() * 0.24))
        painter.setPen(theme.colour("text.tertiary"))
        painter.drawText(rect.adjusted(12, 0, 0, 0), middle, line.clock)
        painter.setPen(theme.colour(COLOURS.get(line.tone, "accent.text" if line.step else "text.secondary")))
        painter.setFont(theme.font("dense"))
        name = painter.fontMetrics().elidedText(index.data(TITLE), Qt.TextElideMode.ElideRight, step - 8)
        painter.drawText(rect.adjusted(clock, 0, 0, 0), middle, name)
        painter.setFont(theme.font("monoSmall"))
        painter.setPen(theme.colour(COLOURS.get(line.tone, "text.primary")))
        words = rect.adjusted(clock + step, 0, -8, 0)
        shown = painter.fontMetrics().elidedText(line.words, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, middle, shown)
        painter.restore()
