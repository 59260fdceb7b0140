"""What differs between two versions, on the sheet: outlines around what came and what is another one, ghosts of what is gone.

They take no clicks. From afar the sheet paints them by `draw`.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.text import Text
from studio.ui.canvas.document import Parts
from studio.ui.canvas.ghosts import Ghost, GhostWire
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem, Z
from studio.ui.canvas.scene import CanvasScene
from studio.ui.language import tr

GAP, TAG = 7.0, 18.0
WORDS = {"added": Text("new", "新增"), "changed": Text("changed", "已修改")}
COLOURS = {"added": "success.solid", "changed": "warning.solid"}


class Marks(QObject):
    """The marks of one sheet, which follow their steps; `show({})` takes them away."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self._scene = scene
        self.items: dict[str, Mark] = {}
        self.ghosts: dict[str, Ghost] = {}
        self.wires: list[GhostWire] = []
        scene.touched.connect(self._follow)

    def show(self, kinds: dict[str, str], gone: Parts | None = None) -> None:
        """Mark these steps, each "added" or "changed"; those that are not on the sheet are passed over. What is `gone` and
        does not lie on the sheet comes as ghosts."""
        for item in (*self.items.values(), *self.ghosts.values(), *self.wires):
            self._scene.removeItem(item)
        gone, scene = gone or Parts(), self._scene
        self.items = {name: Mark(kind) for name, kind in kinds.items() if name in scene.nodes}
        self.ghosts = {node.id: Ghost(node, scene.document) for node in gone.nodes if node.id not in scene.nodes}
        known = {*scene.nodes, *self.ghosts}
        self.wires = [GhostWire(edge) for edge in gone.edges if {edge.source, edge.target} <= known]
        for item in (*self.items.values(), *self.ghosts.values(), *self.wires):
            scene.addItem(item)
        scene.overlays = [self.draw] if self.items or self.ghosts or self.wires else []
        scene.touched.emit()  # `_follow` hears it, too

    def draw(self, painter: QPainter) -> None:
        """All of it, in the scene's coordinates."""
        for item in (*self.wires, *self.ghosts.values(), *self.items.values()):
            painter.save()
            painter.translate(item.pos())
            item.draw(painter)
            painter.restore()

    def _follow(self) -> None:
        self._follow_steps()
        for wire in self.wires:
            edge = wire.edge
            inner = self._parent(edge.target) == edge.source, self._parent(edge.source) == edge.target
            source, target = self._item(edge.source), self._item(edge.target)
            if source is not None and target is not None:
                start = source.anchor(edge.source_port, True, inner[0])
                wire.lay(start, target.anchor(edge.target_port, False, inner[1]), source.box, target.box)

    def _parent(self, name: str) -> str | None:
        node = self._scene.document.nodes.get(name) or (self.ghosts[name].node if name in self.ghosts else None)
        return node.parent if node is not None else None

    def _item(self, name: str) -> NodeItem | Ghost | None:
        return self._scene.nodes.get(name) or self.ghosts.get(name)

    def _follow_steps(self) -> None:
        for name, mark in list(self.items.items()):
            if name in self._scene.nodes:
                mark.surround(self._scene.nodes[name].box)
            else:
                self._scene.removeItem(self.items.pop(name))


class Mark(QGraphicsItem):
    """A thick line around one step, with a word."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._box = QRectF()
        self.setZValue(Z["node"] + 1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def surround(self, box: QRectF) -> None:
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box

    def boundingRect(self) -> QRectF:
        return self._box.adjusted(-GAP - 3, -GAP - TAG - 3, GAP + 3, GAP + 3)

    def shape(self) -> QPainterPath:
        """Nothing can be hit: the step below has the clicks."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        colour = look().colour(COLOURS[self.kind])
        around = self._box.adjusted(-GAP, -GAP, GAP, GAP)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2.5, Qt.PenStyle.SolidLine if self.kind == "added" else Qt.PenStyle.DashLine))
        painter.drawRoundedRect(around, 12, 12)
        painter.setPen(colour)
        painter.setFont(look().font("caption"))
        painter.drawText(QPointF(around.left() + 4, around.top() - 5), tr(WORDS[self.kind]))
