"""A workflow as plain data."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.engine import ids
from studio.engine.errors import Fix, NotFound
from studio.engine.text import Text
from studio.engine.workflows.binding import Binding

PortType = Literal[
    "text", "json", "table", "docs", "chunks", "messages", "image", "file", "model", "vector", "number", "boolean", "any",
]  # fmt: skip

HANDLING = (
    "bypass", "mute", "bound", "variant_of", "notes", "retry", "timeout", "on_error", "default", "cache", "side_effect",
)  # fmt: skip  # the fields of a node that say how it is run

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
        ("number", "text"), ("boolean", "text"), ("json", "text"), ("file", "text"), ("file", "json"),
        ("text", "json"), ("number", "json"), ("boolean", "json"), ("chunks", "json"), ("docs", "json"), ("messages", "json"),
        ("docs", "chunks"), ("chunks", "docs"), ("boolean", "number"), ("text", "messages"),
    }
)  # fmt: skip


class Port(BaseModel):
    """One place on a step where wires begin or end."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: PortType
    title: Text
    many: bool = False
    optional: bool = False


@functools.lru_cache(4_096)
def any_port(name: str, many: bool = False, optional: bool = False) -> Port:
    """A port for whatever comes, called as it is named. One for all steps that have it: large workflows name thousands alike."""
    return Port(name=name, type="any", title=Text.same(name), many=many, optional=optional)


class Ports(BaseModel):
    """All ports of one step. A frame (a map) also has ports on its inside: `inner_outputs` feed the steps in it,
    `inner_inputs` collect from them."""

    model_config = ConfigDict(frozen=True)

    # factories: pydantic copies a default list deeply for every step that is opened
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

    `bypass` lets its input through by type; `mute` leaves it out, and what depends on it is skipped. `bound` are the parameters
    that take their value from a port, a variable or an expression; `params` keeps the fixed value meanwhile. `variant_of` is the
    step whose inputs it shares; a variant that fails does not stop the run.
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
    mute: bool = False
    bound: dict[str, Binding] = {}
    variant_of: str = ""
    notes: str = ""
    retry: Retry = Retry()
    timeout: float | None = None
    on_error: Literal["stop", "default", "branch"] = "stop"
    default: dict[str, Any] = {}
    cache: Literal["auto", "off"] = "auto"
    side_effect: bool | None = None
    foreign: dict[str, Any] = {}

    @property
    def work(self) -> tuple[Any, ...]:
        """What makes it do something else than another step of its type; not where it lies or how it is called."""
        return self.type, self.params, self.bound, self.bypass, self.mute


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
    """What keeps a graph from running (`error`) or looks wrong (`warning`), where, and the repair that a window can offer.

    Kinds of `fix` beside those of errors: "connect" (the input `target`), "convert" (the wire `target`), "unlink" (take that wire
    away), "variable" (make the one of that name), "unbind" (the setting `target`), "free" (out of a frame or from a step that is gone).
    """

    node_id: str
    message: Text
    port: str = ""
    level: Literal["error", "warning"] = "error"
    fix: Fix | None = None


class Graph(BaseModel):
    """A workflow. Order of nodes and edges is kept, so that files compare well. `concurrency` bounds how many steps run at once.
    `variables` are values that parameters can be bound to; what a run is given under the same name goes before them."""

    name: str = ""
    description: str = ""
    nodes: list[Node] = []
    edges: list[Edge] = []
    notes: list[Note] = []
    frames: list[Frame] = []
    variables: dict[str, Any] = {}
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

    def wires(self) -> list[Edge]:
        """All wires, those included that a variant shares with the step it is a variant of."""
        variants: dict[str, list[str]] = {}
        for node in self.nodes:
            if node.variant_of:
                variants.setdefault(node.variant_of, []).append(node.id)
        if not variants:
            return self.edges
        shared = [
            edge.model_copy(update={"id": f"{edge.id}@{variant}", "target": variant})
            for edge in self.edges
            for variant in variants.get(edge.target, ())
        ]
        return [*self.edges, *shared]

    def fresh_id(self, kind: str) -> str:
        """A readable id that is free here: sql, sql_2, sql_3."""
        taken = {node.id for node in self.nodes}
        return next(name for name in _numbered(kind) if name not in taken)


def fits(source: PortType, target: PortType) -> bool:
    """Whether a value of one type can be taken as another without loss. "any" is judged when the value is there."""
    return source == target or "any" in (source, target) or (source, target) in SAFE


def _numbered(kind: str) -> Iterator[str]:
    yield kind
    number = 2
    while True:
        yield f"{kind}_{number}"
        number += 1
