"""Work that nobody waits for, and that must hold nobody up: on a thread of its own, behind all others."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
NICE = 15


async def quietly(work: Callable[..., T], *given: Any) -> T:
    """Run blocking work as `asyncio.to_thread` does, at the system's low priority where it has one for threads (Linux).

    Threads that the work starts, such as DuckDB's, are as patient. Cancelling does not end it: give it a `Watch`.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def settle(tell: Callable[[Any], None], value: Any) -> None:
        def tell_once() -> None:
            if not ended.done():
                tell(value)

        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(tell_once)

    def run() -> None:
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            result = work(*given)
        except BaseException as error:
            settle(ended.set_exception, error)
        else:
            settle(ended.set_result, result)

    threading.Thread(target=run, name="quiet").start()  # no daemon: what it draws or writes is not cut off at the end
    return await ended
