"""The node types there are, found in `nodes/`, and the graph's questions answered with them."""

from __future__ import annotations

from studio.engine import params as declared
from studio.engine.errors import StudioError
from studio.engine.registry import Registry
from studio.engine.text import Text
from studio.engine.workflows import graph as graphs
from studio.engine.workflows.graph import BadLink, Edge, Graph, Node, Ports, Problem
from studio.engine.workflows.node import NodeType

nodes: Registry[NodeType] = Registry(
    kind="nodes",
    package="studio.engine.workflows.nodes",
    matches=lambda value: isinstance(value, NodeType),
    name_of=lambda found: found.name,
)


def node_types() -> list[NodeType]:
    """All node types, in the order of their names."""
    return list(nodes)


def ports_of(node: Node) -> Ports:
    """The ports of a step; none for a type that is not installed here."""
    found = nodes.all().get(node.type)
    return found.ports(node.params) if found else Ports()


def check_link(graph: Graph, edge: Edge) -> None:
    """Raise `BadLink` that says why this wire may not be, or return."""
    graphs.check_link(graph, edge, ports_of)


def problems(graph: Graph) -> list[Problem]:
    """Everything that keeps a graph from running, and what looks wrong in it; empty when all is well."""
    found = [problem for node in graph.nodes for problem in _of_node(graph, node)]
    return found + [problem for edge in graph.edges for problem in _of_edge(graph, edge)]


def _of_node(graph: Graph, node: Node) -> list[Problem]:
    known = nodes.all().get(node.type)
    if known is None:
        why = Text(
            f"This studio has no node “{node.type}”. The step is kept as it is.",
            f"本程序没有“{node.type}”节点，此节点将原样保留。",
        )
        return [Problem(node_id=node.id, message=why)]
    if node.bypass:
        return []
    return [*_of_params(known, node), *_of_inputs(graph, node, known), *_of_place(graph, node)]


def _of_params(known: NodeType, node: Node) -> list[Problem]:
    titles = {field.name: field.title for field in declared.fields_of(known.params)}
    bad = declared.problems(known.params, node.params)
    return [
        Problem(node_id=node.id, message=Text(f"{_title(titles, name).en}: {why}", f"{_title(titles, name).zh}：{why}"))
        for name, why in bad.items()
    ]


def _title(titles: dict[str, Text], name: str) -> Text:
    return titles.get(name.split(".")[0], Text.same(name))


def _of_inputs(graph: Graph, node: Node, known: NodeType) -> list[Problem]:
    ports = known.ports(node.params)
    wanted = [port for port in (*ports.inputs, *ports.inner_inputs) if not port.optional]
    wired = {edge.target_port for edge in graph.edges_into(node.id)}
    return [
        Problem(
            node_id=node.id, port=port.name,
            message=Text(f"“{port.title.en}” needs a wire.", f"“{port.title.zh}”需要连线。"),
        )
        for port in wanted
        if port.name not in wired
    ]  # fmt: skip


def _of_place(graph: Graph, node: Node) -> list[Problem]:
    if sum(other.id == node.id for other in graph.nodes) > 1:
        return [
            Problem(
                node_id=node.id,
                message=Text(f"Two steps have the id “{node.id}”.", f"有两个节点的标识都是“{node.id}”。"),
            )
        ]
    if node.parent is not None and not graph.has(node.parent):
        return [
            Problem(node_id=node.id, message=Text("The frame around this step is gone.", "此节点所在的框已不存在。"))
        ]
    return []


def _of_edge(graph: Graph, edge: Edge) -> list[Problem]:
    if any(graph.has(end) and graph.node(end).type not in nodes.all() for end in (edge.source, edge.target)):
        return []
    try:
        check_link(graph, edge)
    except StudioError as error:
        at = edge.target if graph.has(edge.target) else edge.source
        return [Problem(node_id=at, port=edge.target_port, message=error.message)]
    return []


__all__ = ["BadLink", "check_link", "node_types", "nodes", "ports_of", "problems"]
