"""The documents of a collection as a table, and those that need attention with the reason and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio.engine.knowledge.document import Document
from studio.engine.text import Text
from studio.ui import when
from studio.ui.icons import paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.words import FORMAT_ICONS, has_trouble, look_of, size_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label, badge_colours
from studio.ui.widgets.panel import Card, Glyph, Section, scroll
from studio.ui.widgets.things import MIME, Thing, put

Index = QModelIndex | QPersistentModelIndex
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _pages(document: Document) -> str:
    return "–" if document.unit in ("rows", "line") else _count(document.page_count)


# title, width (0 takes the rest), words of a document, alignment
COLUMNS: list[tuple[Text, int, Callable[[Document], str], Qt.AlignmentFlag]] = [
    (Text("Name", "名称"), 0, lambda document: document.title or document.file_name, LEFT),
    (Text("Status", "状态"), 136, lambda document: tr(look_of(document).words), LEFT),
    (Text("Pages", "页数"), 64, _pages, RIGHT),
    (Text("Chunks", "片段"), 72, lambda document: _count(document.chunk_count or None), RIGHT),
    (Text("Size", "大小"), 88, lambda document: size_words(document.size_bytes), RIGHT),
    (Text("Indexed", "索引时间"), 112, lambda document: tr(when.moment(document.indexed_at)), RIGHT),
]
NAME, STATUS = 0, 1
FIRST_TO_GO = ((5, 620), (4, 540), (2, 460))  # columns, and the width below which each gives way


class DocumentTable(QTableView):
    """One row for each document. `chosen` when the choice moves, `removed` on Delete, `menu` on a right click."""

    chosen = Signal(str)
    removed = Signal(str)
    menu = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Documents()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.verticalHeader().hide()
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.selectionModel().currentRowChanged.connect(self._moved)
        say(self.setAccessibleName, Text("Documents", "文档"))
        theme.changed.connect(self._restyle)
        language.changed.connect(self._model.retitle)
        self._restyle()

    def set_documents(self, documents: list[Document]) -> None:
        """Show others; the chosen one stays chosen, where it still is."""
        kept = self.current()
        if [one.id for one in documents] == [one.id for one in self._model.documents]:
            self._model.replace(documents)
            return
        self.selectionModel().blockSignals(True)
        self._model.reset(documents)
        self.select(kept)
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def update_document(self, document: Document) -> bool:
        """Show the new state of one; False when it is not here."""
        return self._model.update(document)

    def documents(self) -> list[Document]:
        return list(self._model.documents)

    def document(self, document_id: str) -> Document | None:
        return next((one for one in self._model.documents if one.id == document_id), None)

    def current(self) -> str:
        row = self.currentIndex().row()
        return self._model.documents[row].id if 0 <= row < len(self._model.documents) else ""

    def select(self, document_id: str) -> bool:
        for row, document in enumerate(self._model.documents):
            if document.id == document_id:
                self.selectRow(row)
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.current():
            self.removed.emit(self.current())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column, width in FIRST_TO_GO:
            self.setColumnHidden(column, self.width() < theme.scaled(width))
        super().resizeEvent(event)

    def _moved(self, index: Index) -> None:
        if index.isValid():
            self.chosen.emit(self._model.documents[index.row()].id)

    def _ask_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid():
            self.menu.emit(self._model.documents[index.row()].id, self.viewport().mapToGlobal(place))

    def _restyle(self) -> None:
        header = self.horizontalHeader()
        header.setFont(theme.font("caption"))
        header.setFixedHeight(theme.size("layout.row.list"))
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for column, (_, width, _words, _side) in enumerate(COLUMNS):
            fixed = QHeaderView.ResizeMode.Interactive if width else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(column, fixed)
            if width:
                self.setColumnWidth(column, theme.scaled(width))
        self.verticalHeader().setDefaultSectionSize(theme.scaled(32))
        self.viewport().update()


class _Documents(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.documents: list[Document] = []

    def reset(self, documents: list[Document]) -> None:
        self.beginResetModel()
        self.documents = documents
        self.endResetModel()

    def replace(self, documents: list[Document]) -> None:
        self.documents = documents
        if documents:
            self.dataChanged.emit(self.index(0, 0), self.index(len(documents) - 1, len(COLUMNS) - 1))

    def update(self, document: Document) -> bool:
        for row, known in enumerate(self.documents):
            if known.id == document.id:
                self.documents[row] = document
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
                return True
        return False

    def retitle(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        self.replace(self.documents)

    def flags(self, index: Index) -> Qt.ItemFlag:
        there = super().flags(index)
        return there | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else there

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        chosen = [self.documents[row] for row in dict.fromkeys(index.row() for index in indexes)]
        return put(QMimeData(), [Thing("document", each.id, each.title or each.file_name) for each in chosen])

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.documents)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            title, _, _, side = COLUMNS[section]
            return {Qt.ItemDataRole.DisplayRole: tr(title), Qt.ItemDataRole.TextAlignmentRole: side}.get(role)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        document = self.documents[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return COLUMNS[index.column()][2](document)
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() == STATUS and document.reason:
                return tr(document.reason)
            return document.source_path or document.file_name if index.column() == NAME else None
        return document if role == Qt.ItemDataRole.UserRole else None


class _Painter(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        document: Document = index.data(Qt.ItemDataRole.UserRole)
        box = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)  # type: ignore[attr-defined]
        if chosen or hovered:
            painter.fillRect(box, theme.colour("accent.muted" if chosen else "surface.hover"))
        painter.setPen(theme.colour("border.subtle"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        inner = box.adjusted(theme.size("space.2"), 0, -theme.size("space.2"), 0)
        if index.column() == STATUS:
            _paint_status(painter, document, inner)
        else:
            _paint_words(painter, document, inner, index)
        painter.restore()


def _paint_words(painter: QPainter, document: Document, box: QRect, index: Index) -> None:
    if index.column() == NAME:
        size = theme.scaled(16)
        place = QRectF(box.left() + theme.size("space.1"), box.center().y() - size / 2 + 1, size, size)
        paint_icon(painter, FORMAT_ICONS.get(document.format, "file"), "text.secondary", place)
        box = box.adjusted(size + theme.size("space.3"), 0, 0, 0)
    painter.setFont(theme.font("dense"))
    painter.setPen(theme.colour("text.primary" if index.column() == NAME else "text.secondary"))
    words = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, COLUMNS[index.column()][3], words)


def _paint_status(painter: QPainter, document: Document, box: QRect) -> None:
    look, size = look_of(document), theme.scaled(14)
    ink = badge_colours(look.tone)[2]
    paint_icon(painter, look.icon, ink, QRectF(box.left(), box.center().y() - size / 2 + 1, size, size))
    words = tr(look.words)
    if document.progress is not None:
        words = f"{words} {document.progress:.0%}"
        track = QRectF(box.left(), box.bottom() - 4, box.width(), 2)
        painter.fillRect(track, theme.colour("surface.active"))
        track.setWidth(track.width() * document.progress)
        painter.fillRect(track, theme.colour("accent.ring"))
    painter.setFont(theme.font("dense"))
    painter.setPen(theme.colour(ink))
    painter.drawText(box.adjusted(size + theme.size("space.2"), 0, 0, 0), LEFT, words)


def _count(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


class Attention(QWidget):
    """The documents that could not be indexed, each with its reason, Retry and Remove. Hidden when all is well."""

    retried = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._section = Section(Text("Need attention", "需要处理"), collapsible=True)
        column.addWidget(self._section)
        self._shown: list[tuple[str, Any]] = []
        self._cards = QVBoxLayout()
        side = theme.size("space.3")
        self._cards.setContentsMargins(side, 0, side, side)
        self._cards.setSpacing(theme.size("space.2"))
        self._area = scroll(self._cards)
        self._section.body.addWidget(self._area)
        self.hide()

    def set_documents(self, documents: list[Document]) -> None:
        troubled = [one for one in documents if has_trouble(one)]
        shown = [(one.id, one.reason) for one in troubled]
        if shown == self._shown:
            return
        self._shown = shown
        empty(self._cards)
        for document in troubled:
            self._cards.addWidget(self._card(document))
        self._section.set_count(len(troubled))
        self._area.setFixedHeight(theme.scaled(min(3, max(1, len(troubled))) * 64 + 12))
        self.setVisible(bool(troubled))

    def _card(self, document: Document) -> Card:
        look = look_of(document)
        card = Card(look.tone, pad=8)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph(look.icon, f"{look.tone}.text"), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(document.file_name, "denseStrong", elide="middle"))
        words.addWidget(Label(document.reason or look.words, "dense", "text.secondary", wrap=True))
        row.addLayout(words, 1)
        retry = Button(Text("Retry", "重试"), "rotate-cw", size="sm")
        retry.clicked.connect(lambda: self.retried.emit(document.id))
        remove = Button(Text("Remove", "移除"), "trash-2", "ghost", "sm")
        remove.clicked.connect(lambda: self.removed.emit(document.id))
        for button in (retry, remove):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(row)
        return card
