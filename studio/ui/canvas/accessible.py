"""The canvas for screen readers: a list of steps (title, type, state, ports), then comments, frames and wires.

Painted items are no widgets, so each gets a small object of its own that speaks for it. Python keeps every interface
it hands to Qt: one that is collected while Qt holds it ends the process.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleInterface, QAccessibleObject
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import isValid

from studio.ui.canvas import spoken
from studio.ui.canvas.view import CanvasView

PRUNE_AT = 1_000
_kept: list[QAccessibleInterface] = []
_installed: list[bool] = []


class Voice(QObject):
    """Speaks for one step."""

    def __init__(self, canvas: CanvasView, node_id: str) -> None:
        super().__init__(canvas)
        self.canvas, self.node_id = canvas, node_id
        self._ports: dict[tuple[str, str], PortVoice] = {}

    def ports(self) -> list[PortVoice]:
        """Those of its ports, in the order in which they stand."""
        item = self.canvas.sheet.nodes.get(self.node_id)
        keys = [(port.side, port.name) for port in item.face.ports] if item else []
        for key in keys:
            if key not in self._ports:
                self._ports[key] = PortVoice(self, *key)
        return [self._ports[key] for key in keys]


class MarkVoice(QObject):
    """Speaks for a comment, a frame or a wire."""

    def __init__(self, canvas: CanvasView, part_id: str) -> None:
        super().__init__(canvas)
        self.canvas, self.part_id = canvas, part_id


class PortVoice(QObject):
    """Speaks for one port of a step."""

    def __init__(self, step: Voice, side: str, name: str) -> None:
        super().__init__(step)
        self.step, self.side, self.name = step, side, name


class Leaf(QAccessibleObject):
    """Something that holds nothing else."""

    def child(self, index: int) -> QAccessibleInterface | None:
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1


class PortInterface(Leaf):
    """A port: its name, which way it leads, its type, whether it has a wire."""

    def __init__(self, voice: PortVoice) -> None:
        super().__init__(voice)
        self.voice = voice

    def text(self, kind: QAccessible.Text) -> str:
        item = self.voice.step.canvas.sheet.nodes.get(self.voice.step.node_id)
        if item is None or kind != QAccessible.Text.Name:
            return ""
        return item.describe_port(self.voice.side, self.voice.name)

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.StaticText

    def state(self) -> QAccessible.State:
        return QAccessible.State()

    def rect(self) -> QRect:
        canvas = self.voice.step.canvas
        item = canvas.sheet.nodes.get(self.voice.step.node_id)
        key = (self.voice.side, self.voice.name)
        spots = [spot for spot in item.layout.spots if (spot.port.side, spot.port.name) == key] if item else []
        if item is None or not spots:
            return QRect()
        place = canvas.viewport().mapToGlobal(canvas.mapFromScene(item.pos() + spots[0].at))
        return QRect(place - QPoint(6, 6), place + QPoint(6, 6))

    def parent(self) -> QAccessibleInterface | None:
        return QAccessible.queryAccessibleInterface(self.voice.step)


class StepInterface(QAccessibleObject):
    """One step: chosen by its action, described by its state and ports."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice)
        self.voice = voice

    @property
    def item(self) -> Any:
        return self.voice.canvas.sheet.nodes.get(self.voice.node_id)

    def text(self, kind: QAccessible.Text) -> str:
        if self.item is None:
            return ""
        if kind == QAccessible.Text.Name:
            return self.item.describe()
        if kind == QAccessible.Text.Description:
            return self.item.describe_ports()
        return ""

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.selectable = True
        state.selected = bool(self.item and self.item.isSelected())
        state.busy = bool(self.item and self.item.live.state == "running")
        return state

    def rect(self) -> QRect:
        if self.item is None:
            return QRect()
        return _on_screen(self.voice.canvas, self.item.box)

    def parent(self) -> QAccessibleInterface | None:
        return QAccessible.queryAccessibleInterface(self.voice.canvas)

    def child(self, index: int) -> QAccessibleInterface | None:
        ports = self.voice.ports()
        return QAccessible.queryAccessibleInterface(ports[index]) if 0 <= index < len(ports) else None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        return None

    def childCount(self) -> int:
        return len(self.voice.ports())

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        voice, ports = child.object(), self.voice.ports()
        return next((at for at, port in enumerate(ports) if port is voice), -1)


