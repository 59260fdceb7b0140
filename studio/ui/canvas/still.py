"""While steps are dragged, a picture of all that stays: only they, their wires and what lies over these are painted anew.

A drag paints the same part of the sheet in every frame; with ten wires that is most of the window.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsView

from studio.ui.canvas import shifting
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.lens import UPDATES, Lens
from studio.ui.canvas.motion import Painting
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.wire_item import WireItem

EDGE = 14  # around a step and a wire that belongs to them: shadow, ring, width
Box = tuple[float, float, float, float]


class Still:
    """`whole` paints everything but what is lifted. In use as long as steps are carried that lie in no frame."""

    def __init__(self, lens: Lens, whole: Painting) -> None:
        self.lens, self.whole = lens, whole
        self._steps: list[NodeItem] = []
        self._wires: list[WireItem] = []
        self._over: list[tuple[NodeItem | NoteItem, Box]] = []
        self._picture: QPixmap | None = None
        self._taken: tuple[QTransform, QSize, int] | None = None
        self._before = QRect()
        self._carrying = False

    @property
    def active(self) -> bool:
        return bool(self._steps)

    def carry(self, places: dict[str, QPointF]) -> None:
        """Show these things elsewhere, as the sheet does; the picture stays good if nothing else has changed."""
        good = self._taken == self._now()
        self._carrying = True
        self.lens.sheet.preview(places)
        self._carrying = False
        if not self._simple(places):
            self.drop()
            return
        if [step.face.id for step in self._steps] != list(places):
            self._lift(list(places))
        elif good:
            self._taken = self._now()
        area = self._area()
        self.lens.viewport().update(shifting.without(area.united(self._before), self.lens.over))
        self._before = area

    def forget(self) -> None:
        """Something has changed that is not carried."""
        if not self._carrying:
            self.drop()

    def drop(self) -> None:
        """Nothing is carried any more."""
        if not self._steps:
            return
        for item in (*self._steps, *self._wires):
            item.lifted = False
        self._steps, self._wires, self._over = [], [], []
        self._picture = self._taken = None
        self.lens.setViewportUpdateMode(UPDATES)
        self.lens.viewport().update()

    def paint(self, event: QPaintEvent) -> None:
        if self._picture is None or self._taken != self._now():
            self._take()
        assert self._picture is not None
        area, ratio = event.rect(), self._picture.devicePixelRatio()
        source = QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio)
        with QPainter(self.lens.viewport()) as painter:
            painter.drawPixmap(QRectF(area), self._picture, source)
            painter.setRenderHints(self.lens.renderHints())
            painter.setTransform(self.lens.viewportTransform())
            for wire in self._wires:
                painter.setClipRect(wire.rect())  # lines are slow in a clip of many parts: most lie in one of them
                wire.draw(painter)
            for item in self._covering():
                painter.setClipRect(item.box)  # it is there already: its shadow must not be painted twice
                _draw(painter, item)
            painter.setClipping(False)
            for step in self._steps:
                _draw(painter, step)

    def _simple(self, places: dict[str, QPointF]) -> bool:
        """Steps on the sheet itself: a frame would grow, and so change what stays; a run and the marks of a
        comparison are painted all over the sheet."""
        sheet = self.lens.sheet
        steps = [sheet.nodes.get(part_id) for part_id in places]
        plain = all(step is not None and not isinstance(step, FrameItem) for step in steps)
        return (
            plain
            and not any(sheet.document.nodes[part_id].parent for part_id in places)
            and not sheet.links.items
            and not sheet.overlays
            and not sheet.running()
        )

    def _lift(self, ids: list[str]) -> None:
        self.drop()
        sheet = self.lens.sheet
        self._steps = [sheet.nodes[node_id] for node_id in ids]
        edges = {edge.id: None for node_id in ids for edge in sheet.document.wires(node_id)}
        self._wires = [sheet.wires[edge_id] for edge_id in edges if edge_id in sheet.wires]
        for item in (*self._steps, *self._wires):
            item.lifted = True
        self._before = self.lens.viewport().rect()
        self.lens.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)  # only what `carry` says

    def _take(self) -> None:
        lens, viewport = self.lens, self.lens.viewport()
        ratio = viewport.devicePixelRatioF()
        if self._picture is None or self._picture.size() != viewport.size() * ratio:
            self._picture = QPixmap(viewport.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.black)
        with QPainter(self._picture) as painter:
            painter.setRenderHints(lens.renderHints())
            self.whole(painter)
        self._taken = self._now()
        visible = lens.visible_rect()
        marks = (*lens.sheet.nodes.values(), *lens.sheet.notes.values())
        seen = [item for item in marks if not isinstance(item, FrameItem) and item.box.intersects(visible)]
        lifted = set(self._steps)
        over = sorted((item for item in seen if item not in lifted), key=lambda item: item.zValue())
        self._over = [(item, item.box.adjusted(-EDGE, -EDGE, EDGE, EDGE).getCoords()) for item in over]

    def _now(self) -> tuple[QTransform, QSize, int]:
        """Whatever makes the picture a wrong one."""
        return self.lens.viewportTransform(), self.lens.viewport().size(), self.lens.detail.version

    def _area(self) -> QRect:
        """The pixels of everything that is lifted."""
        area = QRectF()
        for step in self._steps:
            area |= step.box
        for wire in self._wires:
            area |= wire.boundingRect()
        shown = self.lens.viewportTransform().mapRect(area).toAlignedRect()
        return shown.adjusted(-EDGE, -EDGE, EDGE, EDGE)

    def _covering(self) -> list[NodeItem | NoteItem]:
        """What stays and lies over a wire that moves."""
        pieces = [piece for wire in self._wires for piece in wire.course.boxes()]
        if not pieces:
            return []
        lefts, tops, rights, bottoms = zip(*pieces, strict=True)
        least_x, least_y, most_x, most_y = min(lefts), min(tops), max(rights), max(bottoms)
        return [
            item
            for item, (left, top, right, bottom) in self._over
            if left < most_x and right > least_x and top < most_y and bottom > least_y  # most are not near any
            if any(x0 < right and x1 > left and y0 < bottom and y1 > top for x0, y0, x1, y1 in pieces)
        ]


def _draw(painter: QPainter, item: NodeItem | NoteItem) -> None:
    painter.translate(item.pos())
    item.draw(painter)
    painter.translate(-item.pos())
