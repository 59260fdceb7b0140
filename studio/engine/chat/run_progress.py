"""How far a run is, as its card in a chat shows it: the steps that are done, and the words that are being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from studio.engine.chat.message import Step, Tell
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.workflows.run_event import RunEvent

SHOWN = 2_000  # characters at the end of what is being written that a card carries
PAUSE = 0.2  # seconds between two cards
DONE = ("finished", "skipped", "failed")


class RunProgress:
    """Tells `card` anew as the run goes on, at most five times a second."""

    def __init__(self, card: Step, tell: Tell) -> None:
        self._card, self._tell = card, tell
        self._steps: set[str] = set()
        self._done: set[str] = set()
        self._writes, self._text = "", ""
        self._timer: asyncio.TimerHandle | None = None

    async def follow(self, events: AsyncIterator[RunEvent]) -> None:
        """Until the run ends, or the task is cancelled."""
        loop = asyncio.get_running_loop()
        try:
            async for event in events:
                if self._takes(event) and self._timer is None:
                    self._timer = loop.call_later(PAUSE, self._say)
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _say(self) -> None:
        self._timer = None
        self._tell(self._card.model_copy(update={"detail": self._how_far(), "text": self._text}))

    def _takes(self, event: RunEvent) -> bool:
        """Whether there is something to tell; what happens to one row of a map is not."""
        if event.kind == "run_started":
            self._steps = set(event.data["steps"])
        elif event.kind == "token" and "row" not in event.data:
            self._text = (self._text if event.step == self._writes else "") + event.data["text"]
            self._text, self._writes = self._text[-SHOWN:], event.step
        elif event.kind in DONE and event.step in self._steps:
            self._done.add(event.step)
        else:
            return False
        return True

    def _how_far(self) -> Text:
        done, steps = len(self._done), len(self._steps)
        return Text(f"{done} of {steps} step{'' if steps == 1 else 's'}", f"已完成 {done}/{steps} 个节点")
