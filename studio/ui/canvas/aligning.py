"""Line up what is chosen, or spread it evenly; each is one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from studio.engine.text import Text
from studio.ui.canvas.commands import Move, places_of
from studio.ui.canvas.layout import snap

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

WAYS: dict[str, Text] = {
    "left": Text("Align left edges", "左对齐"),
    "centre": Text("Align centres", "水平居中"),
    "right": Text("Align right edges", "右对齐"),
    "top": Text("Align tops", "顶端对齐"),
    "middle": Text("Align middles", "垂直居中"),
    "bottom": Text("Align bottoms", "底端对齐"),
}
SPREADS: dict[str, Text] = {
    "across": Text("Spread evenly across", "横向等距分布"),
    "down": Text("Spread evenly down", "纵向等距分布"),
}


def align(canvas: CanvasView, way: str) -> None:
    """Edges or middles on one line: that of the outermost, or the middle of all."""
    boxes = _boxes(canvas)
    whole = QRectF()
    for box in boxes.values():
        whole = whole.united(box)
    _move(canvas, {part_id: _shift(way, box, whole) for part_id, box in boxes.items()})


def spread(canvas: CanvasView, way: str) -> None:
    """The same gap between each two; the outermost stay where they are."""
    boxes = _boxes(canvas)
    across = way == "across"
    start = lambda box: box.left() if across else box.top()  # noqa: E731
    length = lambda box: box.width() if across else box.height()  # noqa: E731
    row = sorted(boxes.items(), key=lambda pair: start(pair[1]))
    if len(row) < 3:
        return
    room = start(row[-1][1]) + length(row[-1][1]) - start(row[0][1]) - sum(length(box) for _, box in row)
    gap, at, shifts = room / (len(row) - 1), start(row[0][1]), {}
    for part_id, box in row:
        way_to_go = at - start(box)
        shifts[part_id] = (way_to_go, 0.0) if across else (0.0, way_to_go)
        at += length(box) + gap
    _move(canvas, shifts)


def _boxes(canvas: CanvasView) -> dict[str, QRectF]:
    """What is chosen, without what lies in something that is chosen too: that goes along."""
    chosen = [i for i in canvas.sheet.chosen_ids() if i not in canvas.document.edges]
    inside = {child for i in chosen for child in canvas.sheet.carried([i]) if child != i}
    return {i: canvas.sheet.box_of(i) for i in chosen if i not in inside}


def _shift(way: str, box: QRectF, whole: QRectF) -> tuple[float, float]:
    across = {
        "left": whole.left() - box.left(),
        "centre": whole.center().x() - box.center().x(),
        "right": whole.right() - box.right(),
    }
    down = {
        "top": whole.top() - box.top(),
        "middle": whole.center().y() - box.center().y(),
        "bottom": whole.bottom() - box.bottom(),
    }
    return across.get(way, 0.0), down.get(way, 0.0)


def _move(canvas: CanvasView, shifts: dict[str, tuple[float, float]]) -> None:
    places = {}
    for part_id, (dx, dy) in shifts.items():
        for carried, ((x, y), parent) in places_of(canvas.document, canvas.sheet.carried([part_id])).items():
            own = carried == part_id
            places[carried] = ((snap(x + dx), snap(y + dy)) if own else (x + snap(dx), y + snap(dy)), parent)
    if places and places != places_of(canvas.document, places):
        canvas.document.undo.push(Move(canvas.document, places))
