"""The canvas with what lies over it: tools at the lower left, the overview at the lower right, the list of nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge
from studio.engine.workflows.links import BadLink
from studio.engine.workflows.node import NodeType
from studio.ui.canvas import accessible, editing, swapping, wiring
from studio.ui.canvas.document import Document
from studio.ui.canvas.dropping import DropCanvas
from studio.ui.canvas.ends import End
from studio.ui.canvas.finding import FindBar
from studio.ui.canvas.menu import converter_menu
from studio.ui.canvas.minimap import Minimap
from studio.ui.canvas.popup import AddNode, goes_between
from studio.ui.canvas.strip import Strip
from studio.ui.theme import theme
from studio.ui.widgets.labels import Label

EMPTY = Text("Double-click or press / to add a node", "双击或按 / 添加节点")


class Board(QWidget):
    """Everything of one workflow's canvas."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        accessible.install()
        self.document = document
        if (
            document.parent() is None
        ):  # never left to Python: its collector may run on another thread, and Qt's things die there
            document.setParent(self)
        self.canvas = DropCanvas(document, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        over = self.canvas.viewport()  # beside it, they would make every pan paint the whole sheet anew
        self.strip = Strip(self.canvas, over)
        self.minimap = Minimap(self.canvas, over)
        self.empty = Label(EMPTY, "reading", "text.tertiary")
        self.empty.setParent(over)
        self.find_bar = FindBar(self.canvas, over)
        self.canvas.over = (self.strip, self.minimap)
        self.popup: AddNode | None = None
        self.converters: QMenu | None = None
        self.canvas.add_wanted.connect(self.ask_for_node)
        self.canvas.insert_wanted.connect(self.ask_to_insert)
        self.canvas.replace_wanted.connect(self.ask_to_replace)
        self.canvas.converter_wanted.connect(self.offer_converter)
        self.canvas.find_wanted.connect(self.find_bar.open)
        self.canvas.sheet.touched.connect(self._after_touch)
        self.canvas.scrolled.connect(self._stay)
        theme.changed.connect(self._place)

    def ask_for_node(self, place: QPointF, end: End | None = None) -> AddNode:
        """Open the list of nodes at a place of the sheet; the one that is chosen is added there."""
        popup = AddNode(list(self.document.types.values()), end, self)
        popup.chosen.connect(lambda kind: self._add(kind, place, end))
        return self._open(popup, place)

    def ask_to_insert(self, place: QPointF, edge_id: str) -> AddNode:
        """Open the list of what fits between the two ends of a wire."""
        edge = self.document.edges[edge_id]
        kinds = wiring.kinds_of(self.document, edge)
        popup = AddNode([kind for kind in self.document.types.values() if goes_between(kind, *kinds)], None, self)
        popup.chosen.connect(lambda kind: self.canvas.insert_node(kind.name, place, edge_id))
        return self._open(popup, place)

    def ask_to_replace(self, node_id: str) -> AddNode:
        """Open the list of nodes at a step; the one that is chosen takes its place."""
        now = self.document.nodes[node_id].type
        frame = self.document.types[now].frame if now in self.document.types else False
        kinds = [kind for kind in self.document.types.values() if kind.name != now and kind.frame == frame]
        popup = AddNode(kinds, None, self)
        popup.chosen.connect(lambda kind: swapping.replace(self.canvas, node_id, kind))
        return self._open(popup, self.canvas.sheet.nodes[node_id].box.topLeft())

    def offer_converter(self, edge: Edge, why: BadLink) -> QMenu:
        """The step that would help, beside the port where the wire was let go."""
        self.converters = converter_menu(self.canvas, edge, why)
        place = self.canvas.sheet.ends(edge)[1]
        self.converters.popup(self.canvas.viewport().mapToGlobal(self.canvas.mapFromScene(place)))
        return self.converters

    def _open(self, popup: AddNode, place: QPointF) -> AddNode:
        popup.destroyed.connect(self._forget_popup)
        self.popup = popup
        popup.open_at(self.canvas.viewport().mapToGlobal(self.canvas.mapFromScene(place)))
        return popup

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._place()  # what lies in a hidden board has its new size only now

    def _add(self, kind: NodeType, place: QPointF, end: End | None) -> None:
        added = self.canvas.sheet.nodes[editing.add_node(self.canvas, kind, place, end)]
        if not added.box.intersects(self.canvas.visible_rect()):
            self.canvas.show_box(added.box)
        self.canvas.setFocus()

    def _forget_popup(self) -> None:
        self.popup = None
        if isValid(self.canvas):
            self.canvas.let_dangle(None)

    def _after_touch(self) -> None:
        sheet = self.canvas.sheet
        self.minimap.setVisible(len(sheet.nodes) > 1 and self._room_for_minimap())
        self.empty.setVisible(not (sheet.nodes or sheet.notes or sheet.areas))

    def _room_for_minimap(self) -> bool:
        return self.width() > 3 * self.minimap.width() and self.height() > 3.6 * self.minimap.height()

    def _place(self) -> None:
        self.strip.make_fit(self.width() - 2 * theme.size("space.3"))
        self.empty.adjustSize()
        self.find_bar.adjustSize()
        self._after_touch()
        self._stay()

    def _stay(self) -> None:
        """What lies over the canvas does not go along when it is scrolled."""
        gap, over = theme.size("space.3"), self.canvas.viewport()
        right, bottom = over.width() - gap, over.height() - gap
        self.strip.move(gap, bottom - self.strip.height())
        self.minimap.move(right - self.minimap.width(), bottom - self.minimap.height())
        self.find_bar.move(right - self.find_bar.width(), gap)
        self.empty.move((over.width() - self.empty.width()) // 2, (over.height() - self.empty.height()) // 2)
