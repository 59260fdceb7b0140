"""Python's cycle collector in tests with windows: on the window's thread only, as in the program (studio/ui/collector.py).

On another thread it takes Qt's connections apart while it waits for the interpreter, and the window waits for Qt's lock:
neither ever goes on. Or the process ends.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_this_thread() -> Iterator[None]:
    """For one test. What was there before it is not gone through after it: that was a fifth of all the time."""
    gc.disable()
    gc.freeze()
    yield
    assert not gc.isenabled(), "somebody enabled the collector on every thread"
    gc.collect()


def of_the_file() -> None:
    """What a file's tests share goes with the file."""
    gc.unfreeze()
    gc.collect()
