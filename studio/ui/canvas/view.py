"""The window onto a scene: painting, zoom, and handing the mouse to one gesture at a time."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.canvas import keys
from studio.ui.canvas.detail import DOTS, LARGEST, SMALLEST, STEPS, Detail
from studio.ui.canvas.document import Document
from studio.ui.canvas.far import Far
from studio.ui.canvas.gestures.connect import ConnectPorts, End
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.gestures.move import MoveThings
from studio.ui.canvas.gestures.pan import Pan
from studio.ui.canvas.gestures.select import ADDING, BoxSelect
from studio.ui.canvas.hint import Hint
from studio.ui.canvas.look import look
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.scene import CanvasScene, id_of
from studio.ui.canvas.wire_item import WireItem
from studio.ui.language import say
from studio.ui.theme import theme

HIT = 12.0
TILE = 128
MARGIN = 48


class CanvasView(QGraphicsView):
    """One workflow on the screen. What it wants from others it says by signals; what it changes it does by commands."""

    add_wanted = Signal(object, object)  # the place, and the End that a new step would be wired to (or None)
    opened = Signal(str)  # a step or note was double-clicked
    retry_wanted = Signal(str)
    refused = Signal(object)  # the StudioError that says why a wire may not be
    zoomed = Signal(float)
    moved = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document, self.detail = document, Detail()
        self.sheet = CanvasScene(document, self.detail)
        self.far = Far(self.sheet)
        self.gesture: Gesture | None = None
        self.panning = self.space = False
        self.hint = Hint(self)
        self._hovered: object = None
        self._fitted = False
        self._dots: QBrush | None = None
        self._clock = QTimer(self, interval=40, timeout=self._tick)
        self._start_settings()
        self.set_zoom(1.0)

    def _start_settings(self) -> None:
        self.setScene(self.sheet)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        say(self.setAccessibleName, Text("Canvas", "画布"))
        self.sheet.touched.connect(self._after_touch)
        theme.changed.connect(self._restyle)

    # zoom and place

    @property
    def zoom(self) -> float:
        return self.detail.zoom

    def set_zoom(self, zoom: float, about: QPoint | None = None) -> None:
        """`about` is the pixel of the viewport that keeps its place; the middle when not given."""
        zoom = min(LARGEST, max(SMALLEST, zoom))
        about = about if about is not None else self.viewport().rect().center()
        kept = self.mapToScene(about)
        scale = zoom * theme.scale / 100
        self.detail.zoom, self.detail.scale = zoom, scale
        self.detail.dpr = self.devicePixelRatioF()
        self.detail.ratio = scale * self.detail.dpr
        self.setTransform(QTransform.fromScale(scale, scale))
        self.scroll_by(self.mapFromScene(kept) - about)
        self._dots = None
        self.viewport().update()
        self.zoomed.emit(zoom)

    def step_zoom(self, up: bool) -> None:
        wanted = [step for step in STEPS if (step > self.zoom + 0.01 if up else step < self.zoom - 0.01)]
        if wanted:
            self.set_zoom(wanted[0] if up else wanted[-1])

    def scroll_by(self, travel: QPoint) -> None:
        """Travel in pixels of the viewport."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + travel.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + travel.y())
        self.moved.emit()

    def fit(self, ids: list[str] | None = None) -> None:
        """Show these steps, or all, at 100 % at most."""
        rect = self.sheet.extent(ids)
        if rect.isEmpty():
            return
        scale = theme.scale / 100
        width, height = self.viewport().width() - 2 * MARGIN, self.viewport().height() - 2 * MARGIN
        self.set_zoom(min(1.0, width / rect.width() / scale, height / rect.height() / scale))
        self.centerOn(rect.center())
        self.moved.emit()

    def show_all(self) -> None:
        self.fit()

    def show_item(self, part_id: str) -> None:
        """Bring a step into view without moving what is in view already."""
        item = self.sheet.nodes.get(part_id)
        if item is not None and not self.visible_rect().contains(item.box):
            self.centerOn(item.box.center())
            self.moved.emit()

    def visible_rect(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    # what is where

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

    def thing_at(self, place: QPointF) -> NodeItem | NoteItem | WireItem | None:
        items = self.sheet.items(place)
        solid = next((item for item in items if isinstance(item, NodeItem | NoteItem)), None)
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

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        place = self.mapToScene(event.position().toPoint())
        if self.gesture is not None:
            return
        if event.button() == Qt.MouseButton.MiddleButton or self.space or (self.panning and _left(event)):
            self._begin(Pan(self, place))
        elif _left(event):
            self._begin(self._gesture_at(place, event.modifiers()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.mapToScene(event.position().toPoint())
        if self.gesture is None:
            self._hover(place)
            return
        self.gesture.move(place, event.modifiers())
        self.viewport().update() if isinstance(self.gesture, BoxSelect) else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is None:
            return
        gesture, self.gesture = self.gesture, None
        gesture.release(self.mapToScene(event.position().toPoint()), event.modifiers())
        self._restore_cursor()
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.mapToScene(event.position().toPoint())
        thing = self.thing_at(place)
        if isinstance(thing, NodeItem | NoteItem):
            self.opened.emit(id_of(thing))
        elif thing is None and _left(event):
            self.add_wanted.emit(place, None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms about the pointer; with Shift it scrolls sideways, a touchpad's two fingers pan."""
        if event.pixelDelta().isNull() and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_zoom(self.zoom * 1.2 ** (event.angleDelta().y() / 120), event.position().toPoint())
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * 1.01 ** event.pixelDelta().y(), event.position().toPoint())
        else:
            travel = event.pixelDelta() if not event.pixelDelta().isNull() else QPoint(event.angleDelta().y(), 0)
            self.scroll_by(-travel)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        from studio.ui.canvas.menu import context_menu

        place = self.mapToScene(event.pos())
        thing = self.thing_at(place)
        if thing is not None and not thing.isSelected():
            self.sheet.choose([id_of(thing)])
        context_menu(self, place).exec(event.globalPos())

    def _gesture_at(self, place: QPointF, held: Qt.KeyboardModifier) -> Gesture | None:
        end = self.end_at(place)
        if end is not None:
            return self._connecting(place, end)
        thing = self.thing_at(place)
        if isinstance(thing, WireItem):
            kept = self.sheet.chosen_ids() if held & ADDING else []
            self.sheet.choose([*kept, thing.edge_id])
            return None
        if isinstance(thing, NodeItem) and thing.button_at(place):
            self.retry_wanted.emit(thing.face.id)
            return None
        if thing is not None:
            return MoveThings(self, place, held, id_of(thing))
        return BoxSelect(self, place, held)

    def _connecting(self, place: QPointF, end: End) -> Gesture:
        """From a used input the wire is taken along; from anything else a new one begins."""
        if not end.begins and not end.spot.port.many:
            for edge in self.document.wires(end.node_id):
                if edge.target == end.node_id and edge.target_port == end.spot.port.name:
                    source = self.sheet.nodes[edge.source]
                    inner = self.document.nodes[edge.target].parent == edge.source
                    spot = source.layout.spot(edge.source_port, True, inner)
                    if spot is not None:
                        return ConnectPorts(self, place, End(edge.source, spot), edge)
        return ConnectPorts(self, place, end)

    def _begin(self, gesture: Gesture | None) -> None:
        self.gesture = gesture
        if gesture is not None:
            self.viewport().setCursor(gesture.cursor)

    def stop_gesture(self) -> bool:
        """Esc: give up what the mouse is doing. False when it does nothing."""
        if self.gesture is None:
            return False
        gesture, self.gesture = self.gesture, None
        gesture.cancel()
        self._restore_cursor()
        return True

    def show_reason(self, why: StudioError | None, place: QPointF) -> None:
        """The reason why a wire may not be, beside the pointer; None takes it away."""
        self.hint.show_error(why, self.mapFromScene(place))

    def _hover(self, place: QPointF) -> None:
        end = None if self.detail.far else self.end_at(place)
        wire = None if end or self.thing_at(place) is None else self.thing_at(place)
        now: object = end or (wire if isinstance(wire, WireItem) else None)
        if now == self._hovered:
            return
        self._show_hover(self._hovered, False)
        self._hovered = now
        self._show_hover(now, True)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor if end else self._plain_cursor())

    def _show_hover(self, thing: object, hovered: bool) -> None:
        if isinstance(thing, WireItem) and thing.scene() is not None:
            thing.show_hover(hovered)
        elif isinstance(thing, End) and thing.node_id in self.sheet.nodes:
            item = self.sheet.nodes[thing.node_id]
            item.hovered = f"{thing.spot.port.side}:{thing.spot.port.name}" if hovered else ""
            item.update()

    def _plain_cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.OpenHandCursor if self.panning or self.space else Qt.CursorShape.ArrowCursor

    def _restore_cursor(self) -> None:
        self.viewport().setCursor(self._plain_cursor())

    def set_panning(self, on: bool) -> None:
        self.panning = on
        self._restore_cursor()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not keys.press(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space = False
            self._restore_cursor()

    def event(self, event: QEvent) -> bool:
        """Single letters belong to the canvas while it has the focus, whatever shortcuts say."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and keys.mine(event):
            event.accept()
            return True
        return super().event(event)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.detail.far:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), look().colour("canvas.bg"))
        painter.setTransform(self.viewportTransform())
        self.far.paint(painter, self.visible_rect())
        self._paint_gesture(painter)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(rect, look().colour("canvas.bg"))
        if self.detail.scale >= DOTS:
            painter.fillRect(rect, self._dot_brush())

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        self._paint_gesture(painter)

    def _paint_gesture(self, painter: QPainter) -> None:
        if self.gesture is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.gesture.paint(painter)

    def _dot_brush(self) -> QBrush:
        """The grid as a texture in scene coordinates: one fill instead of thousands of points."""
        if self._dots is None:
            pixels = max(8, round(TILE * self.detail.ratio))
            image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            size = max(1, round(self.detail.ratio))
            step = pixels * 16 / TILE
            for row in range(8):
                for column in range(8):
                    painter.fillRect(round(column * step), round(row * step), size, size, look().colour("canvas.dot"))
            painter.end()
            self._dots = QBrush(QPixmap.fromImage(image))
            self._dots.setTransform(QTransform.fromScale(TILE / pixels, TILE / pixels))
        return self._dots

    # following the scene

    def _after_touch(self) -> None:
        if self.detail.far:
            self.viewport().update()
        if not self._clock.isActive() and self.sheet.running():
            self.detail.still = theme.reduced_motion
            self._clock.start()

    def _tick(self) -> None:
        """Moves dashes, spinners and carets, only while a run goes on and only what is in view."""
        moving = self.sheet.running()
        if not moving:
            self._clock.stop()
            self.viewport().update()
            return
        if self.detail.still or not self.isVisible():
            return
        self.detail.turn = time.monotonic() % 3600
        if self.detail.far:
            return
        visible = self.visible_rect()
        for item in moving:
            if item.sceneBoundingRect().intersects(visible):
                item.update()

    def _restyle(self) -> None:
        self._dots = None
        self.set_zoom(self.zoom)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        if not self._fitted and min(event.size().width(), event.size().height()) > 200:
            self._fitted = True
            self.fit()
        self.moved.emit()


def _left(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.LeftButton
