"""A workflow as plain data, and the only judge of its links.

The canvas, the importer and the command line ask `check_link`; none of them decides. What ports a step has is told by
its node type, so the judge is given a `PortsOf`: any function from a step to its ports (`library.ports_of` is the real one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.engine import ids
from studio.engine.errors import Invalid, NotFound, StudioError
from studio.engine.text import Text

PortType = Literal[
    "text",
    "json",
    "table",
    "docs",
    "chunks",
    "messages",
    "image",
    "file",
    "model",
    "vector",
    "number",
    "boolean",
    "any",
]

PORT_TITLES: dict[str, Text] = {
    "text": Text("text", "文本"),
    "json": Text.same("JSON"),
    "table": Text("table", "表格"),
    "docs": Text("documents", "文档"),
    "chunks": Text("chunks", "片段"),
    "messages": Text("messages", "消息"),
    "image": Text("image", "图像"),
    "file": Text("file", "文件"),
    "model": Text("model", "模型"),
    "vector": Text("vector", "向量"),
    "number": Text("number", "数字"),
    "boolean": Text("yes/no", "是/否"),
    "any": Text("anything", "任意"),
}

SAFE: frozenset[tuple[str, str]] = frozenset(
    {
        ("number", "text"), ("boolean", "text"), ("json", "text"),
        ("text", "json"), ("number", "json"), ("boolean", "json"), ("chunks", "json"), ("docs", "json"), ("messages", "json"),
        ("docs", "chunks"), ("chunks", "docs"), ("boolean", "number"), ("text", "messages"),
    }
)  # fmt: skip

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


class Port(BaseModel):
    """One place on a step where wires begin or end."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: PortType
    title: Text
    many: bool = False
    optional: bool = False


class Ports(BaseModel):
    """All ports of one step. A frame (a map) also has ports on its inside: `inner_outputs` feed the steps in it,
    `inner_inputs` collect from them."""

    model_config = ConfigDict(frozen=True)

    inputs: list[Port] = Field(default_factory=list)
    outputs: list[Port] = Field(default_factory=list)
    inner_outputs: list[Port] = Field(default_factory=list)
    inner_inputs: list[Port] = Field(default_factory=list)


class Retry(BaseModel):
    """How often a failed step is tried again; the wait in seconds doubles each time."""

    times: int = Field(0, ge=0, le=20)
    wait: float = Field(1.0, ge=0, le=600)


class Node(BaseModel):
    """One step. `parent` is the frame that it lies in; `foreign` keeps what a foreign file said and we do not know.

    `default` are the values of its outputs where `on_error` is "default"; with "branch" it has an output `error` beside its own.
    `side_effect` says otherwise than the type whether running it twice would matter.
    `version` is that of the node type that its parameters were written for; `library.migrate` brings them up to date.
    """

    id: str
    type: str
    version: int = 1
    title: str = ""
    params: dict[str, Any] = {}
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] | None = None
    parent: str | None = None
    bypass: bool = False
    notes: str = ""
    retry: Retry = Retry()
    timeout: float | None = None
    on_error: Literal["stop", "default", "branch"] = "stop"
    default: dict[str, Any] = {}
    cache: Literal["auto", "off"] = "auto"
    side_effect: bool | None = None
    foreign: dict[str, Any] = {}


class Edge(BaseModel):
    """One wire, from an output to an input. `via` are places on the canvas that it is led through. With `passes` it is a
    loop-back: it leads to a step before it, and what lies between runs again while it carries a value, that often at most."""

    id: str = Field(default_factory=lambda: ids.new("edge"))
    source: str
    source_port: str
    target: str
    target_port: str
    via: list[tuple[float, float]] = []
    passes: int | None = Field(None, ge=1, le=100_000)
    foreign: dict[str, Any] = {}


class Note(BaseModel):
    """A comment on the canvas."""

    id: str = Field(default_factory=lambda: ids.new("note"))
    text: str = ""
    author: str = ""
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (176.0, 112.0)


class Frame(BaseModel):
    """A titled box around steps; it only groups for the eye (a map is a step that is a frame)."""

    id: str = Field(default_factory=lambda: ids.new("frame"))
    title: str = ""
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (400.0, 300.0)


class Problem(BaseModel):
    """What keeps a graph from running (`error`) or looks wrong (`warning`), and where."""

    node_id: str
    message: Text
    port: str = ""
    level: Literal["error", "warning"] = "error"


OUTPUT, INPUT = Text("output", "输出"), Text("input", "输入")
LOOP_BACK = Text("Give it a limit of passes to make it a loop-back.", "为其设置最多循环次数即可作为回环。")


class BadLink(Invalid):
    """Two ports that cannot be joined. `converter` names the node type that would stand between them, if there is one."""

    def __init__(self, message: Text, converter: str | None = None, repair: Text | None = None) -> None:
        if converter:
            repair = Text(f"Put a “{converter}” step between them.", f"可以在中间加一个“{converter}”节点。")
        super().__init__(message, repair)
        self.converter = converter


