"""A step out of the middle of its wires, or another in its place: what was wired before stays wired, as far as the engine lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.engine.params import problems
from studio.engine.text import Text
from studio.engine.workflows.bypass import through
from studio.engine.workflows.graph import Edge, Graph, Port
from studio.engine.workflows.node import NodeType
from studio.ui.canvas.commands import Connect, Edit, Remove
from studio.ui.canvas.document import Document, Parts
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

DISSOLVE = Text("Delete and reconnect", "删除并重连")
REPLACE = Text("Replace with…", "替换为…")
REPLACED = Text("Replace with “{title}”", "替换为“{title}”")


def dissolve(canvas: CanvasView) -> None:
    """Delete the chosen steps and join what led into each with what led out of it, as if it let its input through."""
    document = canvas.document
    chosen = [i for i in canvas.sheet.chosen_ids() if i in document.nodes]
    if not chosen:
        return
    document.undo.beginMacro(tr(DISSOLVE))
    for node_id in chosen:
        if node_id in document.nodes:
            _dissolve(document, node_id)
    document.undo.endMacro()


def _dissolve(document: Document, node_id: str) -> None:
    passes = {output: name for output, (name, _) in through(document.ports(document.nodes[node_id])).items()}
    wires = document.wires(node_id)
    joined = [
        Edge(source=before.source, source_port=before.source_port, target=edge.target, target_port=edge.target_port)
        for edge in wires
        if edge.source == node_id
        for before in wires
        if before.target == node_id and before.target_port == passes.get(edge.source_port)
    ]
    document.undo.push(Remove(document, document.parts_of([node_id, *document.within([node_id])])))
    graph = document.graph
    for edge in joined:
        _connect(document, edge, graph)


def replace(canvas: CanvasView, node_id: str, kind: NodeType) -> None:
    """Make a step one of another type, at its place and with its name. Settings and wires that fit there are kept."""
    document = canvas.document
    node = document.nodes[node_id]
    fixed = {name: value for name, value in node.params.items() if name in kind.params.model_fields}
    bad = {name.split(".")[0] for name in problems(kind.params, fixed)}
    kept = {name: value for name, value in fixed.items() if name not in bad}
    bound = {name: binding for name, binding in node.bound.items() if name in kind.params.model_fields}
    after = node.model_copy(
        update={"type": kind.name, "version": kind.version, "params": kept, "bound": bound, "foreign": {}}
    )
    wires = document.wires(node_id)
    document.undo.beginMacro(tr(REPLACED.format(title=kind.title)))
    document.undo.push(Remove(document, Parts(edges=wires)))
    document.undo.push(Edit(document, after))
    graph = document.graph
    for edge in sorted(wires, key=lambda edge: edge.target != node_id):
        _move(document, edge, node_id, graph)
    document.undo.endMacro()
    canvas.sheet.choose([node_id])


def _move(document: Document, edge: Edge, node_id: str, graph: Graph) -> None:
    """Draw a wire again: at the port of the same name, else at the first free one that takes it."""
    ports = document.ports(document.nodes[node_id])
    leaves = edge.source == node_id
    named = edge.source_port if leaves else edge.target_port
    if document.nodes[edge.target if leaves else edge.source].parent == node_id:  # to or from a step in the frame
        there = ports.inner_outputs if leaves else ports.inner_inputs
    else:
        there = ports.outputs if leaves else ports.inputs
    for port in _first(there, named):
        end = {"source_port": port.name} if leaves else {"target_port": port.name}
        wire = edge.model_copy(update=end)
        if document.occupant(wire) is None and _connect(document, wire, graph):
            return


def _first(ports: list[Port], name: str) -> list[Port]:
    return sorted(ports, key=lambda port: port.name != name)


def _connect(document: Document, edge: Edge, graph: Graph) -> bool:
    """`graph` is what there is so far; the wire comes to it, so that it is not put together for each."""
    if document.refusal(edge, (), graph) is not None:
        return False
    document.undo.push(Connect(document, edge, []))
    graph.edges = [*graph.edges, edge]
    return True
