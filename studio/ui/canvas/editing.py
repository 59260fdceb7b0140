"""What can be done to a workflow by name, key or menu. Each is one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Node, Note
from studio.engine.workflows.node import NodeType
from studio.ui.canvas.arrange import Box, arrange
from studio.ui.canvas.clipboard import as_json, from_json, renewed
from studio.ui.canvas.commands import Connect, Edit, Insert, Move, Remove
from studio.ui.canvas.document import Document, Parts, Place
from studio.ui.canvas.ends import End
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.layout import FRAME_PAD, HEADER, snap
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

FRAME_SIZE = (480.0, 264.0)
ROOM = 48.0


def add_node(canvas: CanvasView, kind: NodeType, place: QPointF, end: End | None = None, **params: object) -> str:
    """Put a new step at a place, in the frame that is there, wired to `end` when it was drawn out of a port."""
    document = canvas.document
    node = Node(
        id=document.fresh_id(kind.name),
        type=kind.name,
        params=params,
        position=(snap(place.x()), snap(place.y())),
        size=FRAME_SIZE if kind.frame else None,
        parent=canvas.sheet.frame_at(place),
    )
    document.undo.beginMacro(tr(Text("Add “{title}”", "添加“{title}”").format(title=tr(kind.title))))
    document.undo.push(Insert(document, Parts(nodes=[node])))
    if end is not None:
        _wire_to(document, node, end)
    document.undo.endMacro()
    canvas.sheet.choose([node.id])
    return node.id


def insert_into(canvas: CanvasView, edge: Edge, node_id: str) -> bool:
    """Put a step into a wire: both halves must fit, or nothing happens."""
    document = canvas.document
    node = document.nodes[node_id]
    ports = document.ports(node)
    for port_in in ports.inputs:
        for port_out in ports.outputs:
            first = Edge(source=edge.source, source_port=edge.source_port, target=node_id, target_port=port_in.name)
            last = Edge(source=node_id, source_port=port_out.name, target=edge.target, target_port=edge.target_port)
            if document.refusal(first, [edge.id]) is None and document.refusal(last, [edge.id]) is None:
                document.undo.push(Connect(document, first, [edge]))
                document.undo.push(Connect(document, last, []))
                return True
    return False


def make_room(canvas: CanvasView, edge: Edge, node_id: str) -> None:
    """Stand right of the source, level with it, and push what lies further right out of the way."""
    document, items = canvas.document, canvas.sheet.nodes
    source, target, width = items[edge.source].box, items[edge.target].box, items[node_id].box.width()
    if document.nodes[edge.source].parent != document.nodes[edge.target].parent or target.left() <= source.right():
        return
    left = snap(source.right() + ROOM)
    places: dict[str, Place] = {node_id: ((left, snap(source.top())), document.nodes[node_id].parent)}
    push = snap(left + width + ROOM - target.left())
    beside = document.nodes[edge.target].parent
    moving = [n.id for n in document.nodes.values() if n.parent == beside and n.position[0] >= target.left() - 1]
    for part_id in document.within(moving) if push > 0 else []:
        if part_id != node_id:
            node = document.nodes[part_id]
            places[part_id] = ((node.position[0] + push, node.position[1]), node.parent)
    document.undo.push(Move(document, places))


def add_note(canvas: CanvasView, place: QPointF, text: str = "") -> str:
    note = Note(text=text, position=(snap(place.x()), snap(place.y())))
    canvas.document.undo.push(Insert(canvas.document, Parts(notes=[note])))
    canvas.sheet.choose([note.id])
    return note.id


def edit_note(canvas: CanvasView, note_id: str) -> None:
    """Type into a comment where it lies."""
    from studio.ui.canvas.note_editor import NoteEditor

    NoteEditor(canvas, note_id).open()


def free_place(canvas: CanvasView) -> QPointF:
    """Near the middle of what is in view, where no step lies yet."""
    place = canvas.visible_rect().center() - QPointF(88, 60)
    while canvas.sheet.nodes_at(place):
        place += QPointF(24, 24)
    return place


def connect(document: Document, edge: Edge) -> None:
    """Draw a wire, or raise the engine's reason why not; the one that it replaces goes."""
    occupant = document.occupant(edge)
    gone = [occupant] if occupant else []
    why = document.refusal(edge, [old.id for old in gone])
    if why is not None:
        raise why
    document.undo.push(Connect(document, edge, gone))


def delete(canvas: CanvasView) -> None:
    document = canvas.document
    chosen = canvas.sheet.chosen_ids()
    parts = document.parts_of([*chosen, *document.within(i for i in chosen if i in document.nodes)])
    if parts:
        document.undo.push(Remove(document, parts))


def copy(canvas: CanvasView) -> None:
    chosen = canvas.sheet.chosen_ids()
    if chosen:
        QGuiApplication.clipboard().setText(as_json(canvas.document, chosen))


def cut(canvas: CanvasView) -> None:
    copy(canvas)
    delete(canvas)


def paste(canvas: CanvasView, place: QPointF | None = None) -> None:
    """What was copied, at a place, or beside where it came from."""
    parts = from_json(QGuiApplication.clipboard().text())
    if parts:
        _insert_copy(canvas, parts, place, Text("Paste", "粘贴"))


