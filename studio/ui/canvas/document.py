"""One open workflow: its graph with quick look-ups, its undo stack, and the few ways in which it can change.

Only commands call `insert`, `remove`, `place` and `replace`; each tells what it touched, and the scene follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from studio.engine.errors import StudioError
from studio.engine.workflows.graph import Edge, Frame, Graph, Node, Note, Ports, Problem, any_port
from studio.engine.workflows.node import NodeType
from studio.engine.workflows.offers import Offers
from studio.ui.canvas.arrange import layers


class Judge(Protocol):
    """What the canvas asks the engine: which node types there are, and whether a wire may be."""

    def node_types(self) -> list[NodeType]: ...

    def check_link(self, graph: Graph, edge: Edge) -> None: ...

    def problems(self, graph: Graph) -> list[Problem]: ...


@dataclass(slots=True)
class Parts:
    """Some of a graph: what a command inserts or removes, what the clipboard holds."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges or self.notes or self.frames)

    @property
    def ids(self) -> set[str]:
        return {part.id for part in (*self.nodes, *self.edges, *self.notes, *self.frames)}


Part = Node | Edge | Note | Frame


def walk(document: Document, frame: str | None = None) -> Iterator[Node]:
    """All steps in the order in which they run, each frame before what lies in it."""
    for node in document.in_order(frame):
        yield node
        kind = document.type_of(node)
        if kind is not None and kind.frame:
            yield from walk(document, node.id)


Place = tuple[tuple[float, float], str | None]  # position and the frame around it


