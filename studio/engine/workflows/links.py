"""The only judge of a workflow's links.

The canvas, the importer and the command line ask `check_link`; none of them decides. What ports a step has is told by
its node type, so the judge is given a `PortsOf`: any function from a step to its ports (`library.ports_of` is the real one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from studio.engine.errors import Invalid, StudioError
from studio.engine.text import Text
from studio.engine.workflows.graph import PORT_TITLES, Edge, Graph, Node, Port, Ports, fits

OUTPUT, INPUT = Text("output", "输出"), Text("input", "输入")
LOOP_BACK = Text("Give it a limit of passes to make it a loop-back.", "为其设置最多循环次数即可作为回环。")

CONVERTERS: dict[tuple[str, str], str] = {
    ("table", "text"): "prompt",
    ("chunks", "text"): "prompt",
    ("docs", "text"): "prompt",
    ("messages", "text"): "prompt",
    ("table", "json"): "python",
    ("json", "table"): "python",
    ("text", "number"): "python",
    ("json", "number"): "python",
    ("text", "chunks"): "retriever",
}


class BadLink(Invalid):
    """Two ports that cannot be joined. `converter` names the node type that would stand between them, if there is one."""

    def __init__(self, message: Text, converter: str | None = None, repair: Text | None = None) -> None:
        if converter:
            repair = Text(f"Put a “{converter}” step between them.", f"可以在中间加一个“{converter}”节点。")
        super().__init__(message, repair)
        self.converter = converter


End = tuple[str, str, bool]
PortsOf = Callable[[Node], Ports]


class Sheet:
    """A graph with its lookups made, for questions that would each look through all of it."""

    def __init__(self, graph: Graph, ports_of: PortsOf) -> None:
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self.frames = {node.parent for node in graph.nodes}
        self.into: dict[End, list[Edge]] = {}
        for edge in graph.wires():
            if edge.passes is None:
                self.into.setdefault(self.end(edge), []).append(edge)
        self._ports_of = ports_of
        self._ports: dict[str, Ports] = {}
        self.params: dict[str, Any] = {}  # those that hold, by step

    def node(self, node_id: str) -> Node:
        return self.nodes.get(node_id) or self.graph.node(node_id)

    def ports(self, node: Node) -> Ports:
        found = self._ports.get(node.id)
        if found is None:
            found = self._ports[node.id] = self._ports_of(node)
        return found

    def end(self, edge: Edge) -> End:
        """Where a wire ends: the step, the port, and whether it comes from inside of the step's frame."""
        source = self.nodes.get(edge.source)
        return edge.target, edge.target_port, source is not None and source.parent == edge.target

    def scopes(self, node: Node) -> list[str | None]:
        """The frames around a step, innermost first, ending with None (the sheet itself)."""
        around: list[str | None] = []
        frame = node.parent
        while frame is not None and frame not in around:
            around.append(frame)
            frame = self.nodes[frame].parent if frame in self.nodes else None
        return [*around, None]

    def outputs(self, source: Node, target: Node) -> list[Port]:
        """The outputs that a wire from `source` to `target` can begin at: a frame shows its inner ones to what lies in it."""
        if source.parent == target.parent:
            return self.ports(source).outputs
        ports = self.ports(source)
        return ports.inner_outputs if source.id in self.scopes(target) else ports.outputs

    def inputs(self, source: Node, target: Node) -> list[Port]:
        """The inputs that such a wire can end at: a frame collects from the steps directly in it."""
        ports = self.ports(target)
        return ports.inner_inputs if source.parent == target.id else ports.inputs

    def check(self, edge: Edge, replacing: bool = False) -> None:
        """Everything about a wire but circles; `replacing`, where the one that it would take the place of goes."""
        source, target = self.node(edge.source), self.node(edge.target)
        if source.id == target.id and edge.passes is None:
            raise BadLink(Text("A step cannot feed itself.", "节点不能连接到自身。"), repair=LOOP_BACK)
        if edge.passes is not None and source.parent != target.parent:
            raise BadLink(Text("A loop-back leads to a step of the same frame.", "回环只能连到同一个框内的节点。"))
        left = _port(source, edge.source_port, self.outputs(source, target), OUTPUT)
        right = _port(target, edge.target_port, self.inputs(source, target), INPUT)
        if target.variant_of and source.parent != target.id:
            raise BadLink(
                Text("A variant shares the inputs of the step above it.", "变体沿用原节点的输入。"),
                repair=Text("Draw the wire to that step.", "请连接到原节点。"),
            )
        _check_scope(self, source, target)
        _check_types(left, right)
        if edge.passes is not None or replacing:
            return
        others = [other for other in self.into.get(self.end(edge), ()) if other.id != edge.id]
        if others and not right.many:
            raise BadLink(Text(f"“{right.title.en}” already has a wire.", f"“{right.title.zh}”已有连线。"))

    def places(self, edge: Edge) -> tuple[Place, Place]:
        """Where a wire begins and ends in time. A frame is two places: it opens before the steps in it and closes after them;
        any other step is one."""
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        if source.parent == target.parent:
            return self._close(source.id), target.id
        leaves = source.id if source.id in self.scopes(target) else self._close(source.id)
        return leaves, self._close(target.id) if source.parent == target.id else target.id

    def _close(self, name: str) -> Place:
        return name + CLOSES if name in self.frames else name

    def follows(self, edges: Iterable[Edge]) -> dict[Place, list[Place]]:
        """What comes after what. A wire into a frame also holds up its opening."""
        after: dict[Place, list[Place]] = {node.id: [] for node in self.graph.nodes}
        for node in self.graph.nodes:
            if node.id in self.frames:
                after[node.id].append(self._close(node.id))
            if node.parent in self.nodes:
                after[node.parent].append(node.id)
                after.setdefault(self._close(node.id), []).append(self._close(node.parent))
        for edge in edges:
            if edge.passes is None and edge.source in self.nodes and edge.target in self.nodes:
                self._follow(edge, after)
        return after

    def _follow(self, edge: Edge, after: dict[Place, list[Place]]) -> None:
        leaves, enters = self.places(edge)
        after.setdefault(leaves, []).append(enters)
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        if source.parent == target.parent or leaves == source.id in self.frames or enters != target.id:
            return
        outside = self.scopes(source)
        for frame in self.scopes(target):
            if frame in outside:
                return
            after[leaves].append(str(frame))


