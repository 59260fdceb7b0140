"""What can be done to a workflow by name, key or menu. Each is one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QGuiApplication

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Frame, Node, Note
from studio.engine.workflows.node import NodeType
from studio.ui.canvas.area_item import TITLE as AREA_TITLE
from studio.ui.canvas.clipboard import as_json, from_json, renewed
from studio.ui.canvas.commands import Connect, Edit, Insert, Move, Remove, places_of
from studio.ui.canvas.document import Document, Parts, Place
from studio.ui.canvas.ends import End
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.layout import FRAME_PAD, FRAME_SIZE, snap
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

EMPTY_FRAME = QPointF(320, 180)
ROOM = 48.0
USUAL = QSizeF(176, 96)  # of a new step, about
LEVEL = 24.0
Off = Literal["mute", "bypass"]
SWITCHES: dict[Off, Text] = {"mute": Text("Mute", "停用"), "bypass": Text("Bypass", "旁路")}
VARIANT = Text("{title} · variant", "{title} · 变体")
CONVERSIONS: dict[str, dict[str, object]] = {
    "prompt": {"template": "{{value}}"},
    "python": {"code": "return value", "inputs": ["value"]},
}


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
    if end is not None and (edge := _wire_to(document, node, end)) is not None:
        _lay_port_at(canvas, node, edge, place)
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


def add_frame(canvas: CanvasView, title: str = "", place: QPointF | None = None) -> str:
    """A titled box around what is chosen; else with its corner at a place, or in the middle of what is in view."""
    around = canvas.sheet.extent(i for i in canvas.sheet.chosen_ids() if i not in canvas.document.edges)
    if around.isEmpty():
        corner = (
            place + QPointF(FRAME_PAD, FRAME_PAD + AREA_TITLE)
            if place
            else canvas.visible_rect().center() - EMPTY_FRAME / 2
        )
        around = QRectF(corner, corner + EMPTY_FRAME)
    box = around.adjusted(-FRAME_PAD, -FRAME_PAD - AREA_TITLE, FRAME_PAD, FRAME_PAD)
    frame = Frame(
        title=title,
        position=(snap(box.left()), snap(box.top())),
        size=(snap(box.width() + 8), snap(box.height() + 8)),
    )
    canvas.document.undo.push(Insert(canvas.document, Parts(frames=[frame])))
    canvas.sheet.choose([frame.id])
    return frame.id


def edit_title(canvas: CanvasView, frame_id: str) -> None:
    """Type a frame's title where it stands."""
    from studio.ui.canvas.note_editor import TitleEditor

    TitleEditor(canvas, frame_id).open()


def write_note(canvas: CanvasView, place: QPointF) -> None:
    """A new comment, the caret in it."""
    edit_note(canvas, add_note(canvas, place))


def write_frame(canvas: CanvasView, place: QPointF | None = None) -> None:
    """A new frame, the caret in its title."""
    edit_title(canvas, add_frame(canvas, place=place))


def convert(canvas: CanvasView, edge: Edge, name: str) -> str:
    """Put a step of that type between two ports that do not fit, wired to both; one step of undo."""
    document = canvas.document
    kind = document.types[name]
    start, end = canvas.sheet.ends(edge)
    params = CONVERSIONS.get(name, {})
    document.undo.beginMacro(tr(Text("Insert “{title}”", "插入“{title}”").format(title=tr(kind.title))))
    node_id = add_node(canvas, kind, (start + end) / 2 - QPointF(88, 32), **params)
    ports = document.ports(document.nodes[node_id])
    first = Edge(source=edge.source, source_port=edge.source_port, target=node_id, target_port=ports.inputs[0].name)
    last = Edge(source=node_id, source_port=ports.outputs[0].name, target=edge.target, target_port=edge.target_port)
    for half in (first, last):
        occupant = document.occupant(half)
        if document.refusal(half, [occupant.id] if occupant else []) is None:
            document.undo.push(Connect(document, half, [occupant] if occupant else []))
    make_room(canvas, edge, node_id)
    document.undo.endMacro()
    return node_id


def edit_note(canvas: CanvasView, note_id: str) -> None:
    """Type into a comment where it lies."""
    from studio.ui.canvas.note_editor import NoteEditor

    NoteEditor(canvas, note_id).open()


def free_place(canvas: CanvasView) -> QPointF:
    """In the middle of what is in view, or below that where steps lie already."""
    return _free_of_steps(canvas, canvas.visible_rect().center() - QPointF(88, 60))