class Document(QObject):
    """Signals carry ids. `edited` follows every change of any kind, for saving and for the list of problems."""

    inserted = Signal(object)
    removed = Signal(object)
    placed = Signal(object)
    replaced = Signal(object)
    edited = Signal()

    def __init__(self, judge: Judge, graph: Graph | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.judge = judge
        self.undo = QUndoStack(self)
        self.types = {kind.name: kind for kind in judge.node_types()}
        self._graph = graph or Graph()
        self.nodes: dict[str, Node] = {node.id: node for node in self._graph.nodes}
        self.edges: dict[str, Edge] = {edge.id: edge for edge in self._graph.edges}
        self.notes: dict[str, Note] = {note.id: note for note in self._graph.notes}
        self.names: dict[str, str] = {}
        self.frames: dict[str, Frame] = {frame.id: frame for frame in self._graph.frames}
        self._wires: dict[str, set[str]] = {}
        self._ports: dict[str, tuple[tuple[Any, ...], Ports]] = {}
        for edge in self.edges.values():
            self._tie(edge)

    # reading

    @property
    def graph(self) -> Graph:
        """The graph as the engine knows it."""
        kinds = {"nodes": self.nodes, "edges": self.edges, "notes": self.notes, "frames": self.frames}
        return self._graph.model_copy(update={name: list(parts.values()) for name, parts in kinds.items()})

    @property
    def name(self) -> str:
        return self._graph.name

    @property
    def description(self) -> str:
        return self._graph.description

    @property
    def variables(self) -> dict[str, Any]:
        return self._graph.variables

    def bindable(self) -> dict[str, Any]:
        """What parameters can be bound to by name: the workflow's variables and the fields that a run is given."""
        starts = [node for node in self.nodes.values() if node.type == "start"]
        return {**{port.name: None for node in starts for port in self.ports(node).outputs}, **self.variables}

    def part(self, part_id: str) -> Part:
        """The step, wire, comment or frame of that id."""
        return next(parts[part_id] for parts in self._kinds() if part_id in parts)

    def has(self, part_id: str) -> bool:
        return any(part_id in parts for parts in self._kinds())

    def position_of(self, part_id: str) -> tuple[float, float]:
        """Where a step, comment or frame has its corner."""
        part = self.part(part_id)
        return (0.0, 0.0) if isinstance(part, Edge) else part.position

    def type_of(self, node: Node) -> NodeType | None:
        return self.types.get(node.type)

    def ports(self, node: Node) -> Ports:
        kind = self.type_of(node)
        if kind is None:
            return self._guessed(node)
        known = self._ports.get(node.id)
        if known is not None:  # parameters are replaced, never changed in place
            (params, bound, on_error), ports = known
            if params is node.params and bound is node.bound and on_error == node.on_error:
                return ports
        ports = kind.ports_of(node)
        self._ports[node.id] = ((node.params, node.bound, node.on_error), ports)
        return ports

    def ports_as(self, node: Node) -> Ports:
        """The ports that a step would have so; it is not one of the workflow's yet."""
        kind = self.type_of(node)
        return kind.ports_of(node) if kind is not None else self._guessed(node)

    def wires(self, node_id: str) -> list[Edge]:
        return [self.edges[edge_id] for edge_id in self._wires.get(node_id, ())]

    def wires_of(self, node_ids: Iterable[str]) -> set[str]:
        """The ids of all wires that begin or end at these steps."""
        return set().union(*(self._wires.get(node_id, ()) for node_id in node_ids))

    def children(self, frame_id: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.parent == frame_id]

    def wires_at(self, frame: str | None) -> list[tuple[str, str]]:
        """The wires as seen at one depth, as pairs of steps: one that goes into a frame leads to the frame."""
        shared = self.graph.wires() if any(node.variant_of for node in self.nodes.values()) else self.edges.values()
        pairs = ((self._at_depth(e.source, frame), self._at_depth(e.target, frame)) for e in shared)
        return [(start, end) for start, end in pairs if start and end and start != end]

    def in_order(self, frame: str | None) -> list[Node]:
        """The steps in a frame as they run: sources first, then from top to bottom."""
        inside = [node for node in self.nodes.values() if node.parent == frame]
        column = layers([node.id for node in inside], self.wires_at(frame))
        return sorted(inside, key=lambda node: (column[node.id], node.position[1], node.position[0]))

    def within(self, node_ids: Iterable[str]) -> list[str]:
        """These steps and everything that lies in them, frames within frames included."""
        waiting = list(node_ids)
        found = dict.fromkeys(waiting)
        while waiting:
            for child in self.children(waiting.pop()):
                if child.id not in found:
                    found[child.id] = None
                    waiting.append(child.id)
        return list(found)

    def occupant(self, edge: Edge) -> Edge | None:
        """The wire that a new one would replace: its input takes one only."""
        target = self.nodes[edge.target]
        ports = self.ports(target)
        port = next((p for p in (*ports.inputs, *ports.inner_inputs) if p.name == edge.target_port), None)
        if port is None or port.many:
            return None
        others = (e for e in self.wires(edge.target) if e.target == edge.target and e.target_port == edge.target_port)
        return next((e for e in others if e.id != edge.id), None)

    def refusal(self, edge: Edge, without: Iterable[str] = (), graph: Graph | None = None) -> StudioError | None:
        """Why this wire may not be, once the wires in `without` are gone; None when it may.

        Whoever asks often gives the graph, so that it is not put together each time.
        """
        gone = set(without)
        graph = (graph or self.graph).model_copy()
        graph.edges = [e for e in graph.edges if e.id not in gone]
        try:
            self.judge.check_link(graph, edge)
        except StudioError as error:
            return error
        return None

    def offers(self, replacing: bool = False) -> Offers:
        """The judge of many wires at once, as the graph is now."""
        return Offers(self.graph, self.ports, replacing)

    def fresh_id(self, kind: str, taken: Iterable[str] = ()) -> str:
        """A readable id that is free here: sql, sql_2, sql_3."""
        used, number, name = {*self.nodes, *taken}, 1, kind
        while name in used:
            number += 1
            name = f"{kind}_{number}"
        return name

    # changing, for commands

    def insert(self, parts: Parts) -> None:
        self.nodes.update({node.id: node for node in parts.nodes})
        self.notes.update({note.id: note for note in parts.notes})
        self.frames.update({frame.id: frame for frame in parts.frames})
        for edge in parts.edges:
            self.edges[edge.id] = edge
            self._tie(edge)
        self.inserted.emit(parts)
        self.edited.emit()

    def remove(self, parts: Parts) -> None:
        for edge in parts.edges:
            self.edges.pop(edge.id, None)
            for end in (edge.source, edge.target):
                self._wires.get(end, set()).discard(edge.id)
        for node in parts.nodes:
            self.nodes.pop(node.id, None)
        for note in parts.notes:
            self.notes.pop(note.id, None)
        for frame in parts.frames:
            self.frames.pop(frame.id, None)
        self.removed.emit(parts)
        self.edited.emit()

    def place(self, places: dict[str, Place]) -> None:
        """The bends of a wire whose two ends move alike move along."""
        self._carry_bends(places)
        for part_id, (position, frame) in places.items():
            if part_id in self.nodes:
                self.nodes[part_id] = self.nodes[part_id].model_copy(update={"position": position, "parent": frame})
            elif part_id in self.notes:
                self.notes[part_id] = self.notes[part_id].model_copy(update={"position": position})
            elif part_id in self.frames:
                self.frames[part_id] = self.frames[part_id].model_copy(update={"position": position})
        self.placed.emit(set(places))
        self.edited.emit()

    def replace(self, part: Part) -> None:
        """Another title, other parameters, muted, another size, other bends."""
        next(parts for parts in self._kinds() if part.id in parts)[part.id] = part
        self.replaced.emit(part.id)
        self.edited.emit()

    def become(self, graph: Graph) -> None:
        """All of another graph in place of this one, but for its name and what it is for."""
        self.remove(self._everything())
        kept = {"name": self._graph.name, "description": self._graph.description}
        self._graph = graph.model_copy(update=kept)
        self.insert(Parts(list(graph.nodes), list(graph.edges), list(graph.notes), list(graph.frames)))

    def _everything(self) -> Parts:
        return Parts(*(list(parts.values()) for parts in (self.nodes, self.edges, self.notes, self.frames)))

    def rename(self, name: str, description: str | None = None) -> None:
        values = {"name": name} if description is None else {"name": name, "description": description}
        self._graph = self._graph.model_copy(update=values)
        self.edited.emit()

    def set_variables(self, variables: dict[str, Any]) -> None:
        self._graph = self._graph.model_copy(update={"variables": variables})
        self.edited.emit()

    def parts_of(self, ids: Iterable[str], wires: Callable[[Edge], bool] = bool) -> Parts:
        """What hangs together with these ids: the wires at both ends of each step included."""
        wanted = set(ids)
        node_ids = [i for i in self.nodes if i in wanted]
        touched = {edge.id for node_id in node_ids for edge in self.wires(node_id) if wires(edge)} | wanted
        return Parts(
            [self.nodes[i] for i in node_ids],
            [edge for edge in self.edges.values() if edge.id in touched],
            [note for note in self.notes.values() if note.id in wanted],
            [frame for frame in self.frames.values() if frame.id in wanted],
        )

    def _kinds(self) -> tuple[dict[str, Any], ...]:
        return self.nodes, self.edges, self.notes, self.frames

    def _carry_bends(self, places: dict[str, Place]) -> None:
        bent = [edge for edge in self.edges.values() if edge.via and edge.source in places and edge.target in places]
        for edge in bent:
            ways = [
                (places[end][0][0] - self.nodes[end].position[0], places[end][0][1] - self.nodes[end].position[1])
                for end in (edge.source, edge.target)
            ]
            if ways[0] == ways[1]:
                via = [(x + ways[0][0], y + ways[0][1]) for x, y in edge.via]
                self.edges[edge.id] = edge.model_copy(update={"via": via})

    def _at_depth(self, node_id: str, frame: str | None) -> str:
        node = self.nodes.get(node_id)
        while node is not None and node.parent != frame:
            node = self.nodes.get(node.parent or "")
        return node.id if node else ""

    def _tie(self, edge: Edge) -> None:
        for end in (edge.source, edge.target):
            self._wires.setdefault(end, set()).add(edge.id)

    def _guessed(self, node: Node) -> Ports:
        """The ports that the wires of an unknown step speak of, so that nothing of a foreign file is lost to sight."""
        wires = self.wires(node.id)
        ins = dict.fromkeys(e.target_port for e in wires if e.target == node.id)
        outs = dict.fromkeys(e.source_port for e in wires if e.source == node.id)
        return Ports(
            inputs=[any_port(name) for name in ins],
            outputs=[any_port(name) for name in outs],
        )