class Graph(BaseModel):
    """A workflow. Order of nodes and edges is kept, so that files compare well. `concurrency` bounds how many steps run at once."""

    name: str = ""
    description: str = ""
    nodes: list[Node] = []
    edges: list[Edge] = []
    notes: list[Note] = []
    frames: list[Frame] = []
    concurrency: int | None = Field(None, ge=1, le=10_000)
    version: str = "2"

    def node(self, node_id: str) -> Node:
        """The step of that id, or `NotFound`."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise NotFound(Text(f"There is no step “{node_id}” in this workflow.", f"此工作流中没有节点“{node_id}”。"))

    def has(self, node_id: str) -> bool:
        return any(node.id == node_id for node in self.nodes)

    def children(self, frame_id: str | None) -> list[Node]:
        """The steps directly in a frame; None means those in no frame."""
        return [node for node in self.nodes if node.parent == frame_id]

    def edges_into(self, node_id: str, port: str | None = None) -> list[Edge]:
        return [e for e in self.edges if e.target == node_id and port in (None, e.target_port)]

    def edges_from(self, node_id: str, port: str | None = None) -> list[Edge]:
        return [e for e in self.edges if e.source == node_id and port in (None, e.source_port)]

    def fresh_id(self, kind: str) -> str:
        """A readable id that is free here: sql, sql_2, sql_3."""
        taken = {node.id for node in self.nodes}
        return next(name for name in _numbered(kind) if name not in taken)


End = tuple[str, str, bool]
PortsOf = Callable[[Node], Ports]


class Sheet:
    """A graph with its lookups made, for questions that would each look through all of it."""

    def __init__(self, graph: Graph, ports_of: PortsOf) -> None:
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self.into: dict[End, list[Edge]] = {}
        for edge in graph.edges:
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

    def check(self, edge: Edge) -> None:
        """Everything about a wire but circles."""
        source, target = self.node(edge.source), self.node(edge.target)
        if source.id == target.id and edge.passes is None:
            raise BadLink(Text("A step cannot feed itself.", "节点不能连接到自身。"), repair=LOOP_BACK)
        if edge.passes is not None and source.parent != target.parent:
            raise BadLink(Text("A loop-back leads to a step of the same frame.", "回环只能连到同一个框内的节点。"))
        left = _port(source, edge.source_port, self.outputs(source, target), OUTPUT)
        right = _port(target, edge.target_port, self.inputs(source, target), INPUT)
        _check_scope(self, source, target)
        _check_types(left, right)
        if edge.passes is not None:
            return
        others = [other for other in self.into.get(self.end(edge), ()) if other.id != edge.id]
        if others and not right.many:
            raise BadLink(Text(f"“{right.title.en}” already has a wire.", f"“{right.title.zh}”已有连线。"))

    def places(self, edge: Edge) -> tuple[Place, Place]:
        """Where a wire begins and ends in time. A step is two places: a frame opens before the steps in it and closes after them."""
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        leaves = "open" if source.id in self.scopes(target) else "close"
        enters = "close" if source.parent == target.id else "open"
        return (source.id, leaves), (target.id, enters)

    def follows(self, edges: Iterable[Edge]) -> dict[Place, list[Place]]:
        """What comes after what. A wire into a frame also holds up its opening."""
        after: dict[Place, list[Place]] = {}
        for node in self.graph.nodes:
            after.setdefault((node.id, "open"), []).append((node.id, "close"))
            if node.parent in self.nodes:
                after.setdefault((str(node.parent), "open"), []).append((node.id, "open"))
                after.setdefault((node.id, "close"), []).append((str(node.parent), "close"))
        for edge in edges:
            if edge.passes is None and edge.source in self.nodes and edge.target in self.nodes:
                self._follow(edge, after)
        return after

    def _follow(self, edge: Edge, after: dict[Place, list[Place]]) -> None:
        leaves, enters = self.places(edge)
        after.setdefault(leaves, []).append(enters)
        if leaves[1] == "open" or enters[1] == "close":
            return
        outside = self.scopes(self.nodes[edge.source])
        for frame in self.scopes(self.nodes[edge.target]):
            if frame in outside:
                return
            after.setdefault(leaves, []).append((str(frame), "open"))


Place = tuple[str, str]


def check_link(graph: Graph, edge: Edge, ports_of: PortsOf) -> None:
    """Raise `BadLink` that says why this wire may not be, or return. The wire itself may be in the graph already. Linear."""
    sheet = Sheet(graph, ports_of)
    sheet.check(edge)
    follows = sheet.follows([*(other for other in graph.edges if other.id != edge.id), edge])
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
    sound = [edge for edge in sheet.graph.edges if edge.id not in broken]
    follows = sheet.follows(sound)
    circling = _in_circles(follows)
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


def fits(source: PortType, target: PortType) -> bool:
    """Whether a value of one type can be taken as another without loss. "any" is judged when the value is there."""
    return source == target or "any" in (source, target) or (source, target) in SAFE


def _numbered(kind: str) -> Iterator[str]:
    yield kind
    number = 2
    while True:
        yield f"{kind}_{number}"
        number += 1


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
