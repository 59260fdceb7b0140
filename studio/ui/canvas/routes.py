"""The course of a wire: a few stops that are worked out when an end moves. Its points are made when somebody looks at it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF

STUB = 16.0
CORNER = 12.0
CURVE_STEPS = 18
FEWEST_STEPS = 8
STEP = 14.0  # scene units of a curve between two of its points, where it is short
CORNER_STEPS = 4

Stop = tuple[float, float]


# how much of the point before, the corner and the point after is in each point of a rounded corner
CORNER_SHARES = [
    ((1 - t) ** 2, 2 * t * (1 - t), t * t) for t in (step / CORNER_STEPS for step in range(CORNER_STEPS + 1))
]


@cache
def blends(steps: int) -> list[tuple[float, float, float, float]]:
    """How much of each stop is in each point of a curve, its ends left out."""
    shares = (step / steps for step in range(1, steps))
    return [(u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t) for t in shares for u in (1 - t,)]


class Piece(NamedTuple):
    """A curve with its four control points, or straight lines with round corners."""

    stops: tuple[Stop, ...]
    curved: bool = False

    def fine(self) -> list[Stop]:
        """Its points, close enough to each other to look round."""
        if not self.curved:
            return rounded(self.stops)
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.stops
        steps = min(CURVE_STEPS, max(FEWEST_STEPS, math.ceil(math.hypot(x3 - x0, y3 - y0) / STEP)))
        inner = [(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3) for a, b, c, d in blends(steps)]
        return [(x0, y0), *inner, (x3, y3)]

    def rough(self) -> list[Stop]:
        """A curve in three pieces, an orthogonal line by its corners: hairlines need no more."""
        if not self.curved:
            return list(self.stops)
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.stops
        inner = [(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3) for a, b, c, d in blends(3)]
        return [(x0, y0), *inner, (x3, y3)]


class Course(NamedTuple):
    """Piece after piece; each begins where the last one ended."""

    pieces: tuple[Piece, ...]

    @property
    def begin(self) -> Stop:
        return self.pieces[0].stops[0]

    def points(self) -> list[QPointF]:
        return [QPointF(x, y) for x, y in self._fine()]

    def lines(self) -> list[QLineF]:
        """From point to point, made of plain numbers: while a step is dragged its wires are worked out in every frame."""
        return [QLineF(*a, *b) for a, b in itertools.pairwise(self._fine())]

    def _fine(self) -> list[Stop]:
        first, *more = self.pieces
        return first.fine() if not more else [*first.fine(), *(stop for piece in more for stop in piece.fine()[1:])]

    def rough_lines(self) -> list[QLineF]:
        """For the sheet seen from afar."""
        return [QLineF(a[0], a[1], b[0], b[1]) for piece in self.pieces for a, b in itertools.pairwise(piece.rough())]

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Left, top, right and bottom of each of those lines."""
        return [
            (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            for piece in self.pieces
            for a, b in itertools.pairwise(piece.rough())
        ]

    def bounds(self, margin: float) -> QRectF:
        """A box that holds it; a curve lies within its control points."""
        xs, ys = zip(*itertools.chain.from_iterable(piece.stops for piece in self.pieces), strict=True)
        left, top = min(xs) - margin, min(ys) - margin
        return QRectF(left, top, max(xs) + margin - left, max(ys) + margin - top)


NOWHERE = Course((Piece(((0.0, 0.0), (1.0, 0.0))),))


def route(start: Stop, end: Stop, source: QRectF, target: QRectF, lane: float = 0.0) -> Course:
    """Forward wires are curves; backward ones run orthogonally in the gap between the two boxes.

    `lane` moves a backward wire aside, so that two of them do not lie on each other.
    """
    if goes_back(start, end):
        return Course((_backward(start, end, source, target, lane),))
    return Course((_forward(start, end),))


def goes_back(start: Stop, end: Stop) -> bool:
    """Ends that all but touch are joined straight (a frame's port beside a step's)."""
    forth = end[0] - start[0]
    return forth < CORNER and not (forth >= 0 and abs(start[1] - end[1]) < 0.5)


def through(start: Stop, end: Stop, via: list[Stop]) -> Course:
    """From bend to bend: curves to the right, straight lines to the left."""
    stops = [start, *via, end]
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


def rounded(corners: Sequence[Stop], radius: float = CORNER) -> list[Stop]:
    """A line of straight pieces with its corners rounded."""
    found = [corners[0]]
    for (x0, y0), (x1, y1), (x2, y2) in zip(corners, corners[1:], corners[2:], strict=False):
        before, after = math.hypot(x0 - x1, y0 - y1), math.hypot(x2 - x1, y2 - y1)
        reach = min(radius, before / 2, after / 2)
        if reach < 1:
            found.append((x1, y1))
            continue
        x0, y0 = x1 + (x0 - x1) * reach / before, y1 + (y0 - y1) * reach / before
        x2, y2 = x1 + (x2 - x1) * reach / after, y1 + (y2 - y1) * reach / after
        found += [(a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2) for a, b, c in CORNER_SHARES]
    return [*found, corners[-1]]


def distance_to(points: list[QPointF], place: QPointF) -> float:
    """How far a place lies from a wire."""
    return min(_from_line(a, b, place) for a, b in itertools.pairwise(points))


def _from_line(a: QPointF, b: QPointF, place: QPointF) -> float:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = dx * dx + dy * dy
    along = 0.0 if not length else ((place.x() - a.x()) * dx + (place.y() - a.y()) * dy) / length
    along = min(1.0, max(0.0, along))
    return math.hypot(place.x() - a.x() - along * dx, place.y() - a.y() - along * dy)
