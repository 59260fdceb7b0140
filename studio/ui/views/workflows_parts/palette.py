"""The node types by category, to search, drag onto the canvas, or add with Enter."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from studio.engine.text import Text
from studio.engine.workflows.node import CATEGORIES, NodeType
from studio.ui.canvas.dropping import MIME
from studio.ui.canvas.popup import paint_tile
from studio.ui.canvas.search import find_types
from studio.ui.icons import paint_icon
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.outline import paint_ground
from studio.ui.widgets.inputs import SearchField

TYPE = Qt.ItemDataRole.UserRole


class Palette(QWidget):
    """`wanted` gives the NodeType that was double-clicked, or chosen with Enter."""

    wanted = Signal(object)

    def __init__(self, types: list[NodeType], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._types = types
        self.field = SearchField(Text("Find a node", "查找节点"))
        self.tree = _Tree()
        layout = QVBoxLayout(self)
        gap = theme.size("space.2")
        layout.setContentsMargins(gap, gap, 0, 0)
        layout.setSpacing(theme.size("space.1"))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, gap, 0)
        row.addWidget(self.field)
        layout.addLayout(row)
        layout.addWidget(self.tree, 1)
        self.field.textChanged.connect(self.show_types)
        self.field.returnPressed.connect(self._take_first)
        self.tree.itemActivated.connect(self._take)
        self.tree.itemDoubleClicked.connect(self._take)
        theme.changed.connect(self._show_again)
        self.show_types("")

    def _show_again(self) -> None:
        self.show_types(self.field.text())

    def show_types(self, words: str = "") -> None:
        """By category; what was found when something is searched."""
        self.tree.clear()
        found = find_types(self._types, words)
        for category, title in CATEGORIES.items():
            inside = [kind for kind in found if kind.category == category]
            if inside:
                self._add_category(title, inside)
        self.tree.expandAll()

    def item_of(self, name: str) -> QTreeWidgetItem | None:
        """The row of a node type; for tests and for drags."""
        for row in range(self.tree.topLevelItemCount()):
            parent = self.tree.topLevelItem(row)
            for place in range(parent.childCount()):
                if parent.child(place).data(0, TYPE).name == name:
                    return parent.child(place)
        return None

    def _add_category(self, title: Text, kinds: list[NodeType]) -> None:
        parent = QTreeWidgetItem(self.tree, [tr(title)])
        parent.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for kind in sorted(kinds, key=lambda kind: tr(kind.title)):
            item = QTreeWidgetItem(parent, [tr(kind.title)])
            item.setData(0, TYPE, kind)
            item.setToolTip(0, tr(kind.doc))

    def _take(self, item: QTreeWidgetItem) -> None:
        kind = item.data(0, TYPE)
        if kind is not None:
            self.wanted.emit(kind)

    def _take_first(self) -> None:
        found = find_types(self._types, self.field.text())
        if found:
            self.wanted.emit(found[0])


class _Tree(QTreeWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemDelegate(_Row(self))
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        say(self.setAccessibleName, Text("Nodes", "节点"))
        self.itemClicked.connect(lambda item: item.childCount() and item.setExpanded(not item.isExpanded()))

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, items: list[QTreeWidgetItem]) -> QMimeData:
        data = QMimeData()
        kinds = [item.data(0, TYPE) for item in items if item.data(0, TYPE)]
        if kinds:
            data.setData(MIME, kinds[0].name.encode())
        return data


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, theme.scaled(26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        kind = index.data(TYPE)
        rect = QRectF(option.rect)
        middle = rect.center().y()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if kind is None:
            open_now = option.widget.isExpanded(index)
            arrow = QRectF(rect.left() + 2, middle - theme.scaled(7), theme.scaled(14), theme.scaled(14))
            paint_icon(painter, "chevron-down" if open_now else "chevron-right", "text.tertiary", arrow)
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(rect.adjusted(theme.scaled(20), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, index.data())
        else:
            paint_ground(painter, rect.adjusted(0, 0, -4, 0), option)
            side = theme.scaled(20)
            paint_tile(painter, kind, QRectF(rect.left() + 4, middle - side / 2, side, side))
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.primary"))
            painter.drawText(rect.adjusted(side + 14, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, index.data())
        painter.restore()
