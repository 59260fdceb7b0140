"""The dotted link between a variant and the step whose inputs it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.workflows.graph import Node
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem, Z

if TYPE_CHECKING:
    from studio.ui.canvas.scene import CanvasScene


class VariantLink(QGraphicsItem):
    """Painted in the colour of the variant's state; takes no part in selecting."""

    def __init__(self, variant: NodeItem) -> None:
        super().__init__()
        self.variant, self.line = variant, QLineF()
        self.setZValue(Z["wire"])
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def lay(self, parent: NodeItem) -> None:
        """From the parent's lower edge to the variant's upper one, or the other way about where that lies above."""
        above, below = sorted((parent.box, self.variant.box), key=lambda box: box.top())
        left, right = max(above.left(), below.left()), min(above.right(), below.right())
        x = (left + right) / 2 if left < right else above.center().x()
        end = below.top() if below.top() > above.bottom() else above.bottom()
        self.prepareGeometryChange()
        self.line = QLineF(QPointF(x, above.bottom()), QPointF(x if left < right else below.center().x(), end))

    def boundingRect(self) -> QRectF:
        return QRectF(self.line.p1(), self.line.p2()).normalized().adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.variant.detail.far:
            return
        failed = self.variant.live.state == "failed"
        pen = QPen(look().colour("danger.text" if failed else "text.tertiary"), 2.0)
        pen.setDashPattern([1.0, 2.0])
        painter.setPen(pen)
        painter.drawLine(self.line)


class Links:
    """The links of one sheet. Costs nothing where there are no variants."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self.items: dict[str, VariantLink] = {}

    def add(self, node: Node) -> None:
        if node.variant_of:
            link = self.items[node.id] = VariantLink(self._scene.nodes[node.id])
            self._scene.addItem(link)

    def drop(self, node_id: str) -> None:
        link = self.items.pop(node_id, None)
        if link is not None:
            self._scene.removeItem(link)

    def lay(self) -> None:
        for node_id, link in self.items.items():
            parent = self._scene.nodes.get(self._scene.document.nodes[node_id].variant_of)
            link.setVisible(parent is not None)
            if parent is not None:
                link.lay(parent)
