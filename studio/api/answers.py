"""Answers that are written because of a request: each goes on while it has readers, who may leave and come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from typing import Any

from studio.api.events import Following, told
from studio.engine.chat.message import (
    Answered,
    ApprovalWanted,
    Asked,
    ChatEvent,
    Message,
    Piece,
    SourcesFound,
    Worked,
    Working,
)
from studio.engine.chat.telling import Telling

log = logging.getLogger(__name__)
GRACE = 30.0  # seconds that an answer is written on while nobody reads it
Told = tuple[str, Any, str | None]  # name, data, id


class Running:
    """One answer that is written here; `telling` is what its readers follow."""

    def __init__(self, events: AsyncGenerator[ChatEvent, None], thread_id: str, grace: float) -> None:
        self.thread_id = thread_id
        self.readers = 0
        self._events, self._grace = events, grace
        self._begun: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._read(), name=f"answer in {thread_id}")
        self._task.add_done_callback(lambda _: self._begun.cancel())
        self._alone = self._leave_soon()

    @property
    def ended(self) -> bool:
        return self._task.done()

    async def begun(self) -> Message:
        """The answer as it begins, once its question is on disk. Raises why it was not taken."""
        await asyncio.wait([self._begun])
        if self._begun.cancelled():
            await self._task
            raise AssertionError("a chat begins with Asked")
        return self._begun.result()

    @contextmanager
    def read(self) -> Iterator[None]:
        """Somebody reads it: it is written on."""
        self.readers += 1
        self._alone.cancel()
        try:
            yield
        finally:
            self.readers -= 1
            if not self.readers:
                self._alone = self._leave_soon()

    async def stop(self) -> None:
        """End it; what was written is kept."""
        self._alone.cancel()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _read(self) -> None:
        try:
            async with aclosing(self._events) as events:
                async for event in events:
                    if isinstance(event, Asked):
                        self._begun.set_result(event.answer)
        except Exception:
            if not self._begun.done():
                raise
            log.exception("an answer ended in an error of its own")

    def _leave_soon(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._grace, self._task.cancel)


class Answers:
    """What is told of answers by their messages' ids (`telling`), and those of them that are written here."""

    def __init__(self, telling: Callable[[str], Telling | None], following: Following, grace: float = GRACE) -> None:
        self.telling = telling
        self._following = following
        self._grace = grace
        self._by_id: dict[str, Running] = {}

    async def begin(self, events: AsyncGenerator[ChatEvent, None], thread_id: str) -> str:
        """Have an answer written, and its message's id. One in this thread that all readers have left ends first.

        Raises why it was not taken.
        """
        for left in [each for each in self._by_id.values() if each.thread_id == thread_id]:
            if not left.readers and not left.ended:
                await left.stop()
        running = Running(events, thread_id, self._grace)
        try:
            message = await running.begun()
        except asyncio.CancelledError:
            await running.stop()
            raise
        self._by_id = {name: each for name, each in self._by_id.items() if not each.ended} | {message.id: running}
        return message.id

    async def follow(self, message_id: str, number: int = 0) -> AsyncGenerator[Told, None]:
        """What came after event `number` of an answer, whoever has it written, then what comes, to the end."""
        telling, running = self.telling(message_id), self._by_id.get(message_id)
        if telling is None:
            return
        events = _named(telling, number)
        if running is None:  # `close` does not end it
            events = self._following.until_closed(events)
        with running.read() if running is not None else nullcontext():
            async with aclosing(events):
                async for event in events:
                    yield event

    async def close(self) -> None:
        """End those that are under way; their readers are told so."""
        for running in [each for each in self._by_id.values() if not each.ended]:
            await running.stop()


def as_api(message: Message) -> dict[str, Any]:
    """A message as the API shows it."""
    return {**message.model_dump(mode="json"), "tokens": message.usage.get("completion_tokens", 0)}


def from_disk(message: Message) -> Told:
    """An answer that nobody writes here any more, as one event: done, error, or what there is of it."""
    if message.status == "failed" and message.error is not None:
        words = message.error["message"]
        return "error", {"code": message.error["code"], "message": words["en"]}, None
    return ("message" if message.status == "streaming" else "done"), as_api(message), None


async def _named(telling: Telling, number: int) -> AsyncGenerator[Told, None]:
    async with aclosing(telling.follow(number)) as events:
        async for number, event in events:
            name, data = _told(event, telling.thread_id)
            yield name, data, f"{telling.message_id}:{number}"


def _told(event: ChatEvent | Message, thread_id: str) -> tuple[str, Any]:
    if isinstance(event, Message):
        return "message", as_api(event)
    if isinstance(event, Asked):
        ids = {"message_id": event.answer.id, "question_id": event.question.id}
        return "start", {"conversation_id": thread_id, **ids}
    if isinstance(event, Working):
        return "working", event.step
    if isinstance(event, Worked):
        return "step", event.step
    if isinstance(event, ApprovalWanted):
        shown = {"title": event.title, "because": event.because, "arguments": event.arguments}
        return "approval", {"id": event.id, "tool": event.tool, **shown}
    if isinstance(event, SourcesFound):
        return "sources", event.sources
    if isinstance(event, Piece):
        return "piece", {"text": event.text}
    if isinstance(event, Answered):
        return "done", as_api(event.message)
    return "error", told(event.error)
