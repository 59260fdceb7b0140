"""Server-sent events that a reader can take up again with `Last-Event-ID`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
from fastapi import Request
from fastapi.responses import StreamingResponse

from studio.api.envelope import to_json
from studio.engine.errors import StudioError, from_unexpected

T = TypeVar("T")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Following:
    """Streams that go on until somebody else ends them: one server's stop ends them at once, so that it waits for no reader."""

    def __init__(self) -> None:
        self._waiting: set[anyio.CancelScope] = set()
        self._closed = False

    async def until_closed(self, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """The same items. A reader sees a whole answer that ends early, and can take it up again elsewhere."""
        async with aclosing(items):
            while not self._closed:
                with anyio.CancelScope() as waiting:
                    self._waiting.add(waiting)
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        return
                    finally:
                        self._waiting.discard(waiting)
                if waiting.cancelled_caught:
                    return
                yield item

    def close(self) -> None:
        self._closed = True
        for waiting in list(self._waiting):
            waiting.cancel()


def following_of(request: Request) -> Following:
    found: Following = request.app.state.following
    return found


def server_sent(items: AsyncGenerator[tuple[str, Any, int | str | None], None]) -> StreamingResponse:
    """Stream (event name, data, id) triples. An error becomes a last event "error" instead of a broken stream."""
    return StreamingResponse(_lines(items), media_type="text/event-stream", headers=HEADERS)


def last_event_id(request: Request) -> int:
    """Where a reader that comes back left off; 0 for a new one."""
    given = request.headers.get("last-event-id", "")
    return int(given) if given.isdigit() else 0


async def _lines(items: AsyncGenerator[tuple[str, Any, int | str | None], None]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(items):
            async for name, data, number in items:
                yield _line(name, data, number)
    except StudioError as error:
        yield _line("error", told(error), None)
    except Exception as error:
        yield _line("error", told(from_unexpected(error)), None)


def told(error: StudioError) -> dict[str, Any]:
    """An error as the data of an event “error”."""
    return {"code": error.code, "message": error.whole().en}


def _line(name: str, data: Any, number: int | str | None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + to_json(data) + b"\n\n"
