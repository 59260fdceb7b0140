"""Steps and wires that a later version no longer has: dashed, at the place where they were. They take no clicks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Node
from studio.ui.canvas import node_paint, routes
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import face_of
from studio.ui.canvas.layout import FRAME_SIZE, HEADER, PAD, RADIUS, Layout, place_frame, place_node
from studio.ui.canvas.look import look
from studio.ui.canvas.model import Live, NodeFace
from studio.ui.canvas.node_item import Z
from studio.ui.language import tr

REMOVED = Text("removed", "已删除")
COLOUR = "danger.solid"
TAG, GAP = 18.0, 3.0
FILL, FAINT = 0.55, 0.8


class Ghost(QGraphicsItem):
    """One step that is gone. `box` is where it lay, in the scene."""

    def __init__(self, node: Node, document: Document) -> None:
        super().__init__()
        self.node = node
        kind = document.type_of(node)
        self.face: NodeFace = face_of(node, kind, document.ports_as(node), document.names)
        self.layout: Layout = _layout(self.face, node)
        self.setPos(*node.position)
        self.setZValue((Z["frame"] if self.face.frame else Z["node"]) - 1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def box(self) -> QRectF:
        return QRectF(self.pos().x(), self.pos().y(), self.layout.width, self.layout.height)

    def anchor(self, port: str, begins: bool, inner: bool) -> QPointF:
        """Where a wire of that port ended."""
        spot = self.layout.spot(port, begins, inner)
        return self.pos() + (spot.at if spot else QPointF(self.layout.width if begins else 0.0, HEADER / 2))

    def boundingRect(self) -> QRectF:
        return QRectF(-GAP, -TAG - GAP, self.layout.width + 2 * GAP, self.layout.height + TAG + 2 * GAP)

    def shape(self) -> QPainterPath:
        """Nothing can be hit: what is there now has the clicks."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """The empty box with what it was called, in its own coordinates."""
        rect = QRectF(0, 0, self.layout.width, self.layout.height)
        painter.setBrush(look().colour("canvas.node", FILL if not self.face.frame else 0.0))
        painter.setPen(QPen(look().colour(COLOUR), 2.0, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        found = look().icon(self.face.icon, "text.secondary", 12, 1.0)
        painter.drawPixmap(QRectF(PAD + 4, 10, 12, 12), found, QRectF(found.rect()))
        title = QRectF(PAD + 28, 0, rect.width() - PAD - 40, HEADER)
        node_paint.text(painter, title, self.face.title, "denseStrong", "text.secondary")
        if not self.face.frame:
            kind = QRectF(PAD, HEADER, rect.width() - 2 * PAD, 20)
            node_paint.text(painter, kind, self.face.kind, "caption", "text.tertiary")
        painter.setPen(look().colour(COLOUR))
        painter.setFont(look().font("caption"))
        painter.drawText(QPointF(4, -5), tr(REMOVED))


class GhostWire(QGraphicsItem):
    """One wire that is gone, between steps that are there, were there, or both."""

    def __init__(self, edge: Edge) -> None:
        super().__init__()
        self.edge = edge
        self._line = QPolygonF()
        self.setZValue(Z["wire"] - 1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def lay(self, start: QPointF, end: QPointF, source: QRectF, target: QRectF) -> None:
        line = QPolygonF(routes.route(start.toTuple(), end.toTuple(), source, target).points())
        if line != self._line:
            self.prepareGeometryChange()
            self._line = line

    def boundingRect(self) -> QRectF:
        return self._line.boundingRect().adjusted(-3, -3, 3, 3)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look().colour(COLOUR, FAINT), 2.0, Qt.PenStyle.DashLine))
        painter.drawPolyline(self._line)


def _layout(face: NodeFace, node: Node) -> Layout:
    if face.frame:
        width, height = node.size or FRAME_SIZE
        return place_frame(face, width, height, {})
    return place_node(face, Live(), node.size and node.size[0])
