"""The window onto a scene: painting, zoom, and handing the mouse to one gesture at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.canvas import bends, keys
from studio.ui.canvas.area_item import AreaItem
from studio.ui.canvas.detail import AT_ONCE
from studio.ui.canvas.document import Document, walk
from studio.ui.canvas.ends import End
from studio.ui.canvas.far import Far
from studio.ui.canvas.gestures.connect import ConnectPorts
from studio.ui.canvas.gestures.cut import CutWires
from studio.ui.canvas.gestures.gesture import Gesture
from studio.ui.canvas.gestures.move import MoveThings
from studio.ui.canvas.gestures.pan import Pan
from studio.ui.canvas.gestures.resize import Resize, sizable_at
from studio.ui.canvas.gestures.select import ADDING, BoxSelect
from studio.ui.canvas.hint import Hint
from studio.ui.canvas.look import look
from studio.ui.canvas.motion import Motion
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.note_item import NoteItem
from studio.ui.canvas.pointing import PointedLens
from studio.ui.canvas.scene import id_of
from studio.ui.canvas.sharpening import Late, Sharpening
from studio.ui.canvas.still import Still
from studio.ui.canvas.wire_item import WireItem
from studio.ui.language import say
from studio.ui.theme import theme

SOON = 120  # milliseconds after it is shown
EDGE = 2  # pixels of what lies beside a part and reaches into it: hairlines, rings
Entry = tuple[Text, str, Callable[[], object]]  # a line of the menu of steps: what it says, its key, what it does


class CanvasView(PointedLens):
    """One workflow on the screen. What it wants from others it says by signals; what it changes it does by commands."""

    add_wanted = Signal(object, object)  # the place, and the End that a new step would be wired to (or None)
    opened = Signal(str)  # a step or note was double-clicked
    retry_wanted = Signal(str)
    fix_wanted = Signal(str)
    mend_wanted = Signal(str)  # the mark of a step that has problems was clicked
    run_from_wanted = Signal(str)
    converter_wanted = Signal(object, object)  # an Edge that may not be, and the BadLink that names what would help
    insert_wanted = Signal(object, str)  # the place on a wire, and the wire's id
    replace_wanted = Signal(str)  # a step that another type is to be chosen for
    find_wanted = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self.far = Far(self.sheet)
        self.motion = Motion(self, self._paint_whole, self._paint_far)
        self.sharpening = Sharpening(self, self._seen, self._repaint)
        self.still = Still(self, self._paint_whole)
        self.gesture: Gesture | None = None
        self.dangling: Gesture | None = None  # a wire that waits for the step that is chosen for its end
        self.panning = self.space = self.cutting = False
        self.hint = Hint(self)
        self.extra_entries: Callable[[list[str], QPointF], list[Entry]] = lambda *_: []
        self._clock = QTimer(self, interval=40, timeout=self._tick)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        say(self.setAccessibleName, Text("Canvas", "画布"))
        self.sheet.touched.connect(self._after_touch)

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        place = self.mapToScene(event.position().toPoint())
        if self.gesture is not None:
            return
        if event.button() == Qt.MouseButton.MiddleButton or self.space or (self.panning and _left(event)):
            self._begin(Pan(self, place))
        elif self.cutting or _cuts(event):
            self._begin(CutWires(self, place))
        elif _left(event):
            self._begin(self._gesture_at(place, event.modifiers()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.mapToScene(event.position().toPoint())
        if self.gesture is None:
            changed, on_port = self.hover(place)
            if changed:
                self.viewport().setCursor(Qt.CursorShape.CrossCursor if on_port else self._plain_cursor())
            if not on_port and not self.detail.far:
                self._show_corner(place)
            return
        self.gesture.move(place, event.modifiers())
        self.viewport().update() if isinstance(self.gesture, BoxSelect) else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is None:
            return
        gesture, self.gesture = self.gesture, None
        place = self.mapToScene(event.position().toPoint())
        gesture.release(place, event.modifiers())
        self.still.drop()
        self._restore_cursor()
        self.hover(place)
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.mapToScene(event.position().toPoint())
        thing = self.thing_at(place)
        if isinstance(thing, NodeItem | NoteItem | AreaItem):
            self.opened.emit(id_of(thing))
        elif isinstance(thing, WireItem) and _left(event):
            self._bend(thing.edge_id, place)
        elif thing is None and _left(event):
            self.add_wanted.emit(place, None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms about the pointer; with Shift it scrolls sideways, a touchpad's two fingers pan."""
        if event.pixelDelta().isNull() and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_zoom(self.zoom * 1.2 ** (event.angleDelta().y() / 120), event.position().toPoint(), True)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * 1.01 ** event.pixelDelta().y(), event.position().toPoint(), True)
        else:
            travel = event.pixelDelta() if not event.pixelDelta().isNull() else QPoint(event.angleDelta().y(), 0)
            self.scroll_by(-travel)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        from studio.ui.canvas.menu import context_menu

        if self.gesture is not None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return
        at = event.pos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.menu_place()
        elif (thing := self.thing_at(self.mapToScene(at))) is None:
            self.sheet.choose(())  # a click beside everything means the sheet; the menu key means what is chosen
        elif not thing.isSelected():
            self.sheet.choose([id_of(thing)])
        context_menu(self, self.mapToScene(at)).exec(self.viewport().mapToGlobal(at))

    def menu_place(self) -> QPoint:
        """Where what the keyboard asked for opens: under what is chosen, as far as it is in view, else in the middle."""
        whole = self.viewport().rect()
        chosen = [i for i in self.sheet.chosen_ids() if i not in self.document.edges]
        box = self.mapFromScene(self.sheet.extent(chosen)).boundingRect().intersected(whole) if chosen else QRect()
        return box.bottomLeft() if not box.isEmpty() else whole.center()

    def _gesture_at(self, place: QPointF, held: Qt.KeyboardModifier) -> Gesture | None:
        end = self.end_at(place)
        if end is not None:
            return self._connecting(place, end)
        corner = sizable_at(self, place)
        if corner is not None:
            return Resize(self, place, id_of(corner), corner)
        thing = self.thing_at(place)
        if isinstance(thing, WireItem):
            number = bends.bend_at(self, self.document.edges[thing.edge_id], place)
            if number is not None:
                return bends.MoveBend(self, place, thing.edge_id, number)
            kept = self.sheet.chosen_ids() if held & ADDING else []
            self.sheet.choose([*kept, thing.edge_id])
            return None
        if isinstance(thing, NodeItem) and thing.button_at(place):
            signals = {"retry": self.retry_wanted, "fix": self.fix_wanted, "problem": self.mend_wanted}
            signals[thing.button_at(place)].emit(thing.face.id)
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

    def _bend(self, edge_id: str, place: QPointF) -> None:
        """A double-click leads a wire through that place; on a bend it takes the bend away."""
        number = bends.bend_at(self, self.document.edges[edge_id], place)
        if number is None:
            bends.add_bend(self, edge_id, place)
        else:
            bends.remove_bend(self, edge_id, number)

    def _show_corner(self, place: QPointF) -> None:
        resizing = sizable_at(self, place) is not None
        wanted = Qt.CursorShape.SizeFDiagCursor if resizing else self._plain_cursor()
        if self.viewport().cursor().shape() != wanted:
            self.viewport().setCursor(wanted)

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
        self.still.drop()
        self._restore_cursor()
        return True

    def show_reason(self, why: StudioError | None, place: QPointF) -> None:
        """The reason why a wire may not be, beside the pointer; None takes it away."""
        self.hint.show_error(why, self.mapFromScene(place))

    def _plain_cursor(self) -> Qt.CursorShape:
        if self.cutting:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.OpenHandCursor if self.panning or self.space else Qt.CursorShape.ArrowCursor

    def hold(self, *, space: bool = False, cutting: bool = False) -> None:
        """Keys that turn the mouse into another tool while they are down."""
        self.space, self.cutting = space, cutting
        self._restore_cursor()

    def let_dangle(self, gesture: Gesture | None) -> None:
        self.dangling = gesture
        self.viewport().update()

    def _restore_cursor(self) -> None:
        self.viewport().setCursor(self._plain_cursor())

    def set_panning(self, on: bool) -> None:
        self.panning = on
        self._restore_cursor()

    def set_zoom(self, zoom: float, about: QPoint | None = None, quick: bool = False) -> None:
        """`quick` for steps that others may follow at once."""
        super().set_zoom(zoom, about)
        if quick:
            self.motion.step()
        elif hasattr(self, "motion"):
            self.motion.stop()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not keys.press(self, event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from step to step in the order in which they run, then on to the next control."""
        steps = [node.id for node in walk(self.document)]
        chosen = [i for i in self.sheet.chosen_ids() if i in self.document.nodes]
        at = steps.index(chosen[0]) + (1 if forward else -1) if chosen else 0 if forward else len(steps) - 1
        if not 0 <= at < len(steps):
            return super().focusNextPrevChild(forward)
        self.reveal(steps[at])
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_X) and not event.isAutoRepeat():
            self.hold()

    def event(self, event: QEvent) -> bool:
        """Single letters belong to the canvas while it has the focus, whatever shortcuts say."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and keys.mine(event):
            event.accept()
            return True
        return super().event(event)

    # painting

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(SOON, self, self._sort)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.detail.seen = QRectF()

    def _sort(self) -> None:
        """The scene sorts its items by place when it is first asked for some: better now than in the first frame of a zoom."""
        self.sheet.items(QPointF())

    def paintEvent(self, event: QPaintEvent) -> None:
        moving = self.motion.active
        self.detail.seen = self.visible_rect()
        with self.detail.allowance.painting(0 if moving else AT_ONCE) as late:
            self._paint(event)
            self.sharpening.add([] if moving else late)

    def _seen(self, item: Late) -> bool:
        return item.sceneBoundingRect().intersects(self.detail.seen)

    def _repaint(self) -> None:
        self.detail.version += 1
        self.viewport().update()

    def _paint(self, event: QPaintEvent) -> None:
        if self.motion.active:
            self.motion.paint()
        elif self.still.active and not self.detail.far:
            self.still.paint(event)
        elif not self.detail.far:
            super().paintEvent(event)
        else:
            with QPainter(self.viewport()) as painter:
                for part in self._parts(event):
                    painter.setClipRect(part)
                    self._paint_far(painter, part)

    def _paint_far(self, painter: QPainter, part: QRect) -> None:
        """A part of the viewport, with what is seen in it as from afar."""
        visible = self.mapToScene(part.adjusted(-EDGE, -EDGE, EDGE, EDGE)).boundingRect()
        painter.save()
        painter.setTransform(self.viewportTransform())
        painter.fillRect(visible, look().colour("canvas.bg"))
        self.far.paint(painter, visible)
        self._paint_gesture(painter)
        painter.restore()

    def _paint_whole(self, painter: QPainter) -> None:
        """Everything as it should be, in pixels of the viewport."""
        area = self.viewport().rect()
        if self.detail.far:
            self._paint_far(painter, area)
        else:
            self.render(painter, QRectF(area), area)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        self._paint_gesture(painter)

    def _paint_gesture(self, painter: QPainter) -> None:
        for gesture in (self.dangling, self.gesture):
            if gesture is not None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                gesture.paint(painter)

    # following the scene

    def _after_touch(self) -> None:
        self.still.forget()
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
                item.move_on()


def _cuts(event: QMouseEvent) -> bool:
    held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
    return event.button() == Qt.MouseButton.RightButton and bool(held)


def _left(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.LeftButton
