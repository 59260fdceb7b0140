"""Server-sent events that a reader can take up again with `Last-Event-ID`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from studio.api.envelope import to_json
from studio.engine.errors import StudioError, from_unexpected

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def server_sent(items: AsyncIterator[tuple[str, Any, int | None]]) -> StreamingResponse:
    """Stream (event name, data, id) triples. An error becomes a last event "error" instead of a broken stream."""
    return StreamingResponse(_lines(items), media_type="text/event-stream", headers=HEADERS)


def last_event_id(request: Request) -> int:
    """Where a reader that comes back left off; 0 for a new one."""
    given = request.headers.get("last-event-id", "")
    return int(given) if given.isdigit() else 0


async def _lines(items: AsyncIterator[tuple[str, Any, int | None]]) -> AsyncIterator[bytes]:
    try:
        async for name, data, number in items:
            yield _line(name, data, number)
    except StudioError as error:
        yield _line("error", {"code": error.code, "message": error.whole().en}, None)
    except Exception as error:
        found = from_unexpected(error)
        yield _line("error", {"code": found.code, "message": found.whole().en}, None)


def _line(name: str, data: Any, number: int | None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + to_json(data) + b"\n\n"
