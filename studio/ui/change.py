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
        self._hearers = list(self._alive())
        for hearer in self._hearers:
            tell(hearer.owner(), hearer, hearer)

    def _alive(self) -> Iterator[_Hearer]:
        return (hearer for hearer in self._hearers if hearer.alive())


def tell(owner: QObject | None, key: Hashable, call: Call) -> None:
    """Call at once where the owner is seen, or is no part of a window that is; else later, and only once for a key."""
    if _is_seen(owner):
        _guarded(call)
    else:
        _later.add(key, call)


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

    def __call__(self) -> None:
        owner = self.owner()
        if isinstance(self._call, str):
            if owner is not None and shiboken6.isValid(owner):
                getattr(owner, self._call)()
        else:
            self._call()


class _Later:
    """Calls that may wait, made in slices."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, Call] = {}
        self._timer: QTimer | None = None

    def add(self, key: Hashable, call: Call) -> None:
        self._calls[key] = call
        if self._timer is None:
            self._timer = QTimer(interval=0, timeout=self._go)
        self._timer.start()

    def _go(self) -> None:
        until = time.monotonic() + SLICE
        while self._calls and time.monotonic() < until:
            _guarded(self._calls.pop(next(iter(self._calls))))
        if not self._calls and self._timer is not None:
            self._timer.stop()


_later = _Later()


def _is_seen(owner: QObject | None) -> bool:
    while owner is not None and not isinstance(owner, QWidget):
        owner = owner.parent()
    return owner is None or owner.isVisible() or not owner.window().isVisible()


def _guarded(call: Call) -> None:
    """As Qt does it with a slot: an error of one is told, and the others still hear."""
    try:
        call()
    except Exception:
        sys.excepthook(*sys.exc_info())
