"""A thread as it is on disk, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.engine.chat.message import Message, Thread
from studio.engine.chat.telling import Telling
from studio.engine.text import Text
from studio.ui.views.chat_parts.showing import Branch

if TYPE_CHECKING:
    from studio.engine.chat.service import Chat

LOOKED_AT = 12  # of the last answers, whose sources are looked at


@dataclass(frozen=True)
class Opened:
    """The thread, the branch that is shown, how many branches there are, and the answers that are being written in it."""

    thread: Thread
    branch: Branch
    branches: int
    written: list[Telling]


async def read_thread(chat: Chat, thread_id: str) -> Opened:
    """Raises `NotFound`."""
    thread = await chat.thread(thread_id)
    written = chat.written_in(thread_id)  # first: what is written now is on disk when the messages are read
    messages, versions = await chat.messages(thread_id), await chat.versions(thread_id)
    branch = Branch(messages, versions, await chat.beside(thread_id))
    return Opened(thread, branch, await chat.branches(thread_id), written)


async def stale_in(chat: Chat, messages: list[Message]) -> dict[str, dict[int, Text]]:
    """By message, the sources that are no longer what the answer read."""
    answers = [message for message in messages if message.sources][-LOOKED_AT:]
    return {message.id: found for message in answers if (found := await chat.changed(message.sources))}
