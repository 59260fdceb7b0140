"""The course of a wire as a list of points, worked out once when an end moves and only drawn after that."""

from __future__ import annotations

import itertools
import math

from PySide6.QtCore import QLineF, QPointF, QRectF

STUB = 16.0
CORNER = 12.0
CURVE_STEPS = 18
CORNER_STEPS = 4


def route(start: QPointF, end: QPointF, source: QRectF, target: QRectF, lane: float = 0.0) -> list[QPointF]:
    """Forward wires are curves; backward ones run orthogonally in the gap between the two boxes.

    `lane` moves a backward wire aside, so that two of them do not lie on each other.
    """
    if end.x() - start.x() >= CORNER or _close(start, end):
        return forward(start, end)
    return backward(start, end, source, target, lane)


def through(start: QPointF, end: QPointF, via: list[tuple[float, float]]) -> list[QPointF]:
    """From bend to bend: curves to the right, straight lines to the left."""
    stops = [start, *(QPointF(x, y) for x, y in via), end]
    points = [start]
    for a, b in itertools.pairwise(stops):
        points += forward(a, b)[1:] if b.x() - a.x() >= CORNER else [b]
    return points


def forward(start: QPointF, end: QPointF) -> list[QPointF]:
    if abs(start.y() - end.y()) < 0.5:
        return [start, end]
    handle = min(max(abs(end.x() - start.x()) * 0.5, 24.0), 120.0)
    x0, y0, x3, y3 = start.x(), start.y(), end.x(), end.y()
    x1, x2 = x0 + handle, x3 - handle
    points = []
    for step in range(CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        u = 1 - t
        a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        points.append(QPointF(a * x0 + b * x1 + c * x2 + d * x3, (a + b) * y0 + (c + d) * y3))
    return points


def backward(start: QPointF, end: QPointF, source: QRectF, target: QRectF, lane: float = 0.0) -> list[QPointF]:
    out, into = start.x() + STUB + lane, end.x() - STUB - lane
    middle = between(source, target) + lane
    corners = [start, QPointF(out, start.y()), QPointF(out, middle), QPointF(into, middle), QPointF(into, end.y()), end]
    return rounded(corners)


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


def bounds(points: list[QPointF], margin: float) -> QRectF:
    xs, ys = [p.x() for p in points], [p.y() for p in points]
    left, top = min(xs) - margin, min(ys) - margin
    return QRectF(left, top, max(xs) + margin - left, max(ys) + margin - top)


def distance_to(points: list[QPointF], place: QPointF) -> float:
    """How far a place lies from a wire."""
    return min(_from_line(a, b, place) for a, b in itertools.pairwise(points))


def middle_of(points: list[QPointF]) -> QPointF:
    """The place half-way along a wire, where its label stands."""
    left = sum(_distance(a, b) for a, b in itertools.pairwise(points)) / 2
    for a, b in itertools.pairwise(points):
        length = _distance(a, b)
        if length and left <= length:
            return a + (b - a) * (left / length)
        left -= length
    return points[-1]


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


def _close(start: QPointF, end: QPointF) -> bool:
    """Ends that all but touch are joined straight (a frame's port beside a step's)."""
    return end.x() - start.x() >= 0 and abs(start.y() - end.y()) < 0.5