class MarkInterface(Leaf):
    """A comment with its text, a frame with what lies in it, a wire with its two ends."""

    def __init__(self, voice: MarkVoice) -> None:
        super().__init__(voice)
        self.voice = voice

    def text(self, kind: QAccessible.Text) -> str:
        canvas, part_id = self.voice.canvas, self.voice.part_id
        if kind == QAccessible.Text.Name:
            return spoken.name_of(canvas.sheet, part_id)
        return spoken.more_of(canvas.sheet, part_id) if kind == QAccessible.Text.Description else ""

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        item = self.voice.canvas.sheet.item(self.voice.part_id)
        state.selectable = True
        state.selected = item is not None and item.isSelected()
        return state

    def rect(self) -> QRect:
        item = self.voice.canvas.sheet.item(self.voice.part_id)
        return _on_screen(self.voice.canvas, item.mapRectToScene(item.boundingRect())) if item is not None else QRect()

    def parent(self) -> QAccessibleInterface | None:
        return QAccessible.queryAccessibleInterface(self.voice.canvas)


class CanvasInterface(QAccessibleWidget):
    """The sheet: its children are the steps in the order in which they run, the comments, the frames and the wires."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas, QAccessible.Role.List, "")
        self.canvas = canvas
        self._voices: dict[str, Voice | MarkVoice] = {}
        self._names: dict[str, int] | None = None
        self._listed: list[str] = []
        for changed in (canvas.document.inserted, canvas.document.removed):
            changed.connect(self._forget)

    def childCount(self) -> int:
        return len(self._places())

    def child(self, index: int) -> QAccessibleInterface | None:
        inside = 0 <= index < len(self._places())
        return self._interface(self._listed[index]) if inside else None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        place = self.canvas.mapToScene(self.canvas.viewport().mapFromGlobal(QPoint(x, y)))
        sheet = self.canvas.sheet
        boxed = (*sheet.areas.items(), *sheet.notes.items(), *sheet.nodes.items())
        found = [name for name, item in boxed if item.box.contains(place)]
        return self._interface(found[-1]) if found else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        voice = child.object()
        name = voice.node_id if isinstance(voice, Voice) else voice.part_id if isinstance(voice, MarkVoice) else ""
        return self._places().get(name, -1)

    def _places(self) -> dict[str, int]:
        """Where each child stands; made anew when something came or went."""
        if self._names is None:
            sheet = self.canvas.sheet
            self._listed = [*sheet.nodes, *sheet.notes, *sheet.areas, *sheet.wires]
            self._names = {name: place for place, name in enumerate(self._listed)}
        return self._names

    def _forget(self, _: object) -> None:
        self._names = None

    def _interface(self, name: str) -> QAccessibleInterface | None:
        if name not in self._voices:
            self._voices[name] = (Voice if name in self.canvas.sheet.nodes else MarkVoice)(self.canvas, name)
        return QAccessible.queryAccessibleInterface(self._voices[name])


def _on_screen(canvas: CanvasView, box: QRectF) -> QRect:
    place = canvas.mapFromScene(box).boundingRect()
    return QRect(canvas.viewport().mapToGlobal(place.topLeft()), place.size())


def make(_key: str, thing: QObject) -> QAccessibleInterface | None:
    """Qt's factory: what speaks for a canvas or a step; None leaves everything else to Qt."""
    if isinstance(thing, CanvasView):
        return _keep(CanvasInterface(thing))
    if isinstance(thing, Voice):
        return _keep(StepInterface(thing))
    if isinstance(thing, MarkVoice):
        return _keep(MarkInterface(thing))
    if isinstance(thing, PortVoice):
        return _keep(PortInterface(thing))
    return None


def install() -> None:
    """Once per program."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(make)


def _keep(interface: QAccessibleInterface) -> QAccessibleInterface:
    """Qt deletes an interface with the thing that it speaks for; only then may Python let go of it."""
    if len(_kept) > PRUNE_AT:
        _kept[:] = [known for known in _kept if isValid(known)]
    _kept.append(interface)
    return interface
