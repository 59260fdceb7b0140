"""What a painting could not prepare in time is prepared in turns of its own, between which the window listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from studio.ui.canvas.detail import AT_ONCE, STEP_COST, WIRE_COST
from studio.ui.canvas.node_item import NodeItem
from studio.ui.canvas.wire_item import WireItem

Late = NodeItem | WireItem


class Sharpening:
    """`seen` says whether one is in view at all; `done` is called when the last one is there."""

    def __init__(self, view: QWidget, seen: Callable[[Late], bool], done: Callable[[], None]) -> None:
        self._late: dict[Late, None] = {}
        self._seen, self._done = seen, done
        self._turns = QTimer(view, singleShot=True, interval=0, timeout=self._turn)

    @property
    def active(self) -> bool:
        return self._turns.isActive()

    def add(self, late: Iterable[Late]) -> None:
        self._late.update(dict.fromkeys(late))
        if self._late and not self._turns.isActive():
            self._turns.start()

    def _turn(self) -> None:
        left = AT_ONCE
        while self._late and left > 0:
            item = next(iter(self._late))
            del self._late[item]
            if isValid(item) and item.scene() is not None and self._seen(item):
                item.prepare()
                left -= WIRE_COST if isinstance(item, WireItem) else STEP_COST
        if self._late:
            self._turns.start()
        else:
            self._done()
