"""Copy and paste as JSON, so that a part of a workflow can go through any text field and between windows."""

from __future__ import annotations

import json
from typing import Any

from studio.engine import ids
from studio.engine.workflows.graph import Edge, Frame, Node, Note
from studio.ui.canvas.document import Document, Parts

MARK = "one-data-studio/canvas"
SHIFT = 32.0


def as_json(document: Document, chosen: list[str]) -> str:
    """The chosen steps with what lies in them, and the wires between them."""
    inside = set(document.within(chosen))
    parts = document.parts_of([*chosen, *inside], lambda edge: edge.source in inside and edge.target in inside)
    edges = [edge for edge in parts.edges if edge.source in inside and edge.target in inside]
    content = {"nodes": parts.nodes, "edges": edges, "notes": parts.notes, "frames": parts.frames}
    plain: dict[str, Any] = {name: [part.model_dump(mode="json") for part in found] for name, found in content.items()}
    return json.dumps({"kind": MARK, **plain}, ensure_ascii=False, indent=1)


def from_json(text: str) -> Parts:
    """What was copied; empty when the clipboard holds something else."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("kind") != MARK:
            return Parts()
        return Parts(
            [Node.model_validate(node) for node in found["nodes"]],
            [Edge.model_validate(edge) for edge in found["edges"]],
            [Note.model_validate(note) for note in found["notes"]],
            [Frame.model_validate(frame) for frame in found.get("frames", [])],
        )
    except (ValueError, KeyError, TypeError):
        return Parts()


def renewed(document: Document, parts: Parts, dx: float = SHIFT, dy: float = SHIFT) -> Parts:
    """The same with ids of their own and moved aside; a step whose frame was left behind stays where that frame is."""
    names: dict[str, str] = {}
    for node in parts.nodes:
        names[node.id] = document.fresh_id(node.type, names.values())
    nodes = [
        node.model_copy(
            update={
                "id": names[node.id],
                "position": (node.position[0] + dx, node.position[1] + dy),
                "variant_of": names.get(node.variant_of, node.variant_of if node.variant_of in document.nodes else ""),
                "parent": names.get(node.parent or "", node.parent if node.parent in document.nodes else None),
            },
            deep=True,
        )
        for node in parts.nodes
    ]
    edges = [
        edge.model_copy(
            update={
                "id": ids.new("edge"),
                "source": names[edge.source],
                "target": names[edge.target],
                "via": [(x + dx, y + dy) for x, y in edge.via],
            }
        )
        for edge in parts.edges
        if edge.source in names and edge.target in names
    ]
    notes = [
        note.model_copy(update={"id": ids.new("note"), "position": (note.position[0] + dx, note.position[1] + dy)})
        for note in parts.notes
    ]
    frames = [
        frame.model_copy(update={"id": ids.new("frame"), "position": (frame.position[0] + dx, frame.position[1] + dy)})
        for frame in parts.frames
    ]
    return Parts(nodes, edges, notes, frames)
