"""The scene of one workflow: an item for every step, wire and note, kept in step with the document."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene
from shiboken6 import isValid

from studio.engine.workflows.graph import Edge, Node
from studio.ui.canvas import routes, wiring
from studio.ui.canvas.area_item import AreaItem
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.document import Document, Parts
from studio.ui.canvas.faces import face_of
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.model import Live, State, wire_state
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.variant_link import Links
from studio.ui.canvas.wire_item import WireItem
from studio.ui.theme import theme

ROOM = 4000.0


class CanvasScene(QGraphicsScene):
    """Follows the document's signals. `chosen` is the selected ids; `touched` says that something must be painted."""

    chosen = Signal(object)
    touched = Signal()

    def __init__(self, document: Document, detail: Detail) -> None:
        super().__init__(document)
        self.document, self.detail = document, detail
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[str, WireItem] = {}
        self.notes: dict[str, NoteItem] = {}
        self.areas: dict[str, AreaItem] = {}
        self.links = Links(self)
        self.lives: dict[str, Live] = {}
        self.overlays: list[Callable[[QPainter], None]] = []  # what is painted over the sheet from afar
        self._flowing: set[str] = set()
        self._states: dict[str, State] = {}
        self._extent: QRectF | None = None
        self.touched.connect(self._forget_extent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        kinds = (document.nodes, document.edges, document.notes, document.frames)
        self.insert(Parts(*(list(parts.values()) for parts in kinds)))
        document.inserted.connect(self.insert)
        document.removed.connect(self.remove)
        document.placed.connect(self.place)
        document.replaced.connect(self.replace)
        self.selectionChanged.connect(self._tell_chosen)
        theme.changed.connect(self.reread)

    # following the document

    def insert(self, parts: Parts) -> None:
        for node in parts.nodes:
            self._add_node(node)
        for note in parts.notes:
            self.notes[note.id] = NoteItem(note, self.detail)
            self.addItem(self.notes[note.id])
        for frame in parts.frames:
            self.areas[frame.id] = AreaItem(frame, self.detail)
            self.addItem(self.areas[frame.id])
        for edge in parts.edges:
            self.wires[edge.id] = WireItem(edge.id, self.detail)
        self._settle({node.id for node in parts.nodes}, parts.edges)
        for edge in parts.edges:  # once they are laid: the scene notes every change of place of what it holds
            self.addItem(self.wires[edge.id])

    def remove(self, parts: Parts) -> None:
        held: list[tuple[dict[str, Any], list[Any]]] = [
            (self.wires, parts.edges), (self.nodes, parts.nodes), (self.notes, parts.notes), (self.areas, parts.frames)
        ]  # fmt: skip
        for items, found in held:
            for part in found:
                item = items.pop(part.id, None)
                if item is not None:
                    self.removeItem(item)
                    self.links.drop(part.id)
        self._settle({node.parent for node in parts.nodes if node.parent}, parts.edges)

    def place(self, ids: set[str]) -> None:
        for part_id in ids:
            if part_id in self.nodes:
                self.nodes[part_id].setPos(*self.document.nodes[part_id].position)
            elif part_id in self.notes:
                self.notes[part_id].show_note(self.document.notes[part_id])
            elif part_id in self.areas:
                self.areas[part_id].show_frame(self.document.frames[part_id])
        self._settle({part_id for part_id in ids if part_id in self.nodes})

    def replace(self, part_id: str) -> None:
        if part_id not in self.document.nodes:
            self._replace_mark(part_id)
            return
        node = self.document.nodes[part_id]
        item = self.nodes[part_id]
        item.width = node.size[0] if node.size and not isinstance(item, FrameItem) else None
        if isinstance(item, FrameItem):
            item.given = node.size or item.given
        item.show_face(self._face(node))
        self._settle({part_id})

    def _replace_mark(self, part_id: str) -> None:
        """A wire, a comment or a frame."""
        document = self.document
        if part_id in document.edges:
            self.lay_wire(document.edges[part_id])
        elif part_id in document.notes:
            self.notes[part_id].show_note(document.notes[part_id])
        else:
            self.areas[part_id].show_frame(document.frames[part_id])
        self.touched.emit()

    def reread(self) -> Iterator[object]:
        """New words or fonts: every face anew, in steps."""
        for node_id in list(self.nodes):
            if node_id in self.nodes:
                self.nodes[node_id].show_face(self._face(self.document.nodes[node_id]))
                yield
        self._settle(set(self.nodes))

    def preview(self, places: dict[str, QPointF]) -> None:
        """Show things elsewhere while they are dragged; the document learns of it when they are dropped."""
        moved = [part_id for part_id in places if part_id in self.nodes]
        for part_id, place in places.items():
            item = self.nodes.get(part_id) or self.notes.get(part_id) or self.areas.get(part_id)
            if item is not None:
                item.setPos(place)
        frames = {self.document.nodes[i].parent for i in moved} | {i for i in moved if self.nodes[i].face.frame}
        moved += self.fit_frames(frame for frame in frames if frame)
        edges = {edge.id: edge for node_id in moved for edge in self.document.wires(node_id)}
        self.reroute(wiring.carried(edge, places, self.document) for edge in edges.values())
        self.links.lay()
        self.touched.emit()

    # live states

    def show_lives(self, lives: dict[str, Live]) -> None:
        """What a run says of some steps; the wires into them show it too."""
        moved: set[str] = set()
        changed: list[str] = []
        for node_id, live in lives.items():
            item = self.nodes.get(node_id)
            if item is None:
                continue
            height = item.layout.height
            self.lives[node_id] = live
            item.show_live(live)
            if item.layout.height != height:
                moved.add(node_id)
            if self._states.get(node_id, "idle") != live.state:
                self._states[node_id] = live.state
                changed.append(node_id)
        for edge in {edge.id: edge for node_id in changed for edge in self.document.wires(node_id)}.values():
            self._show_flow(edge)
        if moved:
            self._settle(moved)
        self.touched.emit()

    def _show_flow(self, edge: Edge) -> None:
        state = self._wire_state(edge)
        self.wires[edge.id].show_state(state)
        (self._flowing.add if state == "running" else self._flowing.discard)(edge.id)

    def show_problems(self, bad: dict[str, str]) -> None:
        """Mark the steps that keep the graph from running, by id, each with its reason."""
        for node_id, item in self.nodes.items():
            item.show_problem(bad.get(node_id, ""))

    def clear_lives(self) -> None:
        self.show_lives({node_id: Live() for node_id in list(self.lives)})
        self.lives.clear()
        self._states.clear()

    def running(self) -> list[NodeItem | WireItem]:
        """What moves by itself while a run goes on."""
        steps = [self.nodes[i] for i, live in self.lives.items() if live.state == "running" and i in self.nodes]
        return [*steps, *(self.wires[i] for i in self._flowing if i in self.wires)]

    # reading

    def chosen_ids(self) -> list[str]:
        return [name for item in self.selectedItems() if (name := id_of(item))]

    def _forget_extent(self) -> None:
        self._extent = None
        self.detail.version += 1

    def _tell_chosen(self) -> None:
        if isValid(self):  # a selected item that goes down with its scene
            self.chosen.emit(self.chosen_ids())

    def item(self, part_id: str) -> QGraphicsItem | None:
        return self.nodes.get(part_id) or self.notes.get(part_id) or self.wires.get(part_id) or self.areas.get(part_id)

    def choose(self, ids: Iterable[str]) -> None:
        wanted = set(ids)
        self.blockSignals(True)
        self.clearSelection()
        for part_id in wanted:
            item = self.item(part_id)
            if item is not None:
                item.setSelected(True)
        self.blockSignals(False)
        self.chosen.emit(self.chosen_ids())
        self.touched.emit()

    def extent(self, ids: Iterable[str] | None = None) -> QRectF:
        """The box around these steps and notes, or around all."""
        if ids is None:
            if self._extent is None:
                self._extent = _around([*self.nodes.values(), *self.notes.values(), *self.areas.values()])
            return self._extent
        wanted = set(ids)
        parts = [*self.nodes.items(), *self.notes.items(), *self.areas.items()]
        return _around([item for name, item in parts if name in wanted])

    def box_of(self, part_id: str) -> QRectF:
        """Where a step, comment or frame lies."""
        item = self.nodes.get(part_id) or self.notes.get(part_id) or self.areas[part_id]
        return item.box

    def carried(self, ids: Iterable[str]) -> list[str]:
        """All that goes along when these are moved: what lies in steps that are frames, and in frames for the eye."""
        found = dict.fromkeys(i for i in ids if i not in self.document.edges)
        for part_id in list(found):
            if part_id in self.areas:
                found.update(dict.fromkeys(self._lying_in(self.areas[part_id].box)))
        found.update(dict.fromkeys(self.document.within(i for i in found if i in self.document.nodes)))
        return list(found)

    def _lying_in(self, box: QRectF) -> list[str]:
        marks = [(name, item) for items in (self.notes, self.areas) for name, item in items.items()]
        steps = [(name, item) for name, item in self.nodes.items() if self.document.nodes[name].parent is None]
        return [name for name, item in (*steps, *marks) if box.contains(item.box)]

    def frame_at(self, place: QPointF, without: Iterable[str] = ()) -> str | None:
        """The smallest frame around a place, or None for the sheet itself."""
        banned = set(without)
        frames = [
            (item.box.width() * item.box.height(), node_id)
            for node_id, item in self.nodes.items()
            if isinstance(item, FrameItem) and node_id not in banned and item.box.contains(place)
        ]
        return min(frames)[1] if frames else None

    # keeping wires and frames right

    def reroute(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            wire = self.wires.get(edge.id)
            source, target = self.nodes.get(edge.source), self.nodes.get(edge.target)
            if wire is None or source is None or target is None:
                continue
            start, end = self._stops(edge)
            wire.show_kind(source.deals_in(edge.source_port, self.document.nodes[edge.target].parent == edge.source))
            if edge.via:
                wire.lay(routes.through(start, end, edge.via), edge.via)
            else:
                lane = wiring.lane(self.document, edge) if routes.goes_back(start, end) else 0.0
                wire.lay(routes.route(start, end, source.box, target.box, lane))

    def lay_wire(self, edge: Edge) -> None:
        """Show one wire on another way, as while a bend of it is dragged."""
        self.reroute([edge])
        self.touched.emit()

    def ends(self, edge: Edge) -> tuple[QPointF, QPointF]:
        """Where a wire begins and ends: on the inner side of a frame for what lies in it."""
        start, end = self._stops(edge)
        return QPointF(*start), QPointF(*end)

    def _stops(self, edge: Edge) -> tuple[routes.Stop, routes.Stop]:
        nodes, source, target = self.document.nodes, edge.source, edge.target
        return (
            self.nodes[source].stop(edge.source_port, True, nodes[target].parent == source),
            self.nodes[target].stop(edge.target_port, False, nodes[source].parent == target),
        )

    def fit_frames(self, frames: Iterable[str]) -> set[str]:
        """Grow frames around what lies in them, innermost first; gives those that may have moved their ports."""
        changed: set[str] = set()
        waiting = deque(i for i in dict.fromkeys(frames) if isinstance(self.nodes.get(i), FrameItem))
        while waiting:
            frame_id = waiting.popleft()
            frame = self.nodes[frame_id]
            children = [self.nodes[child.id] for child in self.document.children(frame_id) if child.id in self.nodes]
            content = QRectF()
            for child in children:
                content = content.united(child.box)
            frame.hold(content, self._heights(frame_id))
            changed.add(frame_id)
            parent = self.document.nodes[frame_id].parent
            if parent not in changed and isinstance(self.nodes.get(parent or ""), FrameItem):
                waiting.append(parent)
        return changed

    def _heights(self, frame_id: str) -> dict[str, float]:
        """For each inner port of a frame the height of the port that it is wired to."""
        ends = wiring.inner_ends(self.document, frame_id)
        found: dict[str, float] = {}
        for port, step, far, begins in ends:
            if step in self.nodes:
                y = self.nodes[step].anchor(far, begins).y()
                found[port] = min(y, found.get(port, y))
        return found

    def _settle(self, node_ids: Iterable[str], edges: Iterable[Edge] = ()) -> None:
        """After anything moved: frames, then wires, then which ports are connected."""
        document = self.document
        ids = document.nodes.keys() & set(node_ids)
        ends = document.nodes.keys() & {end for edge in edges for end in (edge.source, edge.target)}
        around = {document.nodes[i].parent for i in ids | ends} | ids | ends
        ids |= self.fit_frames(frame for frame in around if frame)
        touched = document.wires_of(ids) | {edge.id for edge in edges}
        self.reroute([edge for edge_id, edge in document.edges.items() if edge_id in touched])  # as they lie in memory
        self._tie(ids | ends)
        self.links.lay()
        self.touched.emit()
        self.setSceneRect(self.extent().adjusted(-ROOM, -ROOM, ROOM, ROOM))

    def _tie(self, node_ids: set[str]) -> None:
        for node_id in node_ids:
            item = self.nodes.get(node_id)
            if item is not None:
                item.tie()

    def ports_in_use(self, node_id: str) -> set[tuple[str, str]]:
        """Side and name of every port of a step that has a wire."""
        return {self._end_at(edge, node_id) for edge in self.document.wires(node_id)}

    def _end_at(self, edge: Edge, node_id: str) -> tuple[str, str]:
        nodes = self.document.nodes
        if edge.source == node_id:
            return ("inner_output" if nodes[edge.target].parent == node_id else "output", edge.source_port)
        return ("inner_input" if nodes[edge.source].parent == node_id else "input", edge.target_port)

    def _add_node(self, node: Node) -> None:
        face = self._face(node)
        item = (
            FrameItem(face, self.detail, node.size)
            if face.frame
            else NodeItem(face, self.detail, node.size and node.size[0])
        )
        item.setPos(*node.position)
        if node.id in self.lives:
            item.show_live(self.lives[node.id])
        self.nodes[node.id] = item
        self.addItem(item)
        self.links.add(node)

    def _face(self, node: Node):
        return face_of(node, self.document.type_of(node), self.document.ports(node), self.document.names)

    def _wire_state(self, edge: Edge) -> State:
        ends = (self.lives.get(end, Live()).state for end in (edge.source, edge.target))
        return wire_state(*ends, self.nodes[edge.target].face.frame)


def _around(items: list[NodeItem | NoteItem | AreaItem]) -> QRectF:
    rect = QRectF()
    for item in items:
        rect |= item.box
    return rect


def id_of(item: QGraphicsItem) -> str:
    """The id of the step, wire or note that an item shows."""
    if isinstance(item, NodeItem):
        return item.face.id
    if isinstance(item, WireItem):
        return item.edge_id
    if isinstance(item, AreaItem):
        return item.frame.id
    return item.note.id if isinstance(item, NoteItem) else ""
