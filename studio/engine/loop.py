"""The engine's event loop: asyncio's own, with timers that are on time.

On Linux asyncio waits in whole milliseconds and always one more than was asked for, so that what should be done in 10 ms
is done in 11: a step that waits, a group commit, a poll of a server, each time. `select` counts in microseconds.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
SHORT = 0.1  # seconds; for a longer wait a millisecond does not matter
FEW = 1_024  # `select` takes no file number from here on


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop for the engine."""
    return asyncio.SelectorEventLoop(Punctual()) if sys.platform == "linux" else asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on such a loop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work)


if sys.platform == "linux":

    class Punctual(selectors.EpollSelector):
        """Waits for the same, but not longer."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            number = self.fileno()
            if timeout is not None and 0 < timeout < SHORT and number < FEW:
                select.select([number], (), (), timeout)  # ready as soon as anything in it is
                timeout = 0
            return super().select(timeout)
