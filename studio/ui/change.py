"""Telling the whole window that its look has changed without holding it up: what is seen hears it at once, the rest in slices."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Callable, Hashable, Iterator

import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

SLICE = 0.006  # seconds of calls before the window may paint again
SWEEP = 256  # hearers that come before those that are gone are looked for

Call = Callable[[], object]
Alive = Callable[[], bool]
END = object()


class Change:
    """Like a signal without arguments. Widgets that nobody sees now hear it some turns of the event loop later."""

    def __init__(self) -> None:
        self._hearers: list[_Hearer] = []
        self._sweep_at = SWEEP

    def connect(self, call: Call) -> None:
        """Call that from now on; a method is called for as long as its QObject lives, and does not keep it alive."""
        if len(self._hearers) >= self._sweep_at:
            self._hearers = list(self._alive())
            self._sweep_at = max(SWEEP, 2 * len(self._hearers))
        self._hearers.append(_Hearer(call))

    def emit(self) -> None:
        exhaust(self.telling())

    def telling(self) -> Iterator[object]:
        """The same in steps, for `Turns`. A hearer that has much to do may give back an iterator of its own steps."""
        self._hearers = list(self._alive())
        for hearer in list(self._hearers):
            if hearer.alive():  # still, some steps later
                yield from telling(hearer.owner(), hearer, hearer)

    def _alive(self) -> Iterator[_Hearer]:
        return (hearer for hearer in self._hearers if hearer.alive())


def telling(owner: QObject | None, key: Hashable, call: Call) -> Iterator[object]:
    """Call at once where the owner is seen, or is no part of a window that is; else later, and only once for a key."""
    if not _is_seen(owner):
        _later.add(key, _life_of(owner), call)
        return
    yield from _steps_of(_life_of(owner), call)
    yield


def exhaust(steps: Iterator[object]) -> None:
    """All the steps now."""
    for _ in steps:
        pass


class _Hearer:
    """A method by its owner and its name, or any other callable as it is."""

    def __init__(self, call: Call) -> None:
        owner = getattr(call, "__self__", None)
        self._owner = weakref.ref(owner) if isinstance(owner, QObject) else None
        self._call: str | Call = getattr(call, "__name__", "") if self._owner is not None else call

    def owner(self) -> QObject | None:
        return self._owner() if self._owner is not None else None

    def alive(self) -> bool:
        owner = self.owner()
        return self._owner is None or (owner is not None and shiboken6.isValid(owner))

    def __call__(self) -> object:
        owner = self.owner()
        if not isinstance(self._call, str):
            return self._call()
        return getattr(owner, self._call)() if owner is not None and shiboken6.isValid(owner) else None


class _Later:
    """Calls that may wait, made in slices."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, tuple[Alive, Call]] = {}
        self._steps: Iterator[object] = iter(())  # of the call that is being made
        self._held = False
        self._timer: QTimer | None = None

    def add(self, key: Hashable, alive: Alive, call: Call) -> None:
        self._calls[key] = (alive, call)
        self._go_on()

    def hold(self, on: bool) -> None:
        self._held = on
        self._go_on()

    def _go_on(self) -> None:
        if self._timer is None:
            self._timer = QTimer(interval=0, timeout=self._go)
        if not self._held:
            self._timer.start()

    def _go(self) -> None:
        until = time.monotonic() + SLICE
        while time.monotonic() < until:
            if self._held or (next(self._steps, END) is END and not self._next()):
                if self._timer is not None:
                    self._timer.stop()
                return

    def _next(self) -> bool:
        """Make the next call; False when there is none."""
        if not self._calls:
            return False
        self._steps = _steps_of(*self._calls.pop(next(iter(self._calls))))
        return True


_later = _Later()


def hold(on: bool) -> None:
    """While it is on, what nobody sees waits altogether."""
    _later.hold(on)


def _is_seen(owner: QObject | None) -> bool:
    while owner is not None and not isinstance(owner, QWidget):
        owner = owner.parent()
    return owner is None or owner.isVisible() or not owner.window().isVisible()


def _life_of(owner: QObject | None) -> Alive:
    """Tells whether it still lives, without keeping it."""
    if owner is None:
        return lambda: True
    known = weakref.ref(owner)
    return lambda: (there := known()) is not None and shiboken6.isValid(there)


def _steps_of(alive: Alive, call: Call) -> Iterator[object]:
    """Call, and go on with what it gives back while its owner lives. As Qt does it with a slot: an error is told, and the
    others still hear."""
    try:
        steps = call()
        if isinstance(steps, Iterator):
            while alive() and next(steps, END) is not END:
                yield
    except Exception:
        sys.excepthook(*sys.exc_info())
