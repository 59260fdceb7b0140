"""A workflow as plain data, and the only judge of its links.

The canvas, the importer and the command line ask `check_link`; none of them decides. What ports a step has is told by
its node type, so the judge is given a `PortsOf`: any function from a step to its ports (`library.ports_of` is the real one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.engine import ids
from studio.engine.errors import Invalid, NotFound
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

    inputs: list[Port] = []
    outputs: list[Port] = []
    inner_outputs: list[Port] = []
    inner_inputs: list[Port] = []


class Retry(BaseModel):
    """How often a failed step is tried again; the wait in seconds doubles each time."""

    times: int = Field(0, ge=0, le=20)
    wait: float = Field(1.0, ge=0, le=600)


class Node(BaseModel):
    """One step. `parent` is the frame that it lies in; `foreign` keeps what a foreign file said and we do not know."""

    id: str
    type: str
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
    cache: Literal["auto", "off"] = "auto"
    foreign: dict[str, Any] = {}


class Edge(BaseModel):
    """One wire, from an output to an input."""

    id: str = Field(default_factory=lambda: ids.new("edge"))
    source: str
    source_port: str
    target: str
    target_port: str
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


class BadLink(Invalid):
    """Two ports that cannot be joined. `converter` names the node type that would stand between them, if there is one."""

    def __init__(self, message: Text, converter: str | None = None) -> None:
        repair = None
        if converter:
            repair = Text(f"Put a “{converter}” step between them.", f"可以在中间加一个“{converter}”节点。")
        super().__init__(message, repair)
        self.converter = converter


class Graph(BaseModel):
    """A workflow. Order of nodes and edges is kept, so that files compare well."""

    name: str = ""
    description: str = ""
    nodes: list[Node] = []
    edges: list[Edge] = []
    notes: list[Note] = []
    frames: list[Frame] = []
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


PortsOf = Callable[[Node], Ports]


def check_link(graph: Graph, edge: Edge, ports_of: PortsOf) -> None:
    """Raise `BadLink` that says why this wire may not be, or return. The wire itself may be in the graph already."""
    source, target = _ends(graph, edge)
    others = [other for other in graph.edges if other.id != edge.id]
    left = _port(source, edge.source_port, outputs_seen_by(source, target, ports_of(source)), Text("output", "输出"))
    right = _port(target, edge.target_port, inputs_seen_by(source, target, ports_of(target)), Text("input", "输入"))
    _check_scope(graph, source, target)
    _check_types(left, right)
    _check_free(right, target, others)
    _check_cycle(graph, edge, others)


def outputs_seen_by(source: Node, target: Node, ports: Ports) -> list[Port]:
    """The outputs that a wire from `source` to `target` can begin at: a frame shows its inner ones to what lies in it."""
    return ports.inner_outputs if target.parent == source.id else ports.outputs


def inputs_seen_by(source: Node, target: Node, ports: Ports) -> list[Port]:
    return ports.inner_inputs if source.parent == target.id else ports.inputs


def fits(source: PortType, target: PortType) -> bool:
    """Whether a value of one type can be taken as another without loss. "any" is judged when the value is there."""
    return source == target or "any" in (source, target) or (source, target) in SAFE


def scopes(graph: Graph, node: Node) -> list[str | None]:
    """The frames around a step, innermost first, ending with None (the sheet itself)."""
    parents = {other.id: other.parent for other in graph.nodes}
    around: list[str | None] = []
    frame = node.parent
    while frame is not None and frame not in around:
        around.append(frame)
        frame = parents.get(frame)
    return [*around, None]


def _numbered(kind: str) -> Iterator[str]:
    yield kind
    number = 2
    while True:
        yield f"{kind}_{number}"
        number += 1


def _ends(graph: Graph, edge: Edge) -> tuple[Node, Node]:
    source, target = graph.node(edge.source), graph.node(edge.target)
    if source.id == target.id:
        raise BadLink(Text("A step cannot feed itself.", "节点不能连接到自身。"))
    return source, target


def _port(node: Node, name: str, ports: Iterable[Port], side: Text) -> Port:
    for port in ports:
        if port.name == name:
            return port
    title = node.title or node.id
    raise BadLink(Text(f"“{title}” has no {side.en} “{name}” here.", f"“{title}”在此处没有{side.zh}“{name}”。"))


def _check_scope(graph: Graph, source: Node, target: Node) -> None:
    inner = target.parent == source.id or source.parent == target.id
    if inner or source.parent in scopes(graph, target):
        return
    frame = graph.node(source.parent or "")
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


def _check_free(port: Port, target: Node, others: list[Edge]) -> None:
    if port.many:
        return
    if any(e.target == target.id and e.target_port == port.name for e in others):
        raise BadLink(Text(f"“{port.title.en}” already has a wire.", f"“{port.title.zh}”已有连线。"))


def _check_cycle(graph: Graph, edge: Edge, others: list[Edge]) -> None:
    follows = dependencies(graph, [*others, edge])
    start = _places(graph.node(edge.source), graph.node(edge.target))
    seen, waiting = set(), [start[1]]
    while waiting:
        place = waiting.pop()
        if place == start[0]:
            raise BadLink(Text("This wire would close a circle.", "这条连线会形成环路。"))
        if place not in seen:
            seen.add(place)
            waiting.extend(follows.get(place, ()))


Place = tuple[str, str]


def _places(source: Node, target: Node) -> tuple[Place, Place]:
    """A step is two places: a frame opens before the steps in it and closes after them."""
    leaves = "open" if target.parent == source.id else "close"
    enters = "close" if source.parent == target.id else "open"
    return (source.id, leaves), (target.id, enters)


def dependencies(graph: Graph, edges: list[Edge]) -> dict[Place, list[Place]]:
    """What comes after what. Every step opens before it closes; a wire into a frame also holds up its opening."""
    nodes = {node.id: node for node in graph.nodes}
    after: dict[Place, list[Place]] = {}
    for node in graph.nodes:
        after.setdefault((node.id, "open"), []).append((node.id, "close"))
        if node.parent in nodes:
            after.setdefault((str(node.parent), "open"), []).append((node.id, "open"))
            after.setdefault((node.id, "close"), []).append((str(node.parent), "close"))
    for edge in edges:
        source, target = nodes.get(edge.source), nodes.get(edge.target)
        if source is None or target is None:
            continue
        leaves, enters = _places(source, target)
        after.setdefault(leaves, []).append(enters)
        frame = target.parent
        while (
            leaves[1] == "close" and enters[1] == "open" and frame in nodes and frame not in (source.parent, source.id)
        ):
            after.setdefault(leaves, []).append((str(frame), "open"))
            frame = nodes[str(frame)].parent
    return after
