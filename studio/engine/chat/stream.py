"""A model's pieces joined so that there are at most 20 a second, with what they cost and the tools they call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from studio.engine.chat.message import Piece
from studio.engine.models.tool_calls import ToolCalls

if TYPE_CHECKING:
    from studio.engine.models.service import Models

Messages = list[dict[str, Any]]
FLUSH = 0.05  # seconds of words that go to disk and to the reader together


async def written(models: Models, model: str, messages: Messages, **wishes: Any) -> str:
    """All that a model says to a task of the studio's own, at its likeliest words; cancelling it ends the model's work."""
    stream: Any = models.chat(model, messages, temperature=0.0, **wishes)
    async with aclosing(stream) as pieces:
        return "".join([piece.text async for piece in pieces])


class Joined:
    """`used` hears what is known of the cost so far; `calls` are the tools that the model asked for.

    No word waits longer than `FLUSH`, also where the model stalls after it: a task reads on meanwhile.
    """

    def __init__(self, stream: Any, used: Callable[[dict[str, Any]], None]) -> None:
        self.calls = ToolCalls()
        self._stream = stream
        self._used = used
        self._words, self._count = "", 0
        self._first: float | None = None
        self._came = asyncio.Event()
        self._pieces = self._joined()

    def __aiter__(self) -> AsyncIterator[Piece]:
        return self._pieces

    async def aclose(self) -> None:
        """Also ends the model's work."""
        await self._pieces.aclose()
        await self._stream.aclose()

    async def _joined(self) -> AsyncGenerator[Piece, None]:
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(lambda _: self._came.set())
        flushed = time.monotonic() - FLUSH
        try:
            while self._words or not reading.done():
                await self._came.wait()
                await asyncio.wait([reading], timeout=max(0.0, flushed + FLUSH - time.monotonic()))
                if self._words:
                    flushed = time.monotonic()
                    yield self._taken(reading.done())
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _taken(self, ended: bool) -> Piece:
        words, self._words = self._words, ""
        if not ended:
            self._came.clear()
        return Piece(words, self._count, self._first)

    async def _read(self) -> None:
        began = time.monotonic()
        async for piece in self._stream:
            now = time.monotonic()
            self.calls.take(piece.tool_calls)
            if piece.text:
                self._first = now - began if self._first is None else self._first
                self._words, self._count = self._words + piece.text, self._count + 1
                self._came.set()
            self._used(_usage(piece, self._count, self._first, now - began))


def _usage(piece: Any, count: int, first: float | None, seconds: float) -> dict[str, Any]:
    """The backend's own figures win; until they come, one piece counts as one token."""
    known = {} if piece.usage is None else {key: value for key, value in piece.usage.model_dump().items() if value}
    ended = {} if piece.finish_reason is None else {"finish_reason": piece.finish_reason}
    counted = {"seconds": round(seconds, 3)} | ({"completion_tokens": count} if piece.text else {})
    timed = {} if first is None else {"first_token_seconds": round(first, 3)}
    return {**counted, **timed, **known, **ended}
