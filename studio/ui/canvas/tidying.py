"""Auto-layout of all, or of what is chosen: the order comes from a layout library, the places from the real sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Frame, Node
from studio.ui.canvas.area_item import TITLE as AREA_TITLE
from studio.ui.canvas.arrange import Box, arrange
from studio.ui.canvas.commands import Edit, Move
from studio.ui.canvas.document import Document, Place
from studio.ui.canvas.frame_item import SMALLEST, FrameItem
from studio.ui.canvas.layout import FRAME_PAD, HEADER, snap
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

TIDY = Text("Tidy up", "自动排列")
Places = dict[str, tuple[float, float]]


def tidy(canvas: CanvasView) -> None:
    """What is chosen, where that is several steps side by side; otherwise everything."""
    chosen = [canvas.document.nodes[i] for i in canvas.sheet.chosen_ids() if i in canvas.document.nodes]
    if len(chosen) > 1 and len({node.parent for node in chosen}) == 1:
        arrange_chosen(canvas, chosen)
    else:
        arrange_all(canvas)


def arrange_chosen(canvas: CanvasView, chosen: list[Node]) -> None:
    """Only these, with the corner of all of them kept."""
    document = canvas.document
    boxes = [Box(node.id, *_size(canvas, node.id)) for node in chosen]
    left, top = (min(node.position[axis] for node in chosen) for axis in (0, 1))
    found = arrange(boxes, document.wires_at(chosen[0].parent), left, top)
    places: dict[str, Place] = {}
    for node in chosen:
        dx, dy = (found[node.id][axis] - node.position[axis] for axis in (0, 1))
        for part_id in document.within([node.id]):
            x, y = document.nodes[part_id].position
            places[part_id] = ((x + dx, y + dy), document.nodes[part_id].parent)
    document.undo.beginMacro(tr(TIDY))
    for edge in _straightened(document, set(places)):
        document.undo.push(Edit(document, edge))
    document.undo.push(Move(document, places))
    document.undo.endMacro()


def arrange_all(canvas: CanvasView) -> None:
    """The whole sheet, as one step of undo."""
    document = canvas.document
    moves = _places(canvas)
    document.undo.beginMacro(tr(TIDY))
    for change in (*_areas(canvas, moves), *_straightened(document, set(moves))):
        document.undo.push(Edit(document, change))
    document.undo.push(Move(document, moves))
    document.undo.endMacro()
    canvas.fit()


def give_places(canvas: CanvasView) -> None:
    """A graph that was written without a canvas has all its steps on one spot. They are laid out, which is no edit: the first
    edit keeps it."""
    document = canvas.document
    if len(document.nodes) > 1 and len({node.position for node in document.nodes.values()}) == 1:
        document.place(_places(canvas))
        canvas.fit()


def _places(canvas: CanvasView) -> dict[str, Place]:
    """Where everything goes: what lies in a frame first, so that the frame's size is known."""
    document = canvas.document
    places: Places = {}
    sizes: Places = {}
    frames = [node for node in document.nodes.values() if isinstance(canvas.sheet.nodes[node.id], FrameItem)]
    for frame in sorted(frames, key=lambda node: -_depth(document, node)):
        inside = _arranged(canvas, frame.id, sizes, FRAME_PAD * 2, HEADER + 32)
        places.update(inside)
        sizes[frame.id] = _size_around(canvas, inside, sizes)
    places.update(_arranged(canvas, None, sizes, 0.0, 0.0))
    return _absolute(document, places)


def _areas(canvas: CanvasView, places: dict[str, Place]) -> list[Frame]:
    """Frames for the eye lie around what lay in them."""
    changed = []
    for frame_id, area in canvas.sheet.areas.items():
        around = QRectF()
        for node_id in canvas.sheet.carried([frame_id]):
            if node_id in places:
                around = around.united(QRectF(*places[node_id][0], *_size(canvas, node_id)))
        if not around.isEmpty():
            box = around.adjusted(-FRAME_PAD, -FRAME_PAD - AREA_TITLE, FRAME_PAD, FRAME_PAD)
            at, size = (snap(box.left()), snap(box.top())), (snap(box.width() + 8), snap(box.height() + 8))
            changed.append(area.frame.model_copy(update={"position": at, "size": size}))
    return changed


def _straightened(document: Document, moved: set[str]) -> list[Edge]:
    """Bends were made for where steps stood before."""
    bent = [edge for edge in document.edges.values() if edge.via and (edge.source in moved or edge.target in moved)]
    return [edge.model_copy(update={"via": []}) for edge in bent]


def _arranged(canvas: CanvasView, frame: str | None, sizes: Places, left: float, top: float) -> Places:
    document = canvas.document
    inside = [node for node in document.nodes.values() if node.parent == frame]
    boxes = [Box(node.id, *sizes.get(node.id, _size(canvas, node.id))) for node in inside]
    return arrange(boxes, document.wires_at(frame), left, top)


def _size(canvas: CanvasView, node_id: str) -> tuple[float, float]:
    layout = canvas.sheet.nodes[node_id].layout
    return (layout.width, layout.height)


def _size_around(canvas: CanvasView, places: Places, sizes: Places) -> tuple[float, float]:
    corners = [(x + w, y + h) for i, (x, y) in places.items() for w, h in [sizes.get(i, _size(canvas, i))]]
    if not corners:
        return SMALLEST
    return (max(x for x, _ in corners) + FRAME_PAD * 2, max(y for _, y in corners) + FRAME_PAD)


def _absolute(document: Document, places: Places) -> dict[str, Place]:
    """Places in frames were worked out from the frame's corner."""
    found: dict[str, Place] = {}
    for node_id, (x, y) in places.items():
        parent = document.nodes[node_id].parent
        while parent in places:
            x, y = x + places[parent][0], y + places[parent][1]
            parent = document.nodes[parent].parent
        found[node_id] = ((x, y), document.nodes[node_id].parent)
    return found


def _depth(document: Document, node: Node) -> int:
    depth = 0
    while node.parent in document.nodes and depth < 100:
        node, depth = document.nodes[str(node.parent)], depth + 1
    return depth
