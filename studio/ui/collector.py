"""Python's cycle collector, kept on the window's thread.

Left to itself it runs on whichever thread allocates most. On the engine's thread it would destroy Qt objects that are part
of a cycle, and Qt objects destroyed beside their own thread end the process.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

from studio.ui.widgets.discard import forget_items

EVERY = 500  # milliseconds between two looks at young objects
WHOLE = 60  # looks until all objects are looked at


class Collector(QObject):
    """Takes the collector over for as long as it lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._looks = 0
        self._modules = 0
        gc.disable()
        self._timer = QTimer(self, interval=EVERY, timeout=self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what is young; now and then everything. What imports have left stays: it would take 50 ms to go through."""
        self._looks += 1
        known, self._modules = self._modules, len(sys.modules)
        if self._modules != known:
            self.settle()
            return
        gc.collect(2 if self._looks % WHOLE == 0 else 1)

    def settle(self) -> None:
        """All that is there now stays: later looks need not go through it again. Going through it once would take 0.1 s."""
        forget_items()
        gc.freeze()
