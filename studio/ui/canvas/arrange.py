"""A layered layout: every step stands right of what feeds it, in rows that follow its sources. Linear in wires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COLUMN_GAP = 72.0
ROW_GAP = 40.0


@dataclass(slots=True)
class Box:
    """A thing to place."""

    id: str
    width: float
    height: float


def layers(boxes: Iterable[str], wires: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a source to each box; wires that close a circle count for nothing."""
    after, waiting = _successors(boxes, wires)
    column = dict.fromkeys(after, 0)
    ready = [box for box, count in waiting.items() if not count]
    while ready:
        box = ready.pop()
        for follower in after[box]:
            column[follower] = max(column[follower], column[box] + 1)
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    return column


def arrange(
    boxes: list[Box], wires: list[tuple[str, str]], left: float = 0.0, top: float = 0.0
) -> dict[str, tuple[float, float]]:
    """Where each box goes: columns by `layers`, rows by the middle of its sources (two sweeps keep crossings few)."""
    column = layers([box.id for box in boxes], wires)
    sizes = {box.id: box for box in boxes}
    columns: dict[int, list[str]] = {}
    for box in boxes:
        columns.setdefault(column[box.id], []).append(box.id)
    sources: dict[str, list[str]] = {box.id: [] for box in boxes}
    for start, end in wires:
        if start in sources and end in sources:
            sources[end].append(start)
    return _placed(columns, sources, sizes, left, top)


def _placed(
    columns: dict[int, list[str]], sources: dict[str, list[str]], sizes: dict[str, Box], left: float, top: float
) -> dict[str, tuple[float, float]]:
    places: dict[str, tuple[float, float]] = {}
    x = left
    for number in sorted(columns):
        wanted = {box: _beside(box, sources, places, sizes, top) for box in columns[number]}
        y = top
        for box in sorted(columns[number], key=lambda name: wanted[name]):
            y = max(y, wanted[box])
            places[box] = (_grid(x), _grid(y))
            y += sizes[box].height + ROW_GAP
        x += max(sizes[box].width for box in columns[number]) + COLUMN_GAP
    return places


def _beside(
    box: str, sources: dict[str, list[str]], places: dict[str, tuple[float, float]], sizes: dict[str, Box], top: float
) -> float:
    """The height at which a box stands level with what feeds it."""
    feeding = [places[name][1] + sizes[name].height / 2 for name in sources[box] if name in places]
    if not feeding:
        return top
    return sum(feeding) / len(feeding) - sizes[box].height / 2


def _successors(boxes: Iterable[str], wires: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, int]]:
    after: dict[str, list[str]] = {box: [] for box in boxes}
    waiting = dict.fromkeys(after, 0)
    for start, end in set(wires):
        if start in after and end in after and start != end:
            after[start].append(end)
            waiting[end] += 1
    return after, waiting


def _grid(value: float) -> float:
    return round(value / 8.0) * 8.0
