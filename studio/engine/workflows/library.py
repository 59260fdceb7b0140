"""The node types there are, found in `nodes/`, and the graph's questions answered with them."""

from __future__ import annotations

from collections import Counter

from studio.engine import params as declared
from studio.engine.registry import Registry
from studio.engine.text import Text
from studio.engine.workflows import graph as graphs
from studio.engine.workflows.graph import BadLink, Edge, Graph, Node, Port, Ports, Problem
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
    """The ports of a step; none for a type that is not installed here. One that branches on errors has an output for them."""
    found = nodes.all().get(node.type)
    if found is None:
        return Ports()
    ports = found.ports(node.params)
    if node.on_error != "branch":
        return ports
    error = Port(name="error", type="json", title=Text("Error", "错误"))
    return ports.model_copy(update={"outputs": [*ports.outputs, error]})


def migrate(node: Node) -> Node:
    """A step with its parameters as its node type takes them today; each version's migrator has its turn."""
    found = nodes.all().get(node.type)
    if found is None or node.version >= found.version:
        return node
    params = dict(node.params)
    for version in range(node.version, found.version):
        turn = found.migrators.get(version)
        params = turn(params) if turn else params
    return node.model_copy(update={"params": params, "version": found.version})


def check_link(graph: Graph, edge: Edge) -> None:
    """Raise `BadLink` that says why this wire may not be, or return."""
    graphs.check_link(graph, edge, ports_of)


def problems(graph: Graph) -> list[Problem]:
    """Everything that keeps a graph from running, and what looks wrong in it; empty when all is well."""
    return examine(graph)[1]


def examine(graph: Graph) -> tuple[graphs.Sheet, list[Problem]]:
    """The problems of a graph, and its sheet with the parameters that hold, for whoever goes on with it."""
    sheet = graphs.Sheet(graph, ports_of)
    known = nodes.all()
    strange = {node.id for node in graph.nodes if node.type not in known}
    found = [problem for node in graph.nodes for problem in _of_node(sheet, node)]
    for edge, error in graphs.check_links(sheet):
        if edge.source not in strange and edge.target not in strange:
            at = edge.target if edge.target in sheet.nodes else edge.source
            found.append(Problem(node_id=at, port=edge.target_port, message=error.message))
    return sheet, found + _twins(graph)


def _of_node(sheet: graphs.Sheet, node: Node) -> list[Problem]:
    known = nodes.all().get(node.type)
    if known is None:
        why = Text(
            f"This studio has no node “{node.type}”. The step is kept as it is.",
            f"本程序没有“{node.type}”节点，此节点将原样保留。",
        )
        return [Problem(node_id=node.id, message=why)]
    if node.bypass:
        return []
    return [*_of_params(sheet, known, node), *_of_inputs(sheet, node), *_of_place(sheet, node)]


def _twins(graph: Graph) -> list[Problem]:
    counts = Counter(node.id for node in graph.nodes)
    return [
        Problem(node_id=name, message=Text(f"Two steps have the id “{name}”.", f"有两个节点的标识都是“{name}”。"))
        for name, count in counts.items()
        if count > 1
    ]


def _of_params(sheet: graphs.Sheet, known: NodeType, node: Node) -> list[Problem]:
    params = known.read(node.params)
    if params is not None:
        sheet.params[node.id] = params
        return []
    titles = {field.name: field.title for field in declared.fields_of(known.params)}
    bad = declared.problems(known.params, node.params)
    return [
        Problem(node_id=node.id, message=Text(f"{_title(titles, name).en}: {why}", f"{_title(titles, name).zh}：{why}"))
        for name, why in bad.items()
    ]


def _title(titles: dict[str, Text], name: str) -> Text:
    return titles.get(name.split(".")[0], Text.same(name))


def _of_inputs(sheet: graphs.Sheet, node: Node) -> list[Problem]:
    ports = sheet.ports(node)
    wanted = [
        *(port for port in ports.inputs if not port.optional and (node.id, port.name, False) not in sheet.into),
        *(port for port in ports.inner_inputs if not port.optional and (node.id, port.name, True) not in sheet.into),
    ]
    return [
        Problem(
            node_id=node.id,
            port=port.name,
            message=Text(f"“{port.title.en}” needs a wire.", f"“{port.title.zh}”需要连线。"),
        )
        for port in wanted
    ]


def _of_place(sheet: graphs.Sheet, node: Node) -> list[Problem]:
    if node.parent is None or node.parent in sheet.nodes:
        return []
    return [Problem(node_id=node.id, message=Text("The frame around this step is gone.", "此节点所在的框已不存在。"))]


__all__ = ["BadLink", "check_link", "migrate", "node_types", "nodes", "ports_of", "problems"]
