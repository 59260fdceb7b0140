"""Long work on a thread that says how far it is, as an iterator: closing it ends the work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from studio.engine.sql.spool import Spooled

TELL_AFTER = 0.1  # seconds


async def spooling(
    work: Callable[[Callable[[int], None]], Coroutine[Any, Any, Spooled]],
) -> AsyncGenerator[int | Spooled, None]:
    """The number of rows so far, a few times a second, and at the end the result of `work`."""
    rows, said = [0], 0
    task = asyncio.ensure_future(work(lambda count: rows.__setitem__(0, count)))
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=TELL_AFTER)
            if rows[0] != said and not task.done():
                said = rows[0]
                yield said
        yield await task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
