"""One wire on the canvas: precomputed straight pieces, because one antialiased path costs fifteen times as much."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from studio.ui.canvas import routes
from studio.ui.canvas.detail import WIRE_COST, Detail
from studio.ui.canvas.look import look
from studio.ui.canvas.model import State
from studio.ui.canvas.node_item import NO_PEN, SELECTABLE, Z

ALPHA = {"done": 0.9, "cached": 0.9, "idle": 0.65, "waiting": 0.45, "skipped": 0.3, "failed": 0.9, "warning": 0.9}
DIMMED = 0.2
HIT = 6.0
SPEED = 60.0


class WireItem(QGraphicsRectItem):
    """`state` is what flows: idle, waiting, running (moving dashes), done, failed (dotted).

    A rectangle for Qt, which then need not ask Python where each of thousands lies.
    """

    # of the class, as long as they are what nearly all wires begin with
    state: State = "idle"
    kind = "any"
    hovered = dimmed = lifted = False  # lifted: painted by still.py
    course = routes.NOWHERE
    _points: list[QPointF] | None = None
    _lines: list[QLineF] | None = None
    _rough: list[QLineF] | None = None

    def __init__(self, edge_id: str, detail: Detail) -> None:
        super().__init__()
        self.edge_id, self.detail = edge_id, detail
        self.bends: list[QPointF] = []
        self.setPen(NO_PEN)
        self.setZValue(Z["wire"])
        self.setFlag(SELECTABLE)

    def lay(self, course: routes.Course, bends: Sequence[routes.Stop] = ()) -> None:
        stops = [QPointF(x, y) for x, y in bends]
        if course == self.course and stops == self.bends:
            return
        self.prepareGeometryChange()
        self.course, self.bends = course, stops
        self._points = self._lines = self._rough = None
        self.setRect(course.bounds(HIT))

    @property
    def points(self) -> list[QPointF]:
        if self._points is None:
            self._points = self.course.points()
        return self._points

    @property
    def lines(self) -> list[QLineF]:
        if self._lines is None:
            self._lines = self.course.lines()
        return self._lines

    @property
    def rough(self) -> list[QLineF]:
        """The few lines that it is from afar."""
        if self._rough is None:
            self._rough = self.course.rough_lines()
        return self._rough

    def show_kind(self, kind: str) -> None:
        """The type of what flows, whose colour it has."""
        if kind != self.kind:
            self.kind = kind
            if self.course is not routes.NOWHERE:
                self.update()

    def show_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.update()

    def show_hover(self, hovered: bool) -> None:
        if hovered != self.hovered:
            self.hovered = hovered
            self.update()

    def move_on(self) -> None:
        """Its dashes are elsewhere."""
        super().update()

    def update(self, *area: QRectF) -> None:
        """It will look different."""
        self.detail.version += 1
        super().update(*area)

    def show_dimmed(self, dimmed: bool) -> None:
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            self.update()

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.rect())
        return path

    def distance(self, place: QPointF) -> float:
        return routes.distance_to(self.points, place)

    def crosses(self, line: QLineF) -> bool:
        bounded = QLineF.IntersectionType.BoundedIntersection
        return any(piece.intersects(line)[0] == bounded for piece in self.lines)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not (self.detail.far or self.lifted):
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        pen = self.stroke()
        painter.setPen(pen)
        if self.state == "running" or self.state == "failed":
            self._dashed(painter, pen)
        else:
            painter.drawLines(self._now())
        if self.bends:
            self._dots(painter, pen.color())

    def _now(self) -> list[QLineF]:
        """Its lines; the rough ones where too many wires are seen for the first time at once."""
        ready = self._lines is not None or self.detail.allowance.spend(WIRE_COST, self)
        return self.lines if ready else self.rough

    def prepare(self) -> None:
        """Between two paintings, so that the next one is quick."""
        _ = self.lines

    def _dots(self, painter: QPainter, colour: QColor) -> None:
        """Where it can be grasped and led elsewhere."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for bend in self.bends:
            painter.drawEllipse(bend, 4.0, 4.0)

    def stroke(self) -> QPen:
        alpha = DIMMED if self.dimmed else ALPHA.get(self.state, 1.0)
        chosen = self.isSelected() or self.hovered
        if self.isSelected():
            return look().pen("accent.ring", 3.0)
        return look().wire(self.kind, 3.0 if chosen else 2.0, 1.0 if chosen else alpha)

    def _dashed(self, painter: QPainter, pen: QPen) -> None:
        """Dashes run along the whole wire, so these few are drawn as one line."""
        pen, width = QPen(pen), pen.widthF()
        pattern = [6.0, 5.0] if self.state == "running" else [2.0, 4.0]
        pen.setDashPattern([part / width for part in pattern])
        if self.state == "running" and not self.detail.still:
            pen.setDashOffset(-(self.detail.turn * SPEED) / width)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(self.points))
