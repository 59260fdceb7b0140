"""The canvas seen from afar: filled boxes and hairlines in a few batched calls, instead of thousands of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import TypeVar

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from studio.ui.canvas import node_paint
from studio.ui.canvas.area_item import AreaItem
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.layout import HEADER
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.scene import CanvasScene
from studio.ui.canvas.wire_item import WireItem

FILLS = {
    "running": "accent.solid", "done": "success.solid", "cached": "success.solid", "warning": "warning.solid",
    "failed": "danger.solid", "asking": "warning.solid",
}  # fmt: skip
TITLES_FROM = 0.2
TITLES_AT_MOST = 160
TITLE_PIXELS = 10
SIDE = 3000.0

Batch = TypeVar("Batch", QLineF, QRectF)


class Square:
    """What has its corner, or begins, in one square of the sheet. Its batches are made when it is first in view."""

    def __init__(self) -> None:
        self.items: list[NodeItem | NoteItem | AreaItem] = []
        self.wires: list[WireItem] = []
        self.bounds = QRectF()

    @cached_property
    def steps(self) -> list[NodeItem]:
        return [item for item in self.items if isinstance(item, NodeItem)]

    @cached_property
    def boxes(self) -> dict[str, list[QRectF]]:
        found = defaultdict(list)
        for item in self.items:
            frame = isinstance(item, FrameItem | AreaItem)
            found["frame" if frame else "comment" if isinstance(item, NoteItem) else "node"].append(item.box)
        return found

    @cached_property
    def heads(self) -> dict[str, list[QRectF]]:
        """The bands of its steps, by colour."""
        found = defaultdict(list)
        for item in self.steps:
            frame = isinstance(item, FrameItem) and item.live.state != "failed"
            colour = "border.default" if frame else FILLS.get(item.live.state, "border.default")
            found[colour].append(QRectF(*item.corner, item.layout.width, HEADER))
        return found

    @cached_property
    def lines(self) -> dict[str, list[QLineF]]:
        """Its wires, by what they deal in."""
        found = defaultdict(list)
        for wire in self.wires:
            found[wire.kind].extend(wire.rough)
        return found


class Far:
    """Keeps the squares of the sheet until something changed, and paints those in view."""

    def __init__(self, scene: CanvasScene) -> None:
        self.scene = scene
        self._squares: dict[tuple[float, float], Square] = {}
        scene.touched.connect(self.forget)

    def forget(self) -> None:
        self._squares = {}

    def paint(self, painter: QPainter, visible: QRectF) -> None:
        """In scene coordinates. Hairlines and rectangles without antialiasing: from afar nobody sees the difference."""
        if not self._squares:
            self._gather()
        seen = [square for square in self._squares.values() if square.bounds.intersects(visible)]
        boxes = _together(square.boxes for square in seen)
        self._fill(painter, boxes["frame"], "canvas.frame", "canvas.frameBorder")
        for kind, lines in _together(square.lines for square in seen).items():
            painter.setPen(QPen(look().port(kind, 0.65), 0))
            painter.drawLines(lines)
        self._fill(painter, boxes["comment"], "canvas.comment", "canvas.commentBorder")
        self._fill(painter, boxes["node"], "canvas.node", "border.strong")
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, heads in _together(square.heads for square in seen).items():
            painter.setBrush(look().colour(colour))
            painter.drawRects(heads)
        self._chosen(painter)
        self._titles(painter, (step for square in seen for step in square.steps if step.box.intersects(visible)))
        for draw in self.scene.overlays:
            draw(painter)

    def _fill(self, painter: QPainter, rects: list[QRectF], fill: str, border: str) -> None:
        painter.setPen(QPen(look().colour(border), 0))
        painter.setBrush(look().colour(fill))
        painter.drawRects(rects)

    def _chosen(self, painter: QPainter) -> None:
        pen = QPen(look().colour("accent.ring"), 2.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects([item.box for item in self.scene.selectedItems() if isinstance(item, NodeItem)])

    def _gather(self) -> None:
        scene, squares = self.scene, defaultdict(Square)
        for items in (scene.areas, scene.nodes, scene.notes):
            for item in items.values():
                box = item.box
                square = squares[box.x() // SIDE, box.y() // SIDE]
                square.items.append(item)
                square.bounds |= box
        for wire in scene.wires.values():
            x, y = wire.course.begin
            square = squares[x // SIDE, y // SIDE]
            square.wires.append(wire)
            square.bounds |= wire.boundingRect()
        self._squares = squares

    def _titles(self, painter: QPainter, steps: Iterator[NodeItem]) -> None:
        zoom = self.scene.detail.scale
        if zoom < TITLES_FROM:
            return
        shown = list(islice(steps, TITLES_AT_MOST + 1))
        if len(shown) > TITLES_AT_MOST:
            return
        font = QFont(look().font("denseStrong"))
        font.setPixelSize(round(TITLE_PIXELS / zoom))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        share = 1.02 * font.pixelSize() / look().font("denseStrong").pixelSize()  # a little more than what it will take
        for item in shown:
            painter.setPen(look().colour("text.onAccent" if item.live.state in FILLS else "text.primary"))
            box, title = item.box, item.face.title
            wide = box.width() - 12
            place = place_of_title(box, metrics.height())
            if place is None:
                continue
            if place.center().y() > box.top() + HEADER:
                painter.setPen(look().colour("text.primary"))
            if look().advance("denseStrong", title) * share > wide:
                title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(place, node_paint.LEFT, title)


def place_of_title(box: QRectF, high: float) -> QRectF | None:
    """In the band of a step; below it, inside the box, where letters that can be read are higher than the band; else at the bottom
    of a box that holds them, or nowhere."""
    if high <= HEADER:
        return QRectF(box.x() + 8, box.y() + (HEADER - high) / 2, box.width() - 12, high)
    if high <= box.height() - HEADER:
        return QRectF(box.x() + 8, box.y() + HEADER, box.width() - 12, high)
    if high <= box.height():
        return QRectF(box.x() + 8, box.bottom() - high, box.width() - 12, high)
    return None


def _together(parts: Iterable[dict[str, list[Batch]]]) -> defaultdict[str, list[Batch]]:
    """The batches of several squares, as few calls of the painter as there are colours."""
    found: defaultdict[str, list[Batch]] = defaultdict(list)
    for batches in parts:
        for name, batch in batches.items():
            found[name] += batch
    return found
