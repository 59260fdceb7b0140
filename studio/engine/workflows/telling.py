"""What is told often is told together: text every 50 ms, progress ten times a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

TEXT_SECONDS = 0.05
PROGRESS_SECONDS = 0.1

Where = tuple[str, tuple[int, ...]]


class Teller:
    """Gathers pieces of text and counts of one run. `tell(kind, step, data)` writes them into the journal."""

    def __init__(self, tell: Callable[[Any, str, dict[str, Any]], None]) -> None:
        self._tell = tell
        self._texts: dict[Where, list[str]] = {}
        self._counts: dict[str, dict[str, Any]] = {}
        self._told: dict[str, float] = {}
        self._waiting: dict[str, dict[str, Any]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def text(self, step: str, rows: tuple[int, ...], text: str) -> None:
        if text:
            self._texts.setdefault((step, rows), []).append(text)
            self._wake(TEXT_SECONDS)

    def progress(self, step: str, rows: tuple[int, ...], data: dict[str, Any]) -> None:
        """The progress of a step on the sheet; inside a map, rows are counted instead."""
        if rows:
            return
        self._later(step, data)

    def frame(self, steps: list[str], total: int | None) -> None:
        """The steps in a frame have that many rows to do."""
        for step in steps:
            self._counts.setdefault(step, {"done": 0, "failed": 0, "seconds": 0.0})["total"] = total

    def row_done(self, step: str, seconds: float, failed: bool = False) -> None:
        """One row more has gone through a step in a frame."""
        count = self._counts.setdefault(step, {"done": 0, "failed": 0, "seconds": 0.0})
        count["done"] += 1
        count["failed"] += failed
        count["seconds"] = round(count["seconds"] + seconds, 6)
        self._later(step, count)

    def frame_done(self, step: str, steps: list[str]) -> dict[str, dict[str, Any]]:
        """Tell the last progress of a frame and of the steps in it; the answer has their counts."""
        for name in (step, *steps):
            waiting = self._waiting.pop(name, None)
            if waiting is not None:
                self._tell("progress", name, dict(waiting))
        return {name: self._counts.pop(name, {}) for name in steps}

    def flush(self, step: str, rows: tuple[int, ...]) -> None:
        """Tell what text of this step is waiting."""
        pieces = self._texts.pop((step, rows), None)
        if pieces:
            self._tell("token", step, {"text": "".join(pieces), **({"row": rows[-1]} if rows else {})})

    def close(self) -> None:
        """Tell everything that waits, and stop the clock."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._all()

    def _later(self, step: str, data: dict[str, Any]) -> None:
        now = time.monotonic()
        if now - self._told.get(step, 0.0) >= PROGRESS_SECONDS:
            self._told[step] = now
            self._waiting.pop(step, None)
            self._tell("progress", step, dict(data))
            return
        self._waiting[step] = data
        self._wake(PROGRESS_SECONDS)

    def _wake(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._all()

    def _all(self) -> None:
        for step, rows in list(self._texts):
            self.flush(step, rows)
        for step, data in self._waiting.items():
            self._told[step] = time.monotonic()
            self._tell("progress", step, dict(data))
        self._waiting.clear()
