"""The steps of a workflow as a tree: the same as the canvas, for keyboard and screen reader."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)  # fmt: skip

from studio.engine.text import Text
from studio.engine.workflows.graph import Node
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import off_of, title_of
from studio.ui.canvas.model import STATE_ICONS, Live
from studio.ui.canvas.node_paint import STATE_WORDS
from studio.ui.canvas.times import seconds_in_words
from studio.ui.icons import paint_icon
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.turns import Turns

ID, LIVE, BAD = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
OFF = {"mute": Text("muted", "停用"), "bypass": Text("bypassed", "旁路")}
AT_ONCE = 300


class Outline(QTreeWidget):
    """`chosen` gives the ids that were selected here. Frames open and close."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._document: Document | None = None
        self._lives: dict[str, Live] = {}
        self._looks: list[tuple[str, str, str | None, str, str]] = []
        self._closed: set[str] = set()
        self._chosen: set[str] = set()
        self._parents: set[str] = set()
        self._build = 0
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_Row(self))
        self.setIndentation(theme.scaled(14))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformRowHeights(True)
        say(self.setAccessibleName, Text("Outline", "大纲"))
        self.itemSelectionChanged.connect(self._tell)
        language.changed.connect(self._say_again)

    def show_document(self, document: Document | None, lives: dict[str, Live]) -> None:
        """Build the tree anew where something in it is another, with what is open and selected kept; a long one in parts."""
        same = document is self._document and lives is self._lives
        self._document, self._lives = document, lives
        looks = self._looks_of(document)
        if same and looks == self._looks:
            return
        self._looks = looks
        self._closed = {name for name, item in self._items.items() if item.childCount() and not item.isExpanded()}
        self._chosen = {item.data(0, ID) for item in self.selectedItems()}
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)
        self._items.clear()
        self._build += 1
        if document is None:
            return
        steps = self._filling(self._build)
        if len(document.nodes) > AT_ONCE:
            Turns(steps, self).start()
        else:
            for _ in steps:
                pass

    def _say_again(self) -> None:
        """In another language."""
        self.show_document(self._document, self._lives)

    def _looks_of(self, document: Document | None) -> list[tuple[str, str, str | None, str, str]]:
        if document is None:
            return []
        nodes = document.nodes.values()
        return [(n.id, title_of(n, document.type_of(n)), n.parent, off_of(n), n.type) for n in nodes]

    def _filling(self, build: int) -> Iterator[object]:
        """Ends without a word when another tree is wanted meanwhile."""
        self._parents = {parent for _, _, parent, _, _ in self._looks if parent}
        waiting: list[tuple[str | None, QTreeWidgetItem]] = [(None, self.invisibleRootItem())]
        while waiting:
            frame, under = waiting.pop()
            assert self._document is not None
            for node in self._document.in_order(frame):
                if build != self._build or node.id not in self._document.nodes:
                    return
                item = self._add(node, under)
                if node.id in self._parents:
                    waiting.append((node.id, item))
                yield

    def show_lives(self, lives: dict[str, Live]) -> None:
        self._lives.update(lives)
        for name, live in lives.items():
            if name in self._items:
                self._items[name].setData(0, LIVE, live)
                self._describe(self._items[name], live)
        self.viewport().update()

    def show_problems(self, bad: set[str]) -> None:
        for name, item in self._items.items():
            item.setData(0, BAD, name in bad)

    def choose(self, ids: list[str]) -> None:
        """Follow the canvas's selection."""
        self.blockSignals(True)
        wanted = set(ids)
        for name, item in self._items.items():
            item.setSelected(name in wanted)
        if len(ids) == 1 and ids[0] in self._items:
            self.scrollToItem(self._items[ids[0]])
            self.setCurrentItem(self._items[ids[0]])
        self.blockSignals(False)

    def _add(self, node: Node, under: QTreeWidgetItem) -> QTreeWidgetItem:
        assert self._document is not None
        item = QTreeWidgetItem(under, [title_of(node, self._document.type_of(node))])
        item.setData(0, ID, node.id)
        live = self._lives.get(node.id, Live())
        item.setData(0, LIVE, live)
        item.setData(0, Qt.ItemDataRole.UserRole + 3, off_of(node))
        self._describe(item, live)
        self._items[node.id] = item
        self.blockSignals(True)
        item.setSelected(node.id in self._chosen)
        self.blockSignals(False)
        parent = item.parent()
        if parent is not None and parent.childCount() == 1:
            parent.setExpanded(parent.data(0, ID) not in self._closed)
        return item

    def _describe(self, item: QTreeWidgetItem, live: Live) -> None:
        words = f"{item.text(0)}, {tr(STATE_WORDS[live.state])}"
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, words)
        item.setToolTip(0, live.message or words)

    def _tell(self) -> None:
        self.chosen.emit([item.data(0, ID) for item in self.selectedItems()])


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, theme.size("layout.row.tree"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        live: Live = index.data(LIVE) or Live()
        off = str(index.data(Qt.ItemDataRole.UserRole + 3) or "")
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, QRectF(0, rect.top(), option.widget.width(), rect.height()), option)
        size = theme.scaled(14)
        place = QRectF(rect.left() + 4, rect.center().y() - size / 2, size, size)
        paint_state(painter, live, place, bool(index.data(BAD)))
        right = tr(OFF[off]) if off else trailing(live)
        painter.setFont(theme.figures("caption"))
        painter.setPen(theme.colour("text.tertiary"))
        painter.drawText(rect.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)
        width = painter.fontMetrics().horizontalAdvance(right)
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.tertiary" if off else "text.primary"))
        words = rect.adjusted(size + 12, 0, -width - 14, 0)
        title = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


def trailing(live: Live) -> str:
    """What stands at the right: rows done while it runs, time after."""
    if live.total and live.state == "running":
        return f"{live.done:,}/{live.total:,}"
    return seconds_in_words(live.seconds) if live.seconds is not None and live.state != "idle" else ""


def paint_ground(painter: QPainter, rect: QRectF, option: QStyleOptionViewItem) -> None:
    """The ground of a row that is selected or under the pointer."""
    chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    if chosen or option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, theme.colour("accent.muted" if chosen else "surface.hover"))


def paint_state(painter: QPainter, live: Live, rect: QRectF, bad: bool = False) -> None:
    """A state as its icon; a spinner while it runs; a quiet ring for what has not run."""
    if live.state == "running":
        painter.setPen(theme.colour("accent.ring"))
        turn = 0.0 if theme.reduced_motion else time.monotonic() % 0.9 / 0.9
        painter.drawArc(rect.adjusted(1.5, 1.5, -1.5, -1.5), int(-turn * 360 * 16), 270 * 16)
    elif bad and live.state in ("idle", "waiting"):
        paint_icon(painter, "triangle-alert", "warning.text", rect)
    elif live.state == "idle":
        paint_icon(painter, "circle-dashed", "text.disabled", rect)
    else:
        icon = "check" if live.state == "cached" else STATE_ICONS[live.state][0]
        paint_icon(painter, icon, "success.text" if live.state == "cached" else STATE_ICONS[live.state][1], rect)
