"""Small graphs for the tests, said briefly."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows.graph import Edge, Graph, Node


def step(node_id: str, kind: str, parent: str | None = None, /, **params: Any) -> Node:
    return Node(id=node_id, type=kind, params=params, parent=parent)


def wire(text: str) -> Edge:
    """`wire("a.text > b.prompt")`."""
    left, right = (end.strip().split(".") for end in text.split(">"))
    return Edge(source=left[0], source_port=left[1], target=right[0], target_port=right[1])


def graph(*parts: Node | str, name: str = "test") -> Graph:
    nodes = [part for part in parts if isinstance(part, Node)]
    return Graph(name=name, nodes=nodes, edges=[wire(part) for part in parts if isinstance(part, str)])


def field(name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}
