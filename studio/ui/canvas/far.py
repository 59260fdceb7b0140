"""The canvas seen from afar: filled boxes and hairlines in a few batched calls, instead of thousands of items."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from studio.ui.canvas import node_paint
from studio.ui.canvas.frame_item import FrameItem
from studio.ui.canvas.layout import HEADER
from studio.ui.canvas.look import look
from studio.ui.canvas.scene import CanvasScene

FILLS = {
    "running": "accent.solid", "done": "success.solid", "cached": "success.solid", "warning": "warning.solid",
    "failed": "danger.solid",
}  # fmt: skip
TITLES_FROM = 0.2
TITLES_AT_MOST = 160
TITLE_PIXELS = 10


class Far:
    """Keeps the batches until something changed."""

    def __init__(self, scene: CanvasScene) -> None:
        self.scene = scene
        self._stale = True
        self._wires: dict[str, list[QLineF]] = {}
        self._boxes: list[QRectF] = []
        self._heads: dict[str, list[QRectF]] = {}
        self._frames: list[QRectF] = []
        self._chosen: list[QRectF] = []
        self._notes: list[QRectF] = []
        scene.touched.connect(self.forget)
        scene.selectionChanged.connect(self.forget)

    def forget(self) -> None:
        self._stale = True

    def paint(self, painter: QPainter, visible: QRectF) -> None:
        """In scene coordinates. Hairlines and rectangles without antialiasing: from afar nobody sees the difference."""
        if self._stale:
            self._gather()
        self._fill(painter, self._frames, "canvas.frame", "canvas.frameBorder")
        for kind, lines in self._wires.items():
            painter.setPen(QPen(look().port(kind, 0.65), 0))
            painter.drawLines(lines)
        self._fill(painter, self._notes, "canvas.comment", "canvas.commentBorder")
        self._fill(painter, self._boxes, "canvas.node", "border.strong")
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, heads in self._heads.items():
            painter.setBrush(look().colour(colour))
            painter.drawRects(heads)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        chosen = QPen(look().colour("accent.ring"), 2.0)
        chosen.setCosmetic(True)
        painter.setPen(chosen)
        painter.drawRects(self._chosen)
        self._titles(painter, visible)

    def _fill(self, painter: QPainter, rects: list[QRectF], fill: str, border: str) -> None:
        painter.setPen(QPen(look().colour(border), 0))
        painter.setBrush(look().colour(fill))
        painter.drawRects(rects)

    def _gather(self) -> None:
        scene = self.scene
        frames = [item for item in scene.nodes.values() if isinstance(item, FrameItem)]
        steps = [item for item in scene.nodes.values() if not isinstance(item, FrameItem)]
        self._frames = [item.box for item in (*scene.areas.values(), *frames)]
        self._boxes = [item.box for item in steps]
        self._notes = [item.box for item in scene.notes.values()]
        self._chosen = [item.box for item in scene.nodes.values() if item.isSelected()]
        self._heads = {}
        for item in (*steps, *frames):
            box = item.box
            frame = isinstance(item, FrameItem) and item.live.state != "failed"
            colour = "border.default" if frame else FILLS.get(item.live.state, "border.default")
            self._heads.setdefault(colour, []).append(QRectF(box.x(), box.y(), box.width(), HEADER))
        self._wires = {}
        for wire in scene.wires.values():
            self._wires.setdefault(wire.kind, []).extend(wire.rough)
        self._stale = False

    def _titles(self, painter: QPainter, visible: QRectF) -> None:
        zoom = self.scene.detail.scale
        if zoom < TITLES_FROM:
            return
        shown = [item for item in self.scene.nodes.values() if item.box.intersects(visible)]
        if len(shown) > TITLES_AT_MOST:
            return
        font = QFont(look().font("denseStrong"))
        font.setPixelSize(round(TITLE_PIXELS / zoom))
        painter.setFont(font)
        for item in shown:
            painter.setPen(look().colour("text.onAccent" if item.live.state in FILLS else "text.primary"))
            box = item.box
            place = QRectF(box.x() + 8, box.y() + HEADER / 2 - 20, box.width() - 12, 40)
            painter.drawText(place, node_paint.LEFT, item.face.title)
