"""Work on the window's thread in steps, between which it paints and hears keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

SLICE = 0.006  # seconds of steps before the window may paint again
END = object()


class Turns(QObject):
    """Runs an iterator a few milliseconds at each turn of the event loop, while `parent` lives.

    `done` or `failed` is called once, at a later turn. Without `failed` an error is raised where the event loop tells it.
    """

    def __init__(
        self,
        steps: Iterator[object],
        parent: QObject,
        done: Callable[[], object] = lambda: None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self._steps, self._done, self._failed = steps, done, failed
        self._timer = QTimer(self, interval=0, timeout=self._go)

    def start(self) -> bool:
        """Take the first step now; True when it was all, and then nobody is called."""
        if next(self._steps, END) is END:
            self.deleteLater()
            return True
        self._timer.start()
        return False

    def start_later(self, milliseconds: int) -> None:
        """Take the first step then."""
        self._timer.start(milliseconds)

    def _go(self) -> None:
        if self._timer.interval():
            self._timer.setInterval(0)
        until = time.monotonic() + SLICE
        try:
            while time.monotonic() < until:
                if next(self._steps, END) is END:
                    self._end(self._done)
                    return
        except Exception as error:
            if self._failed is None:
                self._end(lambda: None)
                raise
            failed, told = self._failed, error
            self._end(lambda: failed(told))

    def stop(self) -> None:
        """Take no further step; nobody is called."""
        self._timer.stop()
        self.deleteLater()

    def _end(self, call: Callable[[], object]) -> None:
        self.stop()
        call()
