"""Draw a wire from a port. The engine judges every target; this only shows what it says."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Graph, fits
from studio.engine.workflows.links import BadLink
from studio.ui.canvas import routes
from studio.ui.canvas.commands import Connect, Remove
from studio.ui.canvas.document import Parts
from studio.ui.canvas.ends import End
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.layout import Spot
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.shapes import draw_port

SMALL = 150
WRONG_SIDE = Text("Wires go from an output to an input.", "连线只能从输出连到输入。")


class ConnectPorts(Gesture):
    """Ports that fit grow, the others dim to 20 %. Over a port that does not fit the reason stands at the pointer.

    A wire that is taken off its input (`taken`) is moved: dropped nowhere, it is gone.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas, start: QPointF, end: End, taken: Edge | None = None) -> None:
        super().__init__(canvas, start)
        self.fixed, self.taken = end, taken
        self.over: End | None = None
        self.why: StudioError | None = None
        self.graph: Graph = canvas.document.graph
        self.origin = canvas.sheet.nodes[end.node_id].pos() + end.spot.at
        self.place = start
        if taken is not None:
            canvas.sheet.wires[taken.id].setVisible(False)
        self._judge_all()

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self.place = place
        over = self.canvas.end_at(place) or self._offered_by(place)
        if over is not None and (over.node_id, over.spot.port) == (self.fixed.node_id, self.fixed.spot.port):
            over = None
        if over != self.over:
            self.over, self.why = over, None
            if over is not None:
                self.why = self.refusal(over)
            self.canvas.show_reason(self.why, place)
        self.canvas.viewport().update()

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        self.move(place, keys)
        self._clear()
        if self.over is None:
            self._dropped_nowhere(place)
        elif self.why is None:
            self.connect(self.over)
        elif isinstance(self.why, BadLink) and self.why.converter in self.canvas.document.types:
            self.canvas.converter_wanted.emit(self.edge_to(self.over), self.why)

    def cancel(self) -> None:
        self._clear()
        self.canvas.show_reason(None, self.place)

    def connect(self, end: End) -> None:
        document = self.canvas.document
        edge = self.edge_to(end)
        if self.taken and (edge.target, edge.target_port) == (self.taken.target, self.taken.target_port):
            return
        occupant = document.occupant(edge)
        replaced = [old for old in (occupant, self.taken) if old is not None]
        document.undo.push(Connect(document, edge, list({old.id: old for old in replaced}.values())))

    def edge_to(self, end: End) -> Edge:
        start, target = (self.fixed, end) if self.fixed.begins else (end, self.fixed)
        return Edge(
            source=start.node_id, source_port=start.spot.port.name,
            target=target.node_id, target_port=target.spot.port.name,
        )  # fmt: skip

    def refusal(self, end: End) -> StudioError | None:
        """Why no wire may go there; asked of the engine, without the wire that it would replace."""
        if end.begins == self.fixed.begins:
            return StudioError(WRONG_SIDE)
        edge = self.edge_to(end)
        gone = [old.id for old in (self.canvas.document.occupant(edge), self.taken) if old is not None]
        return self.canvas.document.refusal(edge, gone, self.graph)

    def paint(self, painter: QPainter) -> None:
        end = self.place
        if self.over is not None and self.why is None:
            end = self.canvas.sheet.nodes[self.over.node_id].pos() + self.over.spot.at
        start, finish = (self.origin, end) if self.fixed.begins else (end, self.origin)
        kind = self.fixed.spot.port.type
        pen = QPen(look().colour("danger.text") if self.why else look().port(kind), 2.0)
        pen.setDashPattern([2.0, 2.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        course = routes.route(start.toTuple(), finish.toTuple(), QRectF(start, start), QRectF(finish, finish))
        painter.drawPolyline(QPolygonF(course.points()))
        draw_port(painter, kind, self.origin, True, 2.0)

    def _offered_by(self, place: QPointF) -> End | None:
        """Over a step itself: its first free port that fits, one of the very type before others."""
        step = self.canvas.thing_at(place)
        if not isinstance(step, NodeItem) or step.face.id == self.fixed.node_id or step.judged is None:
            return None
        free = [s for s in step.layout.spots if step.judged[_key(s)] and (s.port.many or _key(s) not in step.connected)]
        best = min(free, key=lambda spot: spot.port.type != self.fixed.spot.port.type, default=None)
        return End(step.face.id, best) if best else None

    def _judge_all(self) -> None:
        """Mark every port. In a large graph by type alone; the whole judgement comes when the pointer is there."""
        exact = len(self.canvas.sheet.nodes) <= SMALL
        for node_id, item in self.canvas.sheet.nodes.items():
            item.show_judged({_key(spot): self._fits(End(node_id, spot), exact) for spot in item.layout.spots})

    def _fits(self, end: End, exact: bool) -> bool:
        if end == self.fixed:
            return True
        if end.begins == self.fixed.begins or end.node_id == self.fixed.node_id:
            return False
        if not self._same_side(end):
            return False
        if exact:
            return self.refusal(end) is None
        start, target = (self.fixed, end) if self.fixed.begins else (end, self.fixed)
        return fits(start.spot.port.type, target.spot.port.type)

    def _same_side(self, end: End) -> bool:
        """A frame's inner ports are for what lies in it, its outer ones for the rest."""
        start, target = (self.fixed, end) if self.fixed.begins else (end, self.fixed)
        nodes = self.canvas.document.nodes
        from_inside = nodes[target.node_id].parent == start.node_id
        to_inside = nodes[start.node_id].parent == target.node_id
        return (start.spot.port.side == "inner_output") == from_inside and (
            target.spot.port.side == "inner_input"
        ) == to_inside

    def _dropped_nowhere(self, place: QPointF) -> None:
        if self.taken is not None:
            self.canvas.document.undo.push(Remove(self.canvas.document, Parts(edges=[self.taken])))
        elif (place - self.start).manhattanLength() * self.canvas.detail.zoom > 24 and self.canvas.empty_at(place):
            self.canvas.let_dangle(self)
            self.canvas.add_wanted.emit(place, self.fixed)

    def _clear(self) -> None:
        for item in self.canvas.sheet.nodes.values():
            item.show_judged(None)
        if self.taken is not None and self.taken.id in self.canvas.sheet.wires:
            self.canvas.sheet.wires[self.taken.id].setVisible(True)
        self.canvas.viewport().update()


def _key(spot: Spot) -> tuple[str, str]:
    return (spot.port.side, spot.port.name)
