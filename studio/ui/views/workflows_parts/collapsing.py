"""Several steps become a workflow of their own, with one step in their place; that one opens by a double-click."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.engine.errors import Invalid, StudioError
from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas.commands import Insert, Remove
from studio.ui.canvas.document import Document, Parts
from studio.ui.canvas.faces import words_of
from studio.ui.canvas.layout import DEFAULT_WIDTH, snap
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.engine.workflows.execution import Workflow
    from studio.ui.views.workflows_parts.sheet import Sheet

COLLAPSE = Text("Collapse to a sub-workflow", "折叠为子工作流")
ENTER = Text("Open the sub-workflow", "打开子工作流")
PART_OF = Text("Part of {name}", "{name} 的一部分")
APART = Text(
    "Steps inside and outside of a frame cannot be collapsed together. Choose those of one frame, or those beside it.",
    "框内和框外的节点不能一起折叠，请只选择同一框内的节点，或框外的节点。",
)
END = Text(
    "“{title}” asks for or ends the whole run, so it cannot lie in a sub-workflow. Choose the steps without it.",
    "“{title}”用于整个运行的输入或输出，不能放进子工作流，请不要选择它。",
)
FIELDS = frozenset({"text", "number", "boolean", "json"})
STEP = "workflow"


@dataclass(slots=True)
class Cut:
    """What goes, and the wires that led into it and out of it, each with the name of its new field or output."""

    inside: Graph
    into: dict[tuple[str, str], str] = field(default_factory=dict)
    out: dict[tuple[str, str], str] = field(default_factory=dict)


def refusal(document: Document, chosen: list[str]) -> StudioError | None:
    """Why these steps cannot be a workflow of their own: they lie apart, or one of them asks or ends the run itself."""
    nodes = [document.nodes[i] for i in chosen if i in document.nodes]
    if len({node.parent for node in nodes}) != 1:
        return Invalid(APART)
    end = next((node for node in nodes if node.type in ("output", "answer") or _asks(document, node.type)), None)
    return None if end is None else Invalid(END.format(title=words_of(end, document.type_of(end))))


def _asks(document: Document, name: str) -> bool:
    kind = document.types.get(name)
    return kind is not None and kind.asks is not None


def cut_out(document: Document, chosen: list[str], name: str) -> Cut:
    """The chosen steps as a graph with a start and an output of its own."""
    ids = set(document.within(chosen))
    nodes = [document.nodes[i].model_copy(deep=True) for i in document.nodes if i in ids]
    for node in nodes:
        node.parent = node.parent if node.parent in ids else None
        node.variant_of = node.variant_of if node.variant_of in ids else ""
    edges = [edge for edge in document.edges.values() if edge.source in ids and edge.target in ids]
    inside = Graph(name=name, nodes=nodes, edges=[edge.model_copy() for edge in edges], variables=document.variables)
    cut = Cut(inside)
    for edge in document.edges.values():
        if (edge.source in ids) != (edge.target in ids):
            _name_end(cut, edge, edge.target in ids)
    _add_ends(document, cut)
    return cut


def collapse(sheet: Sheet, chosen: list[str]) -> None:
    """Keep the steps as a workflow of their own, then put one step in their place; one step of undo."""
    document = sheet.document
    why = refusal(document, chosen)
    if why is not None:
        sheet.studio.bridge.unhandled(why)
        return
    name = tr(PART_OF.format(name=document.name))
    cut = cut_out(document, chosen, name)
    work = sheet.studio.engine.workflows.create(name, cut.inside)
    sheet.studio.bridge.run(sheet, work, lambda made: _put_in_place(sheet, chosen, cut, made))


def enter(sheet: Sheet, node_id: str) -> bool:
    """Open the workflow that a step runs; False when it is no such step."""
    node = sheet.document.nodes.get(node_id)
    if node is None or node.type != STEP or not node.params.get("workflow"):
        return False
    sheet.studio.open("workflow", str(node.params["workflow"]))
    return True


def _name_end(cut: Cut, edge: Edge, inwards: bool) -> None:
    """One field for each source, one output for each port that is used outside."""
    key = (edge.source, edge.source_port)
    names = cut.into if inwards else cut.out
    if key in names:
        return
    port, number = edge.source_port, 1
    while port in names.values():
        number += 1
        port = f"{edge.source_port}_{number}"
    names[key] = port


def _add_ends(document: Document, cut: Cut) -> None:
    graph = cut.inside
    left = min(node.position[0] for node in graph.nodes if node.parent is None)
    right = max(node.position[0] for node in graph.nodes if node.parent is None)
    top = min(node.position[1] for node in graph.nodes if node.parent is None)
    ids = {node.id for node in graph.nodes}
    if cut.into:
        start = Node(id=graph.fresh_id("start"), type="start", position=(left - 280, top))
        start.params = {"fields": [_field(document, key, name) for key, name in cut.into.items()]}
        graph.nodes.append(start)
        graph.edges += [
            Edge(source=start.id, source_port=cut.into[e.source, e.source_port], target=e.target, target_port=e.target_port)
            for e in document.edges.values()
            if e.target in ids and (e.source, e.source_port) in cut.into
        ]  # fmt: skip
    if cut.out:
        end = Node(id=graph.fresh_id("output"), type="output", position=(right + 320, top))
        end.params = {"names": list(cut.out.values())}
        graph.nodes.append(end)
        graph.edges += [
            Edge(source=source, source_port=port, target=end.id, target_port=name)
            for (source, port), name in cut.out.items()
        ]


def _field(document: Document, key: tuple[str, str], name: str) -> dict[str, str]:
    ports = document.ports(document.nodes[key[0]])
    kind = next((p.type for p in (*ports.outputs, *ports.inner_outputs) if p.name == key[1]), "any")
    return {"name": name, "type": kind if kind in FIELDS else "any"}


def _put_in_place(sheet: Sheet, chosen: list[str], cut: Cut, made: Workflow) -> None:
    document = sheet.document
    if not all(node_id in document.nodes for node_id in chosen):  # deleted while the engine was writing
        return
    ids = set(document.within(chosen))
    first = min((document.nodes[node_id] for node_id in chosen), key=lambda node: node.position[0])
    middle = sheet.canvas.sheet.extent(chosen).center().x()
    place = (snap(middle - DEFAULT_WIDTH / 2), first.position[1])  # level with what feeds the first one
    node = Node(
        id=document.fresh_id(STEP), type=STEP, title=made.name, position=place, parent=first.parent,
        params={"workflow": made.id, "inputs": list(cut.into.values()), "outputs": list(cut.out.values())},
    )  # fmt: skip
    edges = [
        Edge(source=source, source_port=port, target=node.id, target_port=name)
        for (source, port), name in cut.into.items()
    ]
    edges += [
        Edge(source=node.id, source_port=cut.out[e.source, e.source_port], target=e.target, target_port=e.target_port)
        for e in document.edges.values()
        if e.source in ids and e.target not in ids
    ]
    document.undo.beginMacro(tr(COLLAPSE))
    document.undo.push(Remove(document, document.parts_of(ids)))
    document.undo.push(Insert(document, Parts(nodes=[node], edges=edges)))
    document.undo.endMacro()
    sheet.canvas.sheet.choose([node.id])
