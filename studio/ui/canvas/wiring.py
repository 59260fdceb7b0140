"""What wires deal in and how they lie beside each other, told by the document alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from PySide6.QtCore import QPointF

from studio.engine.workflows.graph import Edge, Ports
from studio.ui.canvas.document import Document

LANE, LANES = 6.0, 4


def kind_of(document: Document, edge: Edge) -> str:
    """The type of the port that a wire begins at."""
    source = document.nodes.get(edge.source)
    ports = document.ports(source) if source else Ports()
    return next((p.type for p in chain(ports.outputs, ports.inner_outputs) if p.name == edge.source_port), "any")


def kinds_of(document: Document, edge: Edge) -> tuple[str, str]:
    """What a wire's two ports deal in."""
    ports = document.ports(document.nodes[edge.target])
    found = [p.type for p in (*ports.inputs, *ports.inner_inputs) if p.name == edge.target_port]
    return kind_of(document, edge), found[0] if found else "any"


def lane(document: Document, edge: Edge) -> float:
    """Backward wires of one step keep some pixels from each other."""
    ports = document.ports(document.nodes[edge.target])
    names = [port.name for port in (*ports.inputs, *ports.inner_inputs)]
    place = names.index(edge.target_port) if edge.target_port in names else 0
    return LANE * min(place, LANES)


def inner_ends(document: Document, frame: str) -> Iterator[tuple[str, str, str, bool]]:
    """For each wire between a frame and a step in it: the frame's port, the step, its port, and whether the wire begins there."""
    for edge in document.wires(frame):
        other = edge.target if edge.source == frame else edge.source
        if other not in document.nodes or document.nodes[other].parent != frame:
            continue
        begins = edge.source != frame
        port, far = (edge.target_port, edge.source_port) if begins else (edge.source_port, edge.target_port)
        yield port, other, far, begins


def carried(edge: Edge, places: Mapping[str, QPointF], document: Document) -> Edge:
    """A wire with its bends where they would be with steps at these places: they go along where both its ends do."""
    if not edge.via or edge.source not in places or edge.target not in places:
        return edge
    travel = places[edge.source] - QPointF(*document.nodes[edge.source].position)
    return edge.model_copy(update={"via": [(x + travel.x(), y + travel.y()) for x, y in edge.via]})
