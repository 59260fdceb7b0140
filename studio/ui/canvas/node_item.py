"""One step on the canvas, painted: no widgets, three levels of detail."""

from __future__ import annotations

import logging
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from studio.engine.text import Text
from studio.engine.workflows.graph import PORT_TITLES
from studio.ui.canvas import node_paint
from studio.ui.canvas.detail import Detail
from studio.ui.canvas.grounds import Ground, grounds
from studio.ui.canvas.layout import HEADER, TYPE, Layout, Spot, natural_width, place_node, problem_button, wrap
from studio.ui.canvas.model import Live, NodeFace
from studio.ui.canvas.pictures import MARGIN, Key, pictures
from studio.ui.canvas.shapes import draw_port
from studio.ui.language import tr

log = logging.getLogger(__name__)
NO_PEN = QPen(Qt.PenStyle.NoPen)  # adds no room around a rectangle
SELECTABLE = QGraphicsItem.GraphicsItemFlag.ItemIsSelectable
Z = {"frame": 10.0, "wire": 20.0, "note": 25.0, "node": 30.0, "drag": 50.0}
BORDERS = {
    "running": "accent.ring", "asking": "warning.text", "warning": "warning.text", "failed": "danger.text", "skipped": "border.default",
}  # fmt: skip
BUSY = ("running", "asking", "failed")  # what a step then says is more than what is wrong with it
OFF_ALPHA = {"mute": 0.4, "bypass": 0.7}
CONTENT_ALPHA = {"waiting": 0.78, "skipped": 0.55}
INPUT, OUTPUT = Text("input", "输入"), Text("output", "输出")
INPUTS, OUTPUTS, WIRED = Text("inputs: ", "输入："), Text("outputs: ", "输出："), Text("connected", "已连接")
WIRED_PORT = Text("{port} (connected)", "{port}（已连接）")
COMMA, SEMICOLON = Text(", ", "，"), Text("; ", "；")
OFF = {"mute": Text("muted", "已停用"), "bypass": Text("bypassed", "旁路")}


