"""What lies under the pointer: ports first, then steps and comments, then wires."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QWidget

from studio.ui.canvas.area_item import AreaItem
from studio.ui.canvas.document import Document
from studio.ui.canvas.ends import End
from studio.ui.canvas.lens import Lens
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.wire_item import WireItem

HIT = 12.0


class PointedLens(Lens):
    """Places are scene coordinates. What the pointer is over is painted as such."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self._hovered: object = None
        self.setMouseTracking(True)

    def end_at(self, place: QPointF) -> End | None:
        """The port within reach of a place."""
        reach = HIT / min(1.0, self.zoom)
        area = QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        found: list[tuple[float, End]] = []
        for item in self._nodes_near(area):
            spot = item.spot_at(place, reach)
            if spot is not None:
                gap = item.pos() + spot.at - place
                found.append((gap.manhattanLength(), End(item.face.id, spot)))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def thing_at(self, place: QPointF) -> NodeItem | NoteItem | AreaItem | WireItem | None:
        items = self.sheet.items(place)
        solid = next((item for item in items if isinstance(item, NodeItem | NoteItem | AreaItem)), None)
        return solid or self.wire_at(place)

    def wire_at(self, place: QPointF) -> WireItem | None:
        reach = 6.0 / min(1.0, self.zoom)
        area = QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        wires = [item for item in self.sheet.items(area) if isinstance(item, WireItem)]
        near = [(wire.distance(place), wire) for wire in wires]
        best = min(near, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] <= reach else None

    def empty_at(self, place: QPointF) -> bool:
        return self.thing_at(place) is None

    def _nodes_near(self, area: QRectF) -> list[NodeItem]:
        wide = area.adjusted(-HIT, -HIT, HIT, HIT)
        mode = Qt.ItemSelectionMode.IntersectsItemBoundingRect
        return [item for item in self.sheet.items(wide, mode) if isinstance(item, NodeItem)]

    def hover(self, place: QPointF) -> tuple[bool, bool]:
        """Show what is under the pointer: whether it is something else now, and whether it is a port."""
        end = None if self.detail.far else self.end_at(place)
        thing = None if end else self.thing_at(place)
        now: object = end or (thing if isinstance(thing, WireItem) else None)
        if now == self._hovered:
            return False, bool(end)
        self._show_hover(self._hovered, False)
        self._hovered = now
        self._show_hover(now, True)
        return True, bool(end)

    def _show_hover(self, thing: object, hovered: bool) -> None:
        if isinstance(thing, WireItem) and thing.scene() is not None:
            thing.show_hover(hovered)
        elif isinstance(thing, End) and thing.node_id in self.sheet.nodes:
            item = self.sheet.nodes[thing.node_id]
            item.hovered = f"{thing.spot.port.side}:{thing.spot.port.name}" if hovered else ""
            item.update()