def place_beside(canvas: CanvasView) -> QPointF:
    """Right of the one chosen step, below what is there already; without one, where there is room in view."""
    chosen = [i for i in canvas.sheet.chosen_ids() if i in canvas.document.nodes]
    if len(chosen) != 1:
        return free_place(canvas)
    return _free_of_steps(canvas, canvas.sheet.nodes[chosen[0]].box.topRight() + QPointF(ROOM, 0))


def _free_of_steps(canvas: CanvasView, corner: QPointF) -> QPointF:
    place = QRectF(corner, USUAL)
    boxes = [item.box for item in canvas.sheet.nodes.values() if not isinstance(item, FrameItem)]
    while any(place.intersects(taken) for taken in boxes):
        place.translate(0, ROOM / 2)
    return place.topLeft()


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


def insert_words(canvas: CanvasView, words: str, place: QPointF) -> None:
    """What the clipboard or a template holds as text, at a place."""
    parts = from_json(words)
    if parts:
        _insert_copy(canvas, parts, place, Text("Insert", "插入"))


def duplicate(canvas: CanvasView) -> None:
    chosen = canvas.sheet.chosen_ids()
    parts = from_json(as_json(canvas.document, chosen)) if chosen else Parts()
    if parts:
        _insert_copy(canvas, parts, None, Text("Duplicate", "复制一份"))


def add_variant(canvas: CanvasView, node_id: str) -> str:
    """A copy of a step below it that shares its inputs: another model or setting to compare with."""
    document, item = canvas.document, canvas.sheet.nodes[node_id]
    node = document.nodes[node_id]
    place = (node.position[0], snap(node.position[1] + item.layout.height + ROOM / 3))
    title = tr(VARIANT).format(title=item.face.title)
    fresh = {"id": document.fresh_id(node.type), "variant_of": node.variant_of or node.id, "title": title}
    variant = node.model_copy(deep=True, update={**fresh, "position": place})
    document.undo.push(Insert(document, Parts(nodes=[variant]), Text("Add a variant", "添加变体")))
    canvas.sheet.choose([variant.id])
    return variant.id


def nudge(canvas: CanvasView, dx: float, dy: float) -> None:
    document = canvas.document
    before = places_of(document, canvas.sheet.carried(canvas.sheet.chosen_ids()))
    places: dict[str, Place] = {i: ((x + dx, y + dy), parent) for i, ((x, y), parent) in before.items()}
    if places:
        document.undo.push(Move(document, places, stepping=True))


def switch(canvas: CanvasView, way: Off) -> None:
    """Mute or bypass the chosen steps, or turn them on again: a muted step is left out, a bypassed one lets its input through."""
    document = canvas.document
    nodes = [document.nodes[i] for i in canvas.sheet.chosen_ids() if i in document.nodes]
    if not nodes:
        return
    off = not all(getattr(node, way) for node in nodes)
    document.undo.beginMacro(tr(SWITCHES[way]))
    for node in nodes:
        update = {"mute": off and way == "mute", "bypass": off and way == "bypass"}
        document.undo.push(Edit(document, node.model_copy(update=update)))
    document.undo.endMacro()


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


def _wire_to(document: Document, node: Node, end: End) -> Edge | None:
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
            return edge
    return None


def _lay_port_at(canvas: CanvasView, node: Node, edge: Edge, place: QPointF) -> None:
    """Move a new step so that its wire ends where it was let go; straight, where that is about level with where it begins."""
    start, end = canvas.sheet.ends(edge)
    port, other = (end, start) if edge.target == node.id else (start, end)
    level = other.y() if abs(place.y() - other.y()) <= LEVEL else place.y()
    x, y = node.position
    there = (snap(x + place.x() - port.x()), snap(y + level - port.y()))
    canvas.document.undo.push(Move(canvas.document, {node.id: (there, node.parent)}))


def _insert_copy(canvas: CanvasView, parts: Parts, place: QPointF | None, title: Text) -> None:
    dx = dy = 32.0
    if place is not None:
        corner = [part.position for part in (*parts.nodes, *parts.notes, *parts.frames)]
        dx = snap(place.x()) - min(x for x, _ in corner)
        dy = snap(place.y()) - min(y for _, y in corner)
    fresh = renewed(canvas.document, parts, dx, dy)
    canvas.document.undo.push(Insert(canvas.document, fresh, title))
    canvas.sheet.choose(part.id for part in (*fresh.nodes, *fresh.notes, *fresh.frames))