class NodeItem(QGraphicsRectItem):
    """Holds a face, what the run said, and where everything stands; `judged` is set while a wire is dragged.

    A rectangle for Qt, which then need not ask Python where each of thousands lies.
    """

    def __init__(self, face: NodeFace, detail: Detail, width: float | None = None) -> None:
        super().__init__()
        self.face, self.live, self.detail = face, Live(), detail
        self.width = width
        self._connected: set[tuple[str, str]] | None = None  # as long as nobody looked at them
        self.judged: dict[tuple[str, str], bool] | None = None
        self.hovered = self.problem = ""
        self.lifted = False  # painted by still.py
        self._shown = ("idle", False)
        self.corner = (0.0, 0.0)  # where it stands, in plain numbers
        self._place_box: QRectF | None = None
        self.picture: QPixmap | None = None
        self._natural = 0.0
        self.painted_as: Key | None = None  # what the picture shows
        self.changed = False  # since then
        self.layout: Layout = self._place()
        self.tail: list[str] = []
        self.setPen(NO_PEN)
        self._bound()
        self.setZValue(Z["node"])
        self.setFlag(SELECTABLE)

    # what others change

    def show_face(self, face: NodeFace) -> None:
        self.face, self._natural = face, 0.0
        self.relay()

    def show_live(self, live: Live) -> None:
        """What a run says now. The height changes only where a footer or a failure comes or goes."""
        self.live, streamed = live, bool(self.tail)
        self.tail = self._tail()
        shown, self._shown = self._shown, (live.state, live.stale)
        if shown == self._shown == ("running", False) and streamed == bool(self.tail):
            self.move_on()
        else:
            self.relay()

    def show_problem(self, problem: str) -> None:
        """What is wrong with it before a run; "" for nothing. Its mark is a button."""
        if problem != self.problem:
            self.problem = problem
            self.setToolTip(problem)
            self.relay()

    def move_on(self) -> None:
        """Only what moves has changed."""
        super().update()

    def relay(self) -> None:
        layout = self._place()
        if self.problem and not self.face.off and self.live.state not in BUSY:
            layout.buttons["problem"] = problem_button(layout.width)
        self.layout, self._place_box = layout, None
        self._bound()
        self.update()

    @property
    def connected(self) -> set[tuple[str, str]]:
        """Side and name of the ports that have a wire; most steps of a large sheet are never asked."""
        if self._connected is None:
            self._connected = self._ports_in_use()
        return self._connected

    def tie(self) -> None:
        """Its wires may have changed."""
        if self._connected is not None and self._connected != (found := self._ports_in_use()):
            self._connected = found
            self.update()

    def _ports_in_use(self) -> set[tuple[str, str]]:
        scene: Any = self.scene()
        return set() if scene is None else scene.ports_in_use(self.face.id)

    def show_judged(self, judged: dict[tuple[str, str], bool] | None) -> None:
        self.judged = judged
        self.update()

    # where things are

    @property
    def box(self) -> QRectF:
        """The box in scene coordinates."""
        if self._place_box is None:
            self._place_box = QRectF(*self.corner, self.layout.width, self.layout.height)
        return self._place_box

    def setPos(self, *place) -> None:
        self._place_box = None
        self.corner = place[0].toTuple() if len(place) == 1 else place
        super().setPos(*place)

    def anchor(self, name: str, begins: bool, inner: bool = False) -> QPointF:
        """Where a wire of that port ends, in scene coordinates; the header's edge for a port that is not there."""
        return QPointF(*self.stop(name, begins, inner))

    def stop(self, name: str, begins: bool, inner: bool = False) -> tuple[float, float]:
        """The same as plain numbers: thousands of wires ask."""
        spot, (x, y) = self.layout.spot(name, begins, inner), self.corner
        if spot is None:
            return x + (self.layout.width if begins else 0.0), y + HEADER / 2
        return x + spot.x, y + spot.y

    def deals_in(self, name: str, inner: bool) -> str:
        """The type of the port that wires of that name begin at."""
        spot = self.layout.spot(name, True, inner)
        return spot.port.type if spot else "any"

    def spot_at(self, place: QPointF, reach: float) -> Spot | None:
        """The port within reach of a place in scene coordinates: the nearest one."""
        local = place - self.pos()
        near = [(QPointF.dotProduct(s.at - local, s.at - local), s) for s in self.layout.spots]
        best = min(near, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] <= reach * reach else None

    def button_at(self, place: QPointF) -> str:
        if self.detail.far:
            return ""  # none is painted
        local = place - self.pos()
        return next((name for name, rect in self.layout.buttons.items() if rect.contains(local)), "")

    def _bound(self) -> None:
        self.setRect(-MARGIN, -MARGIN, self.layout.width + 2 * MARGIN, self.layout.height + 2 * MARGIN)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(QRectF(0, 0, self.layout.width, self.layout.height))
        return path

    # painting

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """An error that leaves a `paint` ends the process (Qt's painter is left half-way), so it is kept here."""
        if not (self.detail.far or self.lifted):
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        try:
            self._paint(painter)
        except Exception:
            log.exception("the step %s cannot be painted", self.face.id)

    def update(self, *area: QRectF) -> None:
        """It will look different: a picture of it is an old one."""
        self.changed = True
        self.detail.version += 1
        super().update(*area)

    def _paint(self, painter: QPainter) -> None:
        pictures().draw(painter, self)

    def prepare(self) -> None:
        """Between two paintings, so that the next one is quick."""
        try:
            pictures().renew(self)
        except Exception:
            log.exception("the step %s cannot be painted", self.face.id)

    def paint_box(self, painter: QPainter) -> None:
        """The least that stands for it until there is time."""
        grounds().draw(painter, self._ground())

    def paint_moving(self, painter: QPainter) -> None:
        """What is painted anew in every frame of a run; otherwise it is part of the picture."""
        node_paint.moving(painter, self)

    def paint_step(self, painter: QPainter) -> None:
        """From its face, its layout and its state; without what moves while it runs."""
        alpha = OFF_ALPHA.get(self.face.off) or CONTENT_ALPHA.get(self.live.state, 1.0)
        grounds().draw(painter, self._ground())
        node_paint.header(painter, self, alpha)
        node_paint.body(painter, self, alpha)
        if self.face.through:
            node_paint.pass_lines(painter, self)
        node_paint.ending(painter, self)
        if self.live.state != "running":
            self.paint_moving(painter)
        self._ports(painter, alpha)

    def _ground(self) -> Ground:
        """The empty box, shared by all that look alike."""
        border = BORDERS.get(self.live.state, "accent.ring" if self.isSelected() else "border.strong")
        dashed = self.live.state == "waiting" or bool(self.face.off)
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
        if not self.width and not self._natural:
            self._natural = natural_width(self.face)
        return place_node(self.face, self.live, self.width or self._natural)

    def _tail(self) -> list[str]:
        if not self.live.text:
            return []
        stream = next((placed for placed in self.layout.blocks if placed.block.kind == "stream"), None)
        return wrap(self.live.text, stream.rect.width() - 20, stream.block.rows, TYPE["stream"]) if stream else []

    def describe(self) -> str:
        """What a screen reader says: title, type, state."""
        words = [self.face.title, self.face.kind, tr(node_paint.STATE_WORDS[self.live.state])]
        more = [tr(OFF[self.face.off])] if self.face.off else []
        return tr(COMMA).join([*words, *more, *([tr(node_paint.VARIANT)] if self.face.variant else [])])

    def describe_port(self, side: str, name: str) -> str:
        """One port as a screen reader says it; "" for one that is gone."""
        port = next((p for p in self.face.ports if (p.side, p.name) == (side, name)), None)
        if port is None:
            return ""
        way = tr(OUTPUT if port.begins else INPUT)
        words = [port.label, way, tr(PORT_TITLES[port.type])]
        return tr(COMMA).join([*words, tr(WIRED)] if (side, name) in self.connected else words)

    def describe_ports(self) -> str:
        """Its inputs and outputs, and which of them have a wire."""
        words = []
        for title, sides in ((INPUTS, ("input", "inner_input")), (OUTPUTS, ("output", "inner_output"))):
            ports = [port for port in self.face.ports if port.side in sides]
            if ports:
                wired = [(p.side, p.name) in self.connected for p in ports]
                said = [
                    tr(WIRED_PORT).format(port=p.label) if w else p.label for p, w in zip(ports, wired, strict=True)
                ]
                words.append(tr(title) + tr(COMMA).join(said))
        return tr(SEMICOLON).join([*words, self.problem] if self.problem else words)
