"""`studio chat` as a process that its reader leaves in the middle of an answer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import pytest

from studio.api.server import Server
from studio.engine.chat.message import Message
from tests.chat.conftest import workshop
from tests.chat.workshop import Workshop

__all__ = ["workshop"]


@pytest.fixture
async def running(workshop: Workshop) -> AsyncIterator[Workshop]:
    """A studio that serves; its model says one word and then nothing more."""
    workshop.models.words, workshop.models.stall_after = ["Once", " upon"], 1
    workshop.engine.chat = workshop.chat
    server = Server(workshop.engine, port=0)
    await server.start()
    yield workshop
    await server.stop()


async def chatting(running: Workshop, *words: str) -> Process:
    home = str(running.engine.paths.data.parent)
    command = [sys.executable, "-m", "studio", "--home", home, "chat", "--plain", *words]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, preexec_fn=_as_at_a_terminal
    )


def _as_at_a_terminal() -> None:
    """Where the tests run in the background they are started with Ctrl C ignored, and so would be what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def answered(running: Workshop) -> Message:
    [thread] = await running.chat.threads()
    return (await running.chat.messages(thread.id))[-1]


async def test_ctrl_c_stops_the_answer_in_the_studio_and_keeps_what_was_shown(running: Workshop) -> None:
    process = await chatting(running, "Tell a story.")
    assert process.stdout is not None and process.stderr is not None
    assert await process.stdout.readexactly(4) == b"Once"
    assert (await answered(running)).status == "streaming"
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 130
    answer = await answered(running)
    assert (answer.status, answer.content) == ("stopped", "Once")
    assert running.models.closed and b"Traceback" not in await process.stderr.read()


async def test_an_answer_ends_with_the_pipe_that_it_goes_to(running: Workshop) -> None:
    process = await chatting(running, "Tell a story.")
    transport = process._transport.get_pipe_transport(1)  # type: ignore[attr-defined]
    transport.close()
    assert await process.wait() == 0
    answer = await answered(running)
    assert (answer.status, answer.content) == ("stopped", "Once")


async def test_in_a_conversation_ctrl_c_ends_one_answer_and_the_next_question_is_taken(running: Workshop) -> None:
    process = await chatting(running)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    process.stdin.write(b"Tell a story.\n")
    await process.stdin.drain()
    assert await process.stdout.readexactly(4) == b"Once"
    process.send_signal(signal.SIGINT)
    await process.stderr.readuntil(b"Stopped.")
    running.models.go_on.set()
    process.stdin.write(b"Another.\n")
    process.stdin.close()
    assert b"Once upon" in await process.stdout.read()
    assert await process.wait() == 0
    [thread] = await running.chat.threads()
    said = [(message.status, message.content) for message in await running.chat.messages(thread.id)]
    assert said == [("done", "Tell a story."), ("stopped", "Once"), ("done", "Another."), ("done", "Once upon")]


async def test_ctrl_c_at_the_first_question_ends_the_conversation(running: Workshop) -> None:
    process = await chatting(running)
    assert process.stderr is not None
    await process.stderr.readuntil(b"> ")
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0
