"""One wire on the canvas: precomputed straight pieces, because one antialiased path costs fifteen times as much."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.ui.canvas import routes
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.look import look
from studio.ui.canvas.model import State
from studio.ui.canvas.node_item import Z

ALPHA = {"done": 0.9, "cached": 0.9, "idle": 0.65, "waiting": 0.45, "skipped": 0.3, "failed": 0.9, "warning": 0.9}
DIMMED = 0.2
HIT = 6.0
SPEED = 60.0


class WireItem(QGraphicsItem):
    """`state` is what flows: idle, waiting, running (moving dashes), done, failed (dotted)."""

    def __init__(self, edge_id: str, kind: str, detail: Detail) -> None:
        super().__init__()
        self.edge_id, self.kind, self.detail = edge_id, kind, detail
        self.state: State = "idle"
        self.hovered = self.dimmed = False
        self.bends: list[QPointF] = []
        self.course = routes.NOWHERE
        self._points: list[QPointF] | None = None
        self._lines: list[QLineF] | None = None
        self._rough: list[QLineF] | None = None
        self._bounds = QRectF()
        self.setZValue(Z["wire"])
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)

    def lay(self, course: routes.Course, bends: list[tuple[float, float]] | None = None) -> None:
        self.prepareGeometryChange()
        self.course = course
        self.bends = [QPointF(x, y) for x, y in bends or ()]
        self._points = self._lines = self._rough = None
        self._bounds = course.bounds(HIT)

    @property
    def points(self) -> list[QPointF]:
        if self._points is None:
            self._points = self.course.points()
        return self._points

    @property
    def lines(self) -> list[QLineF]:
        if self._lines is None:
            self._lines = routes.lines_of(self.points)
        return self._lines

    @property
    def rough(self) -> list[QLineF]:
        """The few lines that it is from afar."""
        if self._rough is None:
            self._rough = self.course.rough_lines()
        return self._rough

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
        self.update()

    def show_dimmed(self, dimmed: bool) -> None:
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self._bounds)
        return path

    def distance(self, place: QPointF) -> float:
        return routes.distance_to(self.points, place)

    def crosses(self, line: QLineF) -> bool:
        bounded = QLineF.IntersectionType.BoundedIntersection
        return any(piece.intersects(line)[0] == bounded for piece in self.lines)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.detail.far:
            return
        pen = self.pen()
        painter.setPen(pen)
        if self.state == "running" or self.state == "failed":
            self._dashed(painter, pen)
        else:
            painter.drawLines(self.lines)
        if self.bends:
            self._dots(painter, pen.color())

    def _dots(self, painter: QPainter, colour: QColor) -> None:
        """Where it can be grasped and led elsewhere."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for bend in self.bends:
            painter.drawEllipse(bend, 4.0, 4.0)

    def pen(self) -> QPen:
        alpha = DIMMED if self.dimmed else ALPHA.get(self.state, 1.0)
        chosen = self.isSelected() or self.hovered
        colour = look().colour("accent.ring") if self.isSelected() else look().port(self.kind, 1.0 if chosen else alpha)
        pen = QPen(colour, 3.0 if chosen else 2.0)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def _dashed(self, painter: QPainter, pen: QPen) -> None:
        """Dashes run along the whole wire, so these few are drawn as one line."""
        width = pen.widthF()
        pattern = [6.0, 5.0] if self.state == "running" else [2.0, 4.0]
        pen.setDashPattern([part / width for part in pattern])
        if self.state == "running" and not self.detail.still:
            pen.setDashOffset(-(self.detail.turn * SPEED) / width)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(self.points))
