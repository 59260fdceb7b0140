"""The changes of a workflow, one undo command each. A drag is one step; typing merges until it pauses."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtGui import QUndoCommand

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Graph
from studio.ui.canvas.document import Document, Part, Parts, Place
from studio.ui.language import tr

TYPING, STEPPING, NAMING, VARYING = 1, 2, 3, 4
PAUSE = 0.8


class Insert(QUndoCommand):
    """Adds steps, wires and notes: from the palette, by paste, by duplicating."""

    def __init__(self, document: Document, parts: Parts, title: Text | None = None) -> None:
        super().__init__(tr(title or Text("Add", "添加")))
        self.document, self.parts = document, parts

    def redo(self) -> None:
        self.document.insert(self.parts)

    def undo(self) -> None:
        self.document.remove(self.parts)


class Remove(QUndoCommand):
    """Deletes, with every wire that would hang in the air."""

    def __init__(self, document: Document, parts: Parts) -> None:
        super().__init__(tr(Text("Delete", "删除")))
        self.document, self.parts = document, parts

    def redo(self) -> None:
        self.document.remove(self.parts)

    def undo(self) -> None:
        self.document.insert(self.parts)


class Connect(QUndoCommand):
    """Draws a wire; the one that it replaces comes back by undo."""

    def __init__(self, document: Document, edge: Edge, replaced: list[Edge]) -> None:
        super().__init__(tr(Text("Connect", "连接")))
        self.document, self.edge, self.replaced = document, edge, replaced

    def redo(self) -> None:
        if self.replaced:
            self.document.remove(Parts(edges=self.replaced))
        self.document.insert(Parts(edges=[self.edge]))

    def undo(self) -> None:
        self.document.remove(Parts(edges=[self.edge]))
        if self.replaced:
            self.document.insert(Parts(edges=self.replaced))


class Move(QUndoCommand):
    """Puts things elsewhere: a drag, arrow keys (which merge), the layout."""

    def __init__(self, document: Document, places: dict[str, Place], stepping: bool = False) -> None:
        super().__init__(tr(Text("Move", "移动")))
        self.document, self.after, self.stepping = document, places, stepping
        self.before = places_of(document, places)
        self.at = time.monotonic()

    def id(self) -> int:
        return STEPPING if self.stepping else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Move) or other.after.keys() != self.after.keys() or other.at - self.at > PAUSE:
            return False
        self.after, self.at = other.after, other.at
        return True

    def redo(self) -> None:
        self.document.place(self.after)

    def undo(self) -> None:
        self.document.place(self.before)


class Edit(QUndoCommand):
    """Another title, other parameters, muted, resized. `what` names the field: edits of one field in a row merge."""

    def __init__(self, document: Document, after: Part, what: str = "") -> None:
        super().__init__(tr(Text("Edit", "修改")))
        self.document, self.after, self.what = document, after, what
        self.before = document.part(after.id)
        self.at = time.monotonic()

    def id(self) -> int:
        return TYPING if self.what else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or (other.after.id, other.what) != (self.after.id, self.what):
            return False
        if other.at - self.at > PAUSE:
            return False
        self.after, self.at = other.after, other.at
        return True

    def redo(self) -> None:
        self.document.replace(self.after)

    def undo(self) -> None:
        self.document.replace(self.before)


class Rename(QUndoCommand):
    """Another name or description of the whole workflow."""

    def __init__(self, document: Document, name: str, description: str) -> None:
        super().__init__(tr(Text("Rename", "重命名")))
        self.document, self.after = document, (name, description)
        self.before = (document.name, document.description)
        self.at = time.monotonic()

    def id(self) -> int:
        return NAMING

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Rename) or other.at - self.at > PAUSE:
            return False
        self.after, self.at = other.after, other.at
        return True

    def redo(self) -> None:
        self.document.rename(*self.after)

    def undo(self) -> None:
        self.document.rename(*self.before)


class SetVariables(QUndoCommand):
    """Other variables of the workflow."""

    def __init__(self, document: Document, after: dict[str, Any]) -> None:
        super().__init__(tr(Text("Change variables", "修改变量")))
        self.document, self.before, self.after = document, document.variables, after
        self.at = time.monotonic()

    def id(self) -> int:
        return VARYING

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SetVariables) or other.at - self.at > PAUSE:
            return False
        self.after, self.at = other.after, other.at
        return True

    def redo(self) -> None:
        self.document.set_variables(self.after)

    def undo(self) -> None:
        self.document.set_variables(self.before)


class Become(QUndoCommand):
    """An earlier version in place of what is there; undo brings that back."""

    def __init__(self, document: Document, graph: Graph) -> None:
        super().__init__(tr(Text("Restore a version", "恢复版本")))
        self.document, self.after, self.before = document, graph, document.graph

    def redo(self) -> None:
        self.document.become(self.after)

    def undo(self) -> None:
        self.document.become(self.before)


def places_of(document: Document, ids) -> dict[str, Place]:
    """Where these steps and notes are now."""
    found: dict[str, Place] = {}
    for part_id in ids:
        if part_id in document.nodes:
            found[part_id] = (document.nodes[part_id].position, document.nodes[part_id].parent)
        elif part_id not in document.edges:
            found[part_id] = (document.position_of(part_id), None)
    return found
