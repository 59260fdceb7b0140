"""Drag steps and notes. The drag is one step of undo, snapped to the grid; a step dropped in a frame goes into it."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge
from studio.ui.canvas import editing
from studio.ui.canvas.commands import Move
from studio.ui.canvas.document import Place
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.gestures.select import ADDING
from studio.ui.canvas.layout import FRAME_PAD, HEADER, snap
from studio.ui.canvas.wire_item import WireItem
from studio.ui.language import tr

SLACK = 3.0


class MoveThings(Gesture):
    """`grasped` is the thing under the pointer: its corner snaps, and the others keep their distance to it."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas, start: QPointF, keys: Qt.KeyboardModifier, grasped: str) -> None:
        super().__init__(canvas, start, keys)
        self.grasped, self.moving = grasped, False
        self._select(grasped, keys)
        sheet, document = canvas.sheet, canvas.document
        chosen = [part_id for part_id in sheet.chosen_ids() if part_id not in document.edges]
        ids = sheet.carried(chosen)
        self.top = [i for i in chosen if i in document.nodes]
        self.origins = {i: QPointF(sheet.item(i).pos()) for i in ids}
        self.delta = QPointF()
        self.loose = grasped if list(self.origins) == [grasped] and not document.wires(grasped) else ""
        self.over: WireItem | None = None

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        travel = place - self.start
        if not self.moving and travel.manhattanLength() * self.canvas.detail.zoom < SLACK:
            return
        if self.grasped not in self.origins:
            return
        self.moving = True
        corner = self.origins[self.grasped] + travel
        if not keys & Qt.KeyboardModifier.AltModifier:
            corner = QPointF(snap(corner.x()), snap(corner.y()))
        self.delta = corner - self.origins[self.grasped]
        self.canvas.still.carry({i: origin + self.delta for i, origin in self.origins.items()})
        if self.loose in self.canvas.sheet.nodes:
            self._show_wire(self._wire_below())

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        if not self.moving:
            if not self.keys & ADDING:
                self.canvas.sheet.choose([self.grasped])
            return
        if self.delta.isNull():
            self.cancel()
            return
        document, edge = self.canvas.document, self._edge()
        self._show_wire(None)
        document.undo.beginMacro(tr(Text("Move", "移动")))
        document.undo.push(Move(document, self._places()))
        if edge is not None and editing.insert_into(self.canvas, edge, self.loose):
            editing.make_room(self.canvas, edge, self.loose)
        document.undo.endMacro()

    def cancel(self) -> None:
        self._show_wire(None)
        self.canvas.sheet.preview(self.origins)

    def _edge(self) -> Edge | None:
        return self.canvas.document.edges.get(self.over.edge_id) if self.over is not None else None

    def _wire_below(self) -> WireItem | None:
        """The wire that a step without wires is held over: let go, it goes in between."""
        box = self.canvas.sheet.nodes[self.loose].box
        middle = QRectF(box.left() + 16, box.center().y() - 12, box.width() - 32, 24)
        lines = [QLineF(middle.topLeft(), middle.bottomRight()), QLineF(middle.bottomLeft(), middle.topRight())]
        wires = [item for item in self.canvas.sheet.items(middle) if isinstance(item, WireItem)]
        return next((wire for wire in wires if any(wire.crosses(line) for line in lines)), None)

    def _show_wire(self, wire: WireItem | None) -> None:
        if wire is not self.over:
            for known, hovered in ((self.over, False), (wire, True)):
                if known is not None:
                    known.show_hover(hovered)
            self.over = wire

    def _select(self, part_id: str, keys: Qt.KeyboardModifier) -> None:
        chosen = self.canvas.sheet.chosen_ids()
        if keys & ADDING:
            kept = [i for i in chosen if i != part_id]
            self.canvas.sheet.choose(kept if part_id in chosen else [*kept, part_id])
        elif part_id not in chosen:
            self.canvas.sheet.choose([part_id])

    def _places(self) -> dict[str, Place]:
        document = self.canvas.document
        places: dict[str, Place] = {}
        for part_id, origin in self.origins.items():
            at = origin + self.delta
            node = document.nodes.get(part_id)
            parent = node.parent if node else None
            if part_id in self.top:
                parent = self._frame_for(part_id, parent)
                at = self._inside(at, parent)
            places[part_id] = ((at.x(), at.y()), parent)
        return places

    def _frame_for(self, node_id: str, parent: str | None) -> str | None:
        """The frame that it was dropped in, unless one of its wires could not go with it."""
        middle = self.canvas.sheet.nodes[node_id].box.center()
        frame = self.canvas.sheet.frame_at(middle, self.origins)
        if frame == parent or parent in self.origins:
            return parent
        return frame if self._may_lie_in(node_id, frame) else parent

    def _may_lie_in(self, node_id: str, frame: str | None) -> bool:
        document = self.canvas.document
        graph = document.graph
        graph.nodes = [n.model_copy(update={"parent": frame}) if n.id in self.top else n for n in graph.nodes]
        return all(document.refusal(edge, graph=graph) is None for edge in document.wires(node_id))

    def _inside(self, at: QPointF, frame: str | None) -> QPointF:
        """Right of and below its frame's corner: frames grow to the right and down only."""
        if frame is None or frame in self.origins or frame not in self.canvas.sheet.nodes:
            return at
        corner = self.canvas.sheet.nodes[frame].pos()
        return QPointF(max(at.x(), corner.x() + FRAME_PAD), max(at.y(), corner.y() + HEADER + 16))
