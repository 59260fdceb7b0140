"""A tool while it is at work: its card so far, and what it brought."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, TypeVar

from studio.engine.chat import saying
from studio.engine.chat.message import Step, Tell

T = TypeVar("T")


class AtWork(Generic[T]):
    """Runs `work` while `cards` is read; what it tells in the meantime becomes the next card.

    Closing `cards` before its end stops the work, waits until it has stopped, and hands the card to `left`.
    """

    def __init__(
        self, card: Step, work: Callable[[Tell], Coroutine[Any, Any, T]], left: Callable[[Step], object]
    ) -> None:
        self._card, self._work, self._left = card, work, left
        self._began = time.monotonic()
        self._done: asyncio.Task[T] | None = None

    async def cards(self) -> AsyncGenerator[Step, None]:
        """The card as it begins, and whenever more is known; it ends with the work."""
        news: asyncio.Queue[Step | None] = asyncio.Queue()
        work = self._done = asyncio.create_task(self._work(news.put_nowait), name=f"tool {self._card.tool}")
        work.add_done_callback(lambda _: news.put_nowait(None))
        card: Step | None = self._card
        try:
            while card is not None:
                self._card = card.model_copy(update={"seconds": time.monotonic() - self._began})
                yield self._card
                card = await news.get()
        finally:
            if not work.done():
                self._left(saying.stopped(self._so_far()))
                work.cancel()
                await asyncio.wait([work])

    def result(self) -> T:
        """What it brought, once `cards` has ended; raises what made it fail."""
        if self._done is None:
            raise RuntimeError("the cards were not read")
        return self._done.result()

    def _so_far(self) -> Step:
        return self._card.model_copy(update={"seconds": time.monotonic() - self._began})
