"""The course of a wire: a few stops that are worked out when an end moves. Its points are made when somebody looks at it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

STUB = 16.0
CORNER = 12.0
CURVE_STEPS = 18
CORNER_STEPS = 4

Stop = tuple[float, float]
BLENDS = [
    (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
    for t in (step / CURVE_STEPS for step in range(1, CURVE_STEPS))
    for u in (1 - t,)
]  # how much of each stop is in each point of a curve, its ends left out


@dataclass(frozen=True, slots=True)
class Piece:
    """A curve with its four control points, or straight lines with round corners."""

    stops: tuple[Stop, ...]
    curved: bool = False

    def points(self) -> list[QPointF]:
        if not self.curved:
            return rounded([QPointF(x, y) for x, y in self.stops])
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.stops
        inner = [QPointF(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3) for a, b, c, d in BLENDS]
        return [QPointF(x0, y0), *inner, QPointF(x3, y3)]

    def rough(self) -> list[Stop]:
        """A curve in three pieces, an orthogonal line by its corners: hairlines need no more."""
        if not self.curved:
            return list(self.stops)
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.stops
        inner = [
            (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
            for a, b, c, d in (BLENDS[5], BLENDS[11])
        ]
        return [(x0, y0), *inner, (x3, y3)]


@dataclass(frozen=True, slots=True)
class Course:
    """Piece after piece; each begins where the last one ended."""

    pieces: tuple[Piece, ...]

    def points(self) -> list[QPointF]:
        first, *more = self.pieces
        return [*first.points(), *(point for piece in more for point in piece.points()[1:])]

    def rough_lines(self) -> list[QLineF]:
        """For the sheet seen from afar."""
        return [QLineF(a[0], a[1], b[0], b[1]) for piece in self.pieces for a, b in itertools.pairwise(piece.rough())]

    def bounds(self, margin: float) -> QRectF:
        """A box that holds it; a curve lies within its control points."""
        xs = [x for piece in self.pieces for x, _ in piece.stops]
        ys = [y for piece in self.pieces for _, y in piece.stops]
        left, top = min(xs) - margin, min(ys) - margin
        return QRectF(left, top, max(xs) + margin - left, max(ys) + margin - top)


NOWHERE = Course((Piece(((0.0, 0.0), (1.0, 0.0))),))


def route(start: QPointF, end: QPointF, source: QRectF, target: QRectF, lane: float = 0.0) -> Course:
    """Forward wires are curves; backward ones run orthogonally in the gap between the two boxes.

    `lane` moves a backward wire aside, so that two of them do not lie on each other.
    """
    a, b = (start.x(), start.y()), (end.x(), end.y())
    if b[0] - a[0] >= CORNER or _close(a, b):
        return Course((_forward(a, b),))
    return Course((_backward(a, b, source, target, lane),))


def through(start: QPointF, end: QPointF, via: list[Stop]) -> Course:
    """From bend to bend: curves to the right, straight lines to the left."""
    stops = [(start.x(), start.y()), *via, (end.x(), end.y())]
    return Course(
        tuple(_forward(a, b) if b[0] - a[0] >= CORNER else Piece((a, b)) for a, b in itertools.pairwise(stops))
    )


def _forward(start: Stop, end: Stop) -> Piece:
    if abs(start[1] - end[1]) < 0.5:
        return Piece((start, end))
    handle = min(max(abs(end[0] - start[0]) * 0.5, 24.0), 120.0)
    return Piece((start, (start[0] + handle, start[1]), (end[0] - handle, end[1]), end), curved=True)


def _backward(start: Stop, end: Stop, source: QRectF, target: QRectF, lane: float) -> Piece:
    out, into = start[0] + STUB + lane, end[0] - STUB - lane
    middle = between(source, target) + lane
    return Piece((start, (out, start[1]), (out, middle), (into, middle), (into, end[1]), end))


def between(source: QRectF, target: QRectF) -> float:
    """The height of the gap between two boxes, or one just below both when they stand side by side."""
    if target.top() >= source.bottom():
        return (source.bottom() + target.top()) / 2
    if target.bottom() <= source.top():
        return (target.bottom() + source.top()) / 2
    return max(source.bottom(), target.bottom()) + STUB


def rounded(corners: list[QPointF], radius: float = CORNER) -> list[QPointF]:
    """An orthogonal line with its corners rounded."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        reach = min(radius, _distance(before, corner) / 2, _distance(corner, after) / 2)
        if reach < 1:
            points.append(corner)
            continue
        points.extend(_bend(_toward(corner, before, reach), corner, _toward(corner, after, reach)))
    points.append(corners[-1])
    return points


def lines_of(points: list[QPointF]) -> list[QLineF]:
    return [QLineF(a, b) for a, b in itertools.pairwise(points)]


def distance_to(points: list[QPointF], place: QPointF) -> float:
    """How far a place lies from a wire."""
    return min(_from_line(a, b, place) for a, b in itertools.pairwise(points))


def _bend(first: QPointF, corner: QPointF, last: QPointF) -> list[QPointF]:
    points = []
    for step in range(CORNER_STEPS + 1):
        t = step / CORNER_STEPS
        points.append(first * ((1 - t) ** 2) + corner * (2 * t * (1 - t)) + last * (t * t))
    return points


def _toward(start: QPointF, end: QPointF, reach: float) -> QPointF:
    return start + (end - start) * (reach / _distance(start, end))


def _distance(a: QPointF, b: QPointF) -> float:
    return math.hypot(b.x() - a.x(), b.y() - a.y())


def _from_line(a: QPointF, b: QPointF, place: QPointF) -> float:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = dx * dx + dy * dy
    along = 0.0 if not length else ((place.x() - a.x()) * dx + (place.y() - a.y()) * dy) / length
    along = min(1.0, max(0.0, along))
    return math.hypot(place.x() - a.x() - along * dx, place.y() - a.y() - along * dy)


def _close(start: Stop, end: Stop) -> bool:
    """Ends that all but touch are joined straight (a frame's port beside a step's)."""
    return end[0] - start[0] >= 0 and abs(start[1] - end[1]) < 0.5
