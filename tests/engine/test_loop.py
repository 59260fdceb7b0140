"""The engine's own loop: on time, never early, and awake for what comes meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading

from studio.engine import loop


def test_a_timer_is_never_early():
    async def waits() -> list[float]:
        turning = asyncio.get_running_loop()
        early = []
        for wanted in (0.0004, 0.003, 0.012, 0.15):
            due = turning.time() + wanted
            await asyncio.sleep(wanted)
            early.append(due - turning.time())
        return early

    assert max(loop.run(waits())) <= 1e-6


def test_what_comes_from_a_thread_or_a_socket_does_not_wait_for_the_next_timer():
    async def heard() -> tuple[str, bytes]:
        turning = asyncio.get_running_loop()
        timer = turning.call_later(0.09, lambda: None)  # short enough for `select`
        said: asyncio.Future[str] = turning.create_future()
        threading.Thread(target=turning.call_soon_threadsafe, args=(said.set_result, "thread")).start()
        word = await said
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            there.send(b"socket")
            content = await turning.sock_recv(here, 20)
        timer.cancel()
        return word, content

    assert loop.run(heard()) == ("thread", b"socket")


def test_a_process_can_be_waited_for_on_it():
    async def ended() -> int:
        return await (await asyncio.create_subprocess_exec("true")).wait()

    assert loop.run(ended()) == 0
