"""One step on the canvas, painted: no widgets, three levels of detail."""

from __future__ import annotations

import logging

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.text import Text
from studio.engine.workflows.graph import PORT_TITLES
from studio.ui.canvas import node_paint
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.grounds import Ground, grounds
from studio.ui.canvas.layout import HEADER, TYPE, Layout, Spot, place_node, wrap
from studio.ui.canvas.model import Live, NodeFace
from studio.ui.canvas.pictures import MARGIN, Key, pictures
from studio.ui.canvas.shapes import draw_port
from studio.ui.language import tr

log = logging.getLogger(__name__)
Z = {"frame": 10.0, "wire": 20.0, "note": 25.0, "node": 30.0, "drag": 50.0}
BORDERS = {
    "running": "accent.ring", "warning": "warning.text", "failed": "danger.text", "skipped": "border.default",
}  # fmt: skip
CONTENT_ALPHA = {"waiting": 0.78, "skipped": 0.55}
INPUT, OUTPUT = Text("input", "输入"), Text("output", "输出")
INPUTS, OUTPUTS, WIRED = Text("inputs", "输入"), Text("outputs", "输出"), Text("connected", "已连接")
BYPASSED = Text("muted", "已停用")


class NodeItem(QGraphicsItem):
    """Holds a face, what the run said, and where everything stands; `judged` is set while a wire is dragged."""

    def __init__(self, face: NodeFace, detail: Detail, width: float | None = None) -> None:
        super().__init__()
        self.face, self.live, self.detail = face, Live(), detail
        self.width = width
        self.connected: set[tuple[str, str]] = set()
        self.judged: dict[tuple[str, str], bool] | None = None
        self.hovered = self.problem = ""
        self._shown = ("idle", False)
        self._place_box: QRectF | None = None
        self.picture: QPixmap | None = None
        self.painted_as: Key | None = None
        self.layout: Layout = place_node(face, self.live, width)
        self.tail: list[str] = []
        self.setZValue(Z["node"])
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)

    # what others change

    def show_face(self, face: NodeFace) -> None:
        self.face = face
        self.relay()

    def show_live(self, live: Live) -> None:
        """What a run says now. The height changes only where a footer or a failure comes or goes."""
        self.live = live
        self.tail = self._tail()
        shown, self._shown = self._shown, (live.state, live.stale)
        if shown == self._shown == ("running", False):
            self.move_on()
        else:
            self.relay()

    def move_on(self) -> None:
        """Only what moves has changed."""
        super().update()

    def relay(self) -> None:
        layout = self._place()
        if (layout.width, layout.height) != (self.layout.width, self.layout.height):
            self.prepareGeometryChange()
        self.layout, self._place_box = layout, None
        self.update()

    def show_judged(self, judged: dict[tuple[str, str], bool] | None) -> None:
        self.judged = judged
        self.update()

    # where things are

    @property
    def box(self) -> QRectF:
        """The box in scene coordinates."""
        if self._place_box is None:
            self._place_box = QRectF(self.pos().x(), self.pos().y(), self.layout.width, self.layout.height)
        return self._place_box

    def setPos(self, *place) -> None:
        self._place_box = None
        super().setPos(*place)

    def anchor(self, name: str, begins: bool, inner: bool = False) -> QPointF:
        """Where a wire of that port ends, in scene coordinates; the header's edge for a port that is not there."""
        spot = self.layout.spot(name, begins, inner)
        at = spot.at if spot else QPointF(self.layout.width if begins else 0.0, HEADER / 2)
        return self.box.topLeft() + at

    def spot_at(self, place: QPointF, reach: float) -> Spot | None:
        """The port within reach of a place in scene coordinates: the nearest one."""
        local = place - self.pos()
        near = [(QPointF.dotProduct(s.at - local, s.at - local), s) for s in self.layout.spots]
        best = min(near, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] <= reach * reach else None

    def button_at(self, place: QPointF) -> str:
        local = place - self.pos()
        return next((name for name, rect in self.layout.buttons.items() if rect.contains(local)), "")

    def boundingRect(self) -> QRectF:
        return QRectF(-MARGIN, -MARGIN, self.layout.width + 2 * MARGIN, self.layout.height + 2 * MARGIN)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self.layout.width, self.layout.height))
        return path

    # painting

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """An error that leaves a `paint` ends the process (Qt's painter is left half-way), so it is kept here."""
        if self.detail.far:
            return
        try:
            self._paint(painter)
        except Exception:
            log.exception("the step %s cannot be painted", self.face.id)

    def update(self, *area: QRectF) -> None:
        """It will look different: a picture of it is of no use any more."""
        self.picture = self.painted_as = None
        super().update(*area)

    def _paint(self, painter: QPainter) -> None:
        pictures().draw(painter, self)

    def paint_moving(self, painter: QPainter) -> None:
        """What is painted anew in every frame of a run; otherwise it is part of the picture."""
        node_paint.moving(painter, self)

    def paint_step(self, painter: QPainter) -> None:
        """From its face, its layout and its state; without what moves while it runs."""
        alpha = 0.5 if self.face.bypass else CONTENT_ALPHA.get(self.live.state, 1.0)
        grounds().draw(painter, self._ground())
        node_paint.header(painter, self, alpha)
        node_paint.body(painter, self, alpha)
        node_paint.ending(painter, self)
        if self.live.state != "running":
            self.paint_moving(painter)
        self._ports(painter, alpha)

    def _ground(self) -> Ground:
        """The empty box, shared by all that look alike."""
        border = BORDERS.get(self.live.state, "accent.ring" if self.isSelected() else "border.strong")
        dashed = self.live.state == "waiting" or self.face.bypass
        detail, layout = self.detail, self.layout
        scale = detail.ratio / detail.dpr
        return Ground(
            layout.width,
            layout.height,
            self.face.tile,
            border,
            dashed,
            self.isSelected(),
            detail.full,
            scale,
            detail.dpr,
        )

    def _ports(self, painter: QPainter, alpha: float) -> None:
        """Ports last, over the border; while a wire is dragged those that fit grow and the rest dim."""
        for spot in self.layout.spots:
            port = spot.port
            key = (port.side, port.name)
            fits = None if self.judged is None else self.judged.get(key, False)
            strength = 0.2 if fits is False else 1.0
            if self.detail.labels and port.side in ("input", "output"):
                self._label(painter, spot, strength * alpha)
            grow = 2.0 if fits or self.hovered == f"{port.side}:{port.name}" else 0.0
            draw_port(painter, port.type, spot.at, key in self.connected, grow, strength)

    def _label(self, painter: QPainter, spot: Spot, strength: float) -> None:
        node_paint.port_label(painter, self, spot, strength)

    def _place(self) -> Layout:
        return place_node(self.face, self.live, self.width)

    def _tail(self) -> list[str]:
        if not self.live.text:
            return []
        stream = next((placed for placed in self.layout.blocks if placed.block.kind == "stream"), None)
        return wrap(self.live.text, stream.rect.width() - 20, stream.block.rows, TYPE["stream"]) if stream else []

    def describe(self) -> str:
        """What a screen reader says: title, type, state."""
        words = [self.face.title, self.face.kind, tr(node_paint.STATE_WORDS[self.live.state])]
        return ", ".join([*words, tr(BYPASSED)] if self.face.bypass else words)

    def describe_port(self, side: str, name: str) -> str:
        """One port as a screen reader says it; "" for one that is gone."""
        port = next((p for p in self.face.ports if (p.side, p.name) == (side, name)), None)
        if port is None:
            return ""
        way = tr(OUTPUT if port.begins else INPUT)
        words = [port.label, way, tr(PORT_TITLES[port.type])]
        return ", ".join([*words, tr(WIRED)] if (side, name) in self.connected else words)

    def describe_ports(self) -> str:
        """Its inputs and outputs, and which of them have a wire."""
        words = []
        for title, sides in ((INPUTS, ("input", "inner_input")), (OUTPUTS, ("output", "inner_output"))):
            ports = [port for port in self.face.ports if port.side in sides]
            if ports:
                said = [f"{p.label} ({tr(WIRED)})" if (p.side, p.name) in self.connected else p.label for p in ports]
                words.append(f"{tr(title)}: {', '.join(said)}")
        return "; ".join([*words, self.problem] if self.problem else words)
