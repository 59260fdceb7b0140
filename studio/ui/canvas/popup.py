"""The list that adds a node where the pointer is: type a few letters, Enter. Drawn out of a port, it offers what fits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from studio.engine.text import Text
from studio.engine.workflows.graph import fits
from studio.engine.workflows.node import CATEGORIES, NodeType
from studio.ui.canvas.ends import End
from studio.ui.canvas.faces import tile_of
from studio.ui.canvas.look import LOOKS
from studio.ui.canvas.search import find_types
from studio.ui.icons import paint_icon
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.inputs import SearchField

TYPE = Qt.ItemDataRole.UserRole
WIDTH, ROWS = 288, 10
NOTHING = Text("No node fits", "没有合适的节点")


class AddNode(QFrame):
    """A popup: `chosen` gives the NodeType. Esc or a click elsewhere closes it."""

    chosen = Signal(object)

    def __init__(self, types: list[NodeType], end: End | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._types = [kind for kind in types if end is None or takes(kind, end)]
        self._end = end
        self.field = SearchField(Text("Find a node", "查找节点"))
        self.list = QListWidget()
        self.list.setItemDelegate(NodeRow(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName(tr(Text("Nodes", "节点")))
        self._build()
        self.show_matches("")

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        gap = theme.size("space.2")
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.setFixedWidth(theme.scaled(WIDTH))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.field.textChanged.connect(self.show_matches)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._take)

    def show_matches(self, words: str) -> None:
        self.list.clear()
        found = find_types(self._types, words)
        if self._end is not None and not words.strip():
            found.sort(key=lambda kind: not suits(kind, self._end))
        for kind in found:
            item = QListWidgetItem(tr(kind.title))
            item.setData(TYPE, kind)
            item.setToolTip(tr(kind.doc))
            self.list.addItem(item)
        if not self.list.count():
            item = QListWidgetItem(tr(NOTHING))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(min(ROWS, self.list.count()) * theme.size("layout.row.list") + 4)
        self.adjustSize()

    def open_at(self, place: QPoint) -> None:
        """`place` on the screen; moved so that all of it is visible."""
        screen = self.parentWidget().screen().availableGeometry()
        x = min(place.x(), screen.right() - self.width())
        y = min(place.y(), screen.bottom() - self.height())
        self.move(max(screen.left(), x), max(screen.top(), y))
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            handler = self._keys().get(Qt.Key(event.key()))
            if handler is not None:
                handler()
                return True
        return super().eventFilter(watched, event)

    def _keys(self) -> dict[Qt.Key, Callable[[], object]]:
        return {
            Qt.Key.Key_Down: lambda: self._step(1),
            Qt.Key.Key_Up: lambda: self._step(-1),
            Qt.Key.Key_Return: lambda: self._take(self.list.currentItem()),
            Qt.Key.Key_Enter: lambda: self._take(self.list.currentItem()),
            Qt.Key.Key_Escape: self.close,
        }

    def _step(self, by: int) -> None:
        self.list.setCurrentRow((self.list.currentRow() + by) % self.list.count())

    def _take(self, item: QListWidgetItem | None) -> None:
        kind = item.data(TYPE) if item else None
        if kind is not None:
            self.close()
            self.chosen.emit(kind)


class NodeRow(QStyledItemDelegate):
    """A node type in a list: its tile, its title, its category."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(theme.scaled(160), theme.size("layout.row.list"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        kind = index.data(TYPE)
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.hover"))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        left = rect.left() + theme.size("space.2")
        if kind is not None:
            paint_tile(
                painter, kind, QRectF(left, rect.center().y() - theme.scaled(10), theme.scaled(20), theme.scaled(20))
            )
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(
                rect.adjusted(0, 0, -10, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                tr(CATEGORIES[kind.category]),
            )
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.primary" if kind else "text.tertiary"))
        words = rect.adjusted(theme.scaled(38) if kind else left, 0, -60, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, index.data(Qt.ItemDataRole.DisplayRole))
        painter.restore()


def paint_tile(painter: QPainter, kind: NodeType, rect: QRectF) -> None:
    """The tinted square with a node type's icon."""
    tile = tile_of(kind)
    colour = theme.colour(f"port.{LOOKS.get(tile, tile)}")
    fill = theme.colour(f"port.{LOOKS.get(tile, tile)}")
    fill.setAlphaF(0.18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect, 5, 5)
    inset = (rect.width() - theme.scaled(12)) / 2
    paint_icon(painter, kind.icon, colour, rect.adjusted(inset, inset, -inset, -inset))


def goes_between(kind: NodeType, source: str, target: str) -> bool:
    """Whether a new step of that type could stand in a wire between two ports of these types."""
    ports = kind.ports({})
    fits_in = any(fits(source, port.type) for port in ports.inputs)  # type: ignore[arg-type]
    return fits_in and any(fits(port.type, target) for port in ports.outputs)  # type: ignore[arg-type]


def suits(kind: NodeType, end: End) -> bool:
    """Whether it has a port of the very type, and not only one for whatever comes."""
    ports = kind.ports({})
    return any(port.type == end.spot.port.type for port in (ports.inputs if end.begins else ports.outputs))


def takes(kind: NodeType, end: End) -> bool:
    """Whether a new step of that type has a port for a wire from `end`."""
    ports = kind.ports({})
    if end.begins:
        return any(fits(end.spot.port.type, port.type) for port in ports.inputs)  # type: ignore[arg-type]
    return any(fits(port.type, end.spot.port.type) for port in ports.outputs)  # type: ignore[arg-type]
