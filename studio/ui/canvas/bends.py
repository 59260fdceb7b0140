"""Wires that are led through places of one's own: bends are added, dragged and taken away, each as one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.engine.workflows.graph import Edge
from studio.ui.canvas.commands import Edit
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.layout import snap
from studio.ui.canvas.routes import distance_to

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

Bends = list[tuple[float, float]]


def bend_at(canvas: CanvasView, edge: Edge, place: QPointF) -> int | None:
    """Which bend of a wire lies there."""
    reach = 9.0 / min(1.0, canvas.zoom)
    gaps = [(QPointF(*bend) - place).manhattanLength() for bend in edge.via]
    near = min(range(len(gaps)), key=gaps.__getitem__, default=None)
    return near if near is not None and gaps[near] <= reach else None


def add_bend(canvas: CanvasView, edge_id: str, place: QPointF) -> int:
    """Lead a wire through a place; gives the number of the new bend."""
    edge = canvas.document.edges[edge_id]
    start, end = canvas.sheet.ends(edge)
    stops = [start, *(QPointF(*bend) for bend in edge.via), end]
    number = min(range(len(stops) - 1), key=lambda at: distance_to(stops[at : at + 2], place))
    via = [*edge.via[:number], (snap(place.x()), snap(place.y())), *edge.via[number:]]
    canvas.document.undo.push(Edit(canvas.document, edge.model_copy(update={"via": via})))
    return number


def remove_bend(canvas: CanvasView, edge_id: str, number: int) -> None:
    edge = canvas.document.edges[edge_id]
    via = [bend for at, bend in enumerate(edge.via) if at != number]
    canvas.document.undo.push(Edit(canvas.document, edge.model_copy(update={"via": via})))


def straighten(canvas: CanvasView, edge_id: str) -> None:
    """Take all bends away."""
    edge = canvas.document.edges[edge_id]
    if edge.via:
        canvas.document.undo.push(Edit(canvas.document, edge.model_copy(update={"via": []})))


class MoveBend(Gesture):
    """Drag one bend of a wire."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas, start: QPointF, edge_id: str, number: int) -> None:
        super().__init__(canvas, start)
        self.edge_id, self.number = edge_id, number
        self.via: Bends = list(canvas.document.edges[edge_id].via)
        canvas.sheet.choose([edge_id])

    def move(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        at = (place.x(), place.y())
        if not keys & Qt.KeyboardModifier.AltModifier:
            at = (snap(place.x()), snap(place.y()))
        self.via[self.number] = at
        self.canvas.sheet.lay_wire(self._edge())

    def release(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        if self.via != self.canvas.document.edges[self.edge_id].via:
            self.canvas.document.undo.push(Edit(self.canvas.document, self._edge()))

    def cancel(self) -> None:
        self.canvas.sheet.lay_wire(self.canvas.document.edges[self.edge_id])

    def _edge(self) -> Edge:
        return self.canvas.document.edges[self.edge_id].model_copy(update={"via": list(self.via)})
