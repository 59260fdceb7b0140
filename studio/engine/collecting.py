"""Python's cycle collector in a studio without a window. (With one it belongs to the window's thread: `ui/collector.py`.)"""

from __future__ import annotations

import gc

YOUNG = (
    10_000  # objects more than were freed, before the young ones are looked at; Python's own 700 suits small programs
)


def settle() -> None:
    """Call it when everything is imported and built: that stays, and the collector goes through it no more.

    It also looks less often. A run of 20,000 steps makes lasting objects by the hundred thousand, and going through them
    again and again took a third of its time; what has no cycles, rows and tables above all, is freed at once as ever.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