Place = str  # a step's id; with CLOSES the end of a frame
CLOSES = "\0closes"


def check_link(graph: Graph, edge: Edge, ports_of: PortsOf) -> None:
    """Raise `BadLink` that says why this wire may not be, or return. The wire itself may be in the graph already. Linear."""
    sheet = Sheet(graph, ports_of)
    sheet.check(edge)
    follows = sheet.follows([*(other for other in graph.wires() if other.id != edge.id), edge])
    start, end = sheet.places(edge)
    closes = _leads(follows, end, start)
    if closes and edge.passes is None:
        raise _circle()
    if not closes and edge.passes is not None:
        raise _no_circle()


def check_links(sheet: Sheet) -> list[tuple[Edge, StudioError]]:
    """The wires of a graph that may not be, each with its reason; as cheap for a thousand as for one."""
    bad: list[tuple[Edge, StudioError]] = []
    for edge in sheet.graph.edges:
        try:
            sheet.check(edge)
        except StudioError as error:
            bad.append((edge, error))
    broken = {edge.id for edge, _ in bad}
    sound = [edge for edge in sheet.graph.wires() if edge.id not in broken]
    follows = sheet.follows(sound)
    circling = _in_circles(follows)
    if circling:
        bad += [(edge, _circle()) for edge in sound if edge.passes is None and set(sheet.places(edge)) <= circling]
    backs = [(edge, sheet.places(edge)) for edge in sound if edge.passes is not None]
    return bad + [(edge, _no_circle()) for edge, (start, end) in backs if not _leads(follows, end, start)]


def _leads(follows: dict[Place, list[Place]], start: Place, end: Place) -> bool:
    """Whether one place comes after another, or is it."""
    seen, waiting = set(), [start]
    while waiting:
        place = waiting.pop()
        if place == end:
            return True
        if place not in seen:
            seen.add(place)
            waiting.extend(follows.get(place, ()))
    return False


def _in_circles(follows: dict[Place, list[Place]]) -> set[Place]:
    """The places in circles: what is left when whatever waits for nothing is taken away, then whatever nothing waits for."""
    left = _never_free(follows)
    if not left:
        return left
    backwards: dict[Place, list[Place]] = {place: [] for place in left}
    for place in left:
        for later in follows.get(place, ()):
            if later in left:
                backwards[later].append(place)
    return _never_free(backwards)


def _never_free(follows: dict[Place, list[Place]]) -> set[Place]:
    waits = dict.fromkeys(follows, 0)
    for later in (later for followers in follows.values() for later in followers):
        waits[later] = waits.get(later, 0) + 1
    free = [place for place, count in waits.items() if not count]
    while free:
        place = free.pop()
        del waits[place]
        for later in follows.get(place, ()):
            waits[later] -= 1
            if not waits[later]:
                free.append(later)
    return set(waits)


def _circle() -> BadLink:
    return BadLink(Text("This wire would close a circle.", "这条连线会形成环路。"), repair=LOOP_BACK)


def _no_circle() -> BadLink:
    return BadLink(Text("A loop-back leads to a step that comes before it.", "回环只能连到它之前的节点。"))


def _port(node: Node, name: str, ports: Iterable[Port], side: Text) -> Port:
    for port in ports:
        if port.name == name:
            return port
    title = node.title or node.id
    raise BadLink(Text(f"“{title}” has no {side.en} “{name}” here.", f"“{title}”在此处没有{side.zh}“{name}”。"))


def _check_scope(sheet: Sheet, source: Node, target: Node) -> None:
    if source.parent == target.parent:
        return
    inner = source.id in sheet.scopes(target) or source.parent == target.id
    if inner or source.parent in sheet.scopes(target):
        return
    frame = sheet.node(source.parent or "")
    raise BadLink(
        Text(
            f"“{source.title or source.id}” runs once per row; its result leaves through a result port of “{frame.title or frame.id}”.",
            f"“{source.title or source.id}”按行运行，结果须经“{frame.title or frame.id}”的结果端口输出。",
        )
    )


def _check_types(source: Port, target: Port) -> None:
    if fits(source.type, target.type):
        return
    have, want = PORT_TITLES[source.type], PORT_TITLES[target.type]
    raise BadLink(
        Text(
            f"“{target.title.en}” takes {want.en}, not {have.en}.",
            f"“{target.title.zh}”需要{want.zh}，而不是{have.zh}。",
        ),
        CONVERTERS.get((source.type, target.type)),
    )
