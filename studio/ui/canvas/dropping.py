"""What can be dropped on the canvas: a node type from the palette; onto a wire it goes in between."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent

from studio.engine.text import Text
from studio.ui.canvas import editing
from studio.ui.canvas.view import CanvasView
from studio.ui.language import tr
from studio.ui.widgets.things import files_in

MIME = "application/x-one-data-node"
ADDED = Text("Add “{name}” as a Dataset node", "将“{name}”添加为数据集节点")
INSERTED = Text("Insert “{title}” into this wire", "将“{title}”插入此连线")


class DropCanvas(CanvasView):
    """A canvas that takes drops. What a drop would do is said while the drag is over it."""

    files_dropped = Signal(object, object)  # paths, and the place

    def __init__(self, document, parent=None) -> None:
        super().__init__(document, parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME) or files_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        files = files_in(event.mimeData())
        if files:
            self.hint.show_words(tr(ADDED.format(name=Path(files[0]).name)), event.position().toPoint())
            event.acceptProposedAction()
            return
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        place = self.mapToScene(event.position().toPoint())
        self._over(self.wire_at(place), event)
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over(None, None)

    def dropEvent(self, event: QDropEvent) -> None:
        files = files_in(event.mimeData())
        if files:
            self.hint.hide()
            self.files_dropped.emit(files, self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
            return
        name = bytes(event.mimeData().data(MIME).data()).decode()
        self._over(None, None)
        if name in self.document.types:
            self.drop_node(name, self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
            self.setFocus()

    def drop_node(self, name: str, place: QPointF) -> str:
        """Add a step where it was dropped; on a wire it is put in between, where both ends fit."""
        wire = self.wire_at(place)
        return self.insert_node(name, place, wire.edge_id if wire is not None else "")

    def insert_node(self, name: str, place: QPointF, edge_id: str) -> str:
        """Add a step into a wire; one step of undo."""
        edge = self.document.edges.get(edge_id)
        self.document.undo.beginMacro(tr(Text("Add", "添加")))
        node_id = editing.add_node(self, self.document.types[name], place - QPointF(40, 16))
        if edge is not None and editing.insert_into(self, edge, node_id):
            editing.make_room(self, edge, node_id)
        self.document.undo.endMacro()
        return node_id

    def _over(self, wire, event: QDragMoveEvent | None) -> None:
        for other in self.sheet.wires.values():
            if other.hovered and other is not wire:
                other.show_hover(False)
        if wire is None or event is None:
            self.hint.hide()
            return
        wire.show_hover(True)
        kind = self.document.types.get(bytes(event.mimeData().data(MIME).data()).decode())
        if kind is not None:
            self.hint.show_words(tr(INSERTED.format(title=tr(kind.title))), event.position().toPoint())
