"""The node types there are, found in `nodes/`, and the graph's questions answered with them."""

from __future__ import annotations

from collections import Counter

from studio.engine import params as declared
from studio.engine.errors import Fix, StudioError
from studio.engine.registry import Registry
from studio.engine.text import Text
from studio.engine.workflows import links
from studio.engine.workflows.bound import problems_of
from studio.engine.workflows.graph import Edge, Graph, Node, Ports, Problem
from studio.engine.workflows.links import BadLink
from studio.engine.workflows.node import Asked, NodeType

CHOSEN = (
    "model",
    "dataset",
    "collection",
    "workflow",
    "service",
)  # what a setting names and a person chooses from a list

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
    return found.ports_of(node)


def asked(graph: Graph) -> Asked:
    """What whoever starts a run of this graph is asked for, by all of its steps that begin one."""
    known = nodes.all()
    types = [(known[node.type], node.params) for node in graph.nodes if node.type in known]
    found = [kind.asks(params) for kind, given in types if kind.asks and (params := kind.read(given)) is not None]
    fields = {field.name: field for one in found for field in one.fields}
    guide = next((one.guide for one in found if one.guide), "")
    return Asked(list(fields.values()), guide, tuple(question for one in found for question in one.questions))


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
    links.check_link(graph, edge, ports_of)


def problems(graph: Graph) -> list[Problem]:
    """Everything that keeps a graph from running, and what looks wrong in it; empty when all is well."""
    return examine(graph)[1]


def examine(graph: Graph) -> tuple[links.Sheet, list[Problem]]:
    """The problems of a graph, and its sheet with the parameters that hold, for whoever goes on with it."""
    sheet = links.Sheet(graph, ports_of)
    known = nodes.all()
    strange = {node.id for node in graph.nodes if node.type not in known}
    variables = _variables(sheet) if any(node.bound for node in graph.nodes) else {}
    found = [problem for node in graph.nodes for problem in _of_node(sheet, node, variables)]
    for edge, error in links.check_links(sheet):
        if edge.source not in strange and edge.target not in strange:
            at = edge.target if edge.target in sheet.nodes else edge.source
            found.append(Problem(node_id=at, port=edge.target_port, message=error.message, fix=_of_wire(edge, error)))
    return sheet, found + _twins(graph)


def _of_node(sheet: links.Sheet, node: Node, variables: dict[str, object]) -> list[Problem]:
    known = nodes.all().get(node.type)
    if known is None:
        why = Text(
            f"This studio has no node “{node.type}”. The step is kept as it is.",
            f"本程序没有“{node.type}”节点，此节点将原样保留。",
        )
        return [Problem(node_id=node.id, message=why, fix=Fix("plugin", node.type))]
    if node.bypass or node.mute:
        return []
    return [
        *_of_params(sheet, known, node),
        *problems_of(known, node, variables),
        *_of_inputs(sheet, node),
        *_of_place(sheet, node),
    ]


def _of_wire(edge: Edge, error: StudioError) -> Fix:
    """What mends a wire that may not be: a step between its ends, or taking it away."""
    return Fix("convert" if isinstance(error, BadLink) and error.converter else "unlink", edge.id)


def _variables(sheet: links.Sheet) -> dict[str, object]:
    """What parameters can be bound to: the workflow's variables, and the fields of its start steps."""
    starts = [node for node in sheet.graph.nodes if node.type == "start"]
    fields = {port.name: None for node in starts for port in sheet.ports(node).outputs}
    return {**fields, **sheet.graph.variables}


def _twins(graph: Graph) -> list[Problem]:
    counts = Counter(node.id for node in graph.nodes)
    return [
        Problem(node_id=name, message=Text(f"Two steps have the id “{name}”.", f"有两个节点的标识都是“{name}”。"))
        for name, count in counts.items()
        if count > 1
    ]


def _of_params(sheet: links.Sheet, known: NodeType, node: Node) -> list[Problem]:
    params = known.read(node.params)
    if params is not None:
        sheet.params[node.id] = params
        return []
    fields = {field.name: field for field in declared.fields_of(known.params)}
    bad = declared.problems_in_words(known.params, node.params)
    bad = {name: why for name, why in bad.items() if name not in node.bound}
    if not bad:
        sheet.params[node.id] = known.half(node.params)
    return [_of_param(node, name, fields.get(name), why) for name, why in bad.items()]


def _of_param(node: Node, name: str, field: declared.ParamField | None, why: Text) -> Problem:
    title = field.title if field else Text.same(name)
    kind = field.ref if field and field.ref in CHOSEN else "edit"
    message = Text(f"{title.en}: {why.en}", f"{title.zh}：{why.zh}")
    return Problem(node_id=node.id, message=message, fix=Fix(kind, name))


def _of_inputs(sheet: links.Sheet, node: Node) -> list[Problem]:
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
            fix=Fix("connect", port.name),
        )
        for port in wanted
    ]


def _of_place(sheet: links.Sheet, node: Node) -> list[Problem]:
    if node.variant_of and node.variant_of not in sheet.nodes:
        why = Text("The step that this is a variant of is gone.", "此变体的原节点已不存在。")
        return [Problem(node_id=node.id, message=why, fix=Fix("free", "variant_of"))]
    if node.parent is None or node.parent in sheet.nodes:
        return []
    why = Text("The frame around this step is gone.", "此节点所在的框已不存在。")
    return [Problem(node_id=node.id, message=why, fix=Fix("free", "parent"))]


__all__ = ["BadLink", "asked", "check_link", "migrate", "node_types", "nodes", "ports_of", "problems"]
