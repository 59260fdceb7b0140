"""A layered layout: every step stands right of what feeds it. fast-sugiyama gives columns and the order in them, with few
crossings; the places are worked out here, because steps have sizes and it knows points only."""

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
    """Where each box goes. What hangs together stands together; what is not wired to anything stands in a row below."""
    sizes = {box.id: box for box in boxes}
    inner = sorted({(start, end) for start, end in wires if start in sizes and end in sizes and start != end})
    sources: dict[str, list[str]] = {box.id: [] for box in boxes}
    for start, end in inner:
        sources[end].append(start)
    places: dict[str, tuple[float, float]] = {}
    for columns in _groups(inner):
        places.update(_placed(columns, sources, sizes, left, top))
        top = _below(places, sizes)
    x = left
    for box in boxes:
        if box.id not in places:
            places[box.id] = (_grid(x), _grid(top))
            x += box.width + ROW_GAP
    return places


def _groups(wires: list[tuple[str, str]]) -> list[list[list[str]]]:
    """For all that hangs together its columns from left to right, each from top to bottom; the largest group first."""
    if not wires:
        return []
    from fast_sugiyama import from_edges

    known = {name for wire in wires for name in wire}
    found = []
    for positions, *_ in from_edges(wires):
        columns: dict[float, list[tuple[float, str]]] = {}
        for name, (across, down) in positions:
            if name in known:  # the others are bends of long wires
                columns.setdefault(-down, []).append((across, name))
        found.append([[name for _, name in sorted(columns[key])] for key in sorted(columns)])
    return sorted(found, key=lambda group: -sum(len(column) for column in group))


def _below(places: dict[str, tuple[float, float]], sizes: dict[str, Box]) -> float:
    return max(y + sizes[name].height for name, (_, y) in places.items()) + 2 * ROW_GAP


def _placed(
    columns: list[list[str]], sources: dict[str, list[str]], sizes: dict[str, Box], left: float, top: float
) -> dict[str, tuple[float, float]]:
    places: dict[str, tuple[float, float]] = {}
    x = left
    for column in columns:
        y = top
        for box in column:
            y = max(y, _beside(box, sources, places, top))
            places[box] = (_grid(x), _grid(y))
            y += sizes[box].height + ROW_GAP
        x += max(sizes[box].width for box in column) + COLUMN_GAP
    return places


def _beside(box: str, sources: dict[str, list[str]], places: dict[str, tuple[float, float]], top: float) -> float:
    """Level with what feeds it, upper edge by upper edge: a wire from first port to first port is straight."""
    feeding = [places[name][1] for name in sources[box] if name in places]
    return sum(feeding) / len(feeding) if feeding else top


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