def duplicate(canvas: CanvasView) -> None:
    chosen = canvas.sheet.chosen_ids()
    parts = from_json(as_json(canvas.document, chosen)) if chosen else Parts()
    if parts:
        _insert_copy(canvas, parts, None, Text("Duplicate", "复制一份"))


def nudge(canvas: CanvasView, dx: float, dy: float) -> None:
    document = canvas.document
    chosen = [i for i in canvas.sheet.chosen_ids() if i not in document.edges]
    wanted = [*document.within(i for i in chosen if i in document.nodes), *(i for i in chosen if i in document.notes)]
    places: dict[str, Place] = {}
    for part_id in wanted:
        part = document.nodes.get(part_id) or document.notes[part_id]
        parent = document.nodes[part_id].parent if part_id in document.nodes else None
        places[part_id] = ((part.position[0] + dx, part.position[1] + dy), parent)
    if places:
        document.undo.push(Move(document, places, stepping=True))


def mute(canvas: CanvasView) -> None:
    """Turn the chosen steps off or on again; a muted step lets its input through."""
    document = canvas.document
    nodes = [document.nodes[i] for i in canvas.sheet.chosen_ids() if i in document.nodes]
    if not nodes:
        return
    off = not all(node.bypass for node in nodes)
    document.undo.beginMacro(tr(Text("Mute", "停用")))
    for node in nodes:
        document.undo.push(Edit(document, node.model_copy(update={"bypass": off})))
    document.undo.endMacro()


def arrange_all(canvas: CanvasView) -> None:
    """Layer the whole sheet: what lies in a frame first, so that the frame's size is known."""
    document, places, sizes = canvas.document, {}, {}
    frames = [node for node in document.nodes.values() if isinstance(canvas.sheet.nodes[node.id], FrameItem)]
    for frame in sorted(frames, key=lambda node: -_depth(document, node)):
        inside = _arranged(canvas, frame.id, sizes, FRAME_PAD * 2, HEADER + 32)
        places.update(inside)
        sizes[frame.id] = _size_around(canvas, inside, sizes)
    places.update(_arranged(canvas, None, sizes, 0.0, 0.0))
    document.undo.push(Move(document, _absolute(document, places)))
    canvas.fit()


def go_to_connected(canvas: CanvasView, forward: bool) -> str:
    """The step at the other end of the first wire that leaves (or enters) the chosen one; "" when there is none."""
    chosen = [i for i in canvas.sheet.chosen_ids() if i in canvas.document.nodes]
    if not chosen:
        return ""
    here = chosen[0]
    wires = canvas.document.wires(here)
    ends = [e.target for e in wires if e.source == here] if forward else [e.source for e in wires if e.target == here]
    if not ends:
        return ""
    nearest = min(ends, key=lambda i: canvas.document.nodes[i].position[1])
    canvas.sheet.choose([nearest])
    canvas.show_item(nearest)
    return nearest


def _wire_to(document: Document, node: Node, end: End) -> None:
    """The first port of a new step that fits the port it was drawn from."""
    ports = document.ports(node)
    for port in ports.inputs if end.begins else ports.outputs:
        if end.begins:
            edge = Edge(source=end.node_id, source_port=end.spot.port.name, target=node.id, target_port=port.name)
        else:
            edge = Edge(source=node.id, source_port=port.name, target=end.node_id, target_port=end.spot.port.name)
        gone = [old for old in [document.occupant(edge)] if old]
        if document.refusal(edge, [old.id for old in gone]) is None:
            document.undo.push(Connect(document, edge, gone))
            return


def _insert_copy(canvas: CanvasView, parts: Parts, place: QPointF | None, title: Text) -> None:
    dx = dy = 32.0
    if place is not None:
        corner = [part.position for part in (*parts.nodes, *parts.notes)]
        dx = snap(place.x() - min(x for x, _ in corner))
        dy = snap(place.y() - min(y for _, y in corner))
    fresh = renewed(canvas.document, parts, dx, dy)
    canvas.document.undo.push(Insert(canvas.document, fresh, title))
    canvas.sheet.choose(part.id for part in (*fresh.nodes, *fresh.notes))


def _arranged(
    canvas: CanvasView, frame: str | None, sizes: dict[str, tuple[float, float]], left: float, top: float
) -> dict[str, tuple[float, float]]:
    document = canvas.document
    inside = [node for node in document.nodes.values() if node.parent == frame]
    boxes = [Box(node.id, *sizes.get(node.id, _size(canvas, node.id))) for node in inside]
    return arrange(boxes, document.wires_at(frame), left, top)


def _size(canvas: CanvasView, node_id: str) -> tuple[float, float]:
    layout = canvas.sheet.nodes[node_id].layout
    return (layout.width, layout.height)


def _size_around(
    canvas: CanvasView, places: dict[str, tuple[float, float]], sizes: dict[str, tuple[float, float]]
) -> tuple[float, float]:
    corners = [(x + w, y + h) for i, (x, y) in places.items() for w, h in [sizes.get(i, _size(canvas, i))]]
    if not corners:
        return FRAME_SIZE
    return (max(x for x, _ in corners) + FRAME_PAD * 2, max(y for _, y in corners) + FRAME_PAD)


def _absolute(document: Document, places: dict[str, tuple[float, float]]) -> dict[str, Place]:
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
