"""A model's pieces joined so that there are at most 20 a second, with what they cost and the tools they call."""

from __future__ import annotations

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
    """`used` hears what is known of the cost so far; `calls` are the tools that the model asked for."""

    def __init__(self, stream: Any, used: Callable[[dict[str, Any]], None]) -> None:
        self.calls = ToolCalls()
        self._stream = stream
        self._used = used
        self._pieces = self._joined()

    def __aiter__(self) -> AsyncIterator[Piece]:
        return self._pieces

    async def aclose(self) -> None:
        """Also ends the model's work."""
        await self._pieces.aclose()
        await self._stream.aclose()

    async def _joined(self) -> AsyncGenerator[Piece, None]:
        began = time.monotonic()
        flushed = began - FLUSH
        first: float | None = None
        words, count = "", 0
        async for piece in self._stream:
            now = time.monotonic()
            self.calls.take(piece.tool_calls)
            if piece.text:
                first = now - began if first is None else first
                words, count = words + piece.text, count + 1
            self._used(_usage(piece, count, first, now - began))
            if words and now - flushed >= FLUSH:
                yield Piece(words, count, first)
                words, flushed = "", now
        if words:
            yield Piece(words, count, first)


def _usage(piece: Any, count: int, first: float | None, seconds: float) -> dict[str, Any]:
    """The backend's own figures win; until they come, one piece counts as one token."""
    known = {} if piece.usage is None else {key: value for key, value in piece.usage.model_dump().items() if value}
    ended = {} if piece.finish_reason is None else {"finish_reason": piece.finish_reason}
    counted = {"seconds": round(seconds, 3)} | ({"completion_tokens": count} if piece.text else {})
    timed = {} if first is None else {"first_token_seconds": round(first, 3)}
    return {**counted, **timed, **known, **ended}
