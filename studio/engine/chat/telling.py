"""What is told of answers while they are written: to whoever has them written, and to any number of other readers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    ApprovalWanted,
    Asked,
    ChatEvent,
    Message,
    Working,
    after,
)

MOST = 2_000  # events of an answer that are kept; what came before them is one message
GOES_ON = (Working, ApprovalWanted, Answered, AnswerFailed)  # events that hold until the next one comes
PATIENCE = 3  # seconds for what is being written when the studio ends
ENDED = 32  # answers that are remembered after their end; later they come from disk


class Telling:
    """One answer. Its events are numbered from 1; the last is `Answered` or `AnswerFailed`, also when it was stopped."""

    def __init__(self, asked: Asked, most: int = MOST) -> None:
        self.message_id, self.thread_id = asked.answer.id, asked.answer.thread_id
        self.beside = bool(asked.answer.beside)
        self.ended = False
        self._question = asked.question
        self._most = most
        self._kept: list[ChatEvent] = []
        self._dropped = 0  # events that are in `_before` by now
        self._before = asked.answer
        self._news = asyncio.Event()

    def take(self, event: ChatEvent) -> None:
        """One more event; readers hear it."""
        self._kept.append(event)
        self.ended = isinstance(event, Answered | AnswerFailed)
        if len(self._kept) > self._most:
            gone = len(self._kept) - self._most // 2
            for old in self._kept[:gone]:
                self._before = after(self._before, old)
            self._kept, self._dropped = self._kept[gone:], self._dropped + gone
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def follow(self, number: int = 0) -> AsyncGenerator[tuple[int, ChatEvent | Message], None]:
        """What came after event `number`, then what comes, to the end. What is no longer kept comes as one message."""
        while True:
            news, ended = self._news, self.ended
            if number < self._dropped:
                number = self._dropped
                yield number, self._before
            for event in self._kept[number - self._dropped :]:
                number += 1
                yield number, event
            if ended:
                return
            await news.wait()

    async def join(self) -> AsyncGenerator[ChatEvent, None]:
        """For one who comes later: `Asked` with the answer as far as it is written, what goes on now, then what comes."""
        number, answer = self.count, self._before
        for event in self._kept:
            answer = after(answer, event)
        now = self._kept[-1]
        yield Asked(self._question, answer)
        if isinstance(now, GOES_ON):
            yield now
        async for _, told in self.follow(number):
            yield Asked(self._question, told) if isinstance(told, Message) else told

    @property
    def count(self) -> int:
        """How many events there were."""
        return self._dropped + len(self._kept)

    def has_more(self, number: int) -> bool:
        """Whether something came after that event, or may come."""
        return not self.ended or number < self.count

    async def end(self) -> None:
        """Wait until nothing more is told."""
        while not self.ended:
            await self._news.wait()


class _Writing:
    """Runs the events of one answer in a task of its own, so that others than its reader can stop it.

    The next event is made once the last one was read, so nothing gets ahead of the reader.
    """

    def __init__(self, events: AsyncGenerator[ChatEvent, None]) -> None:
        self._events = events
        self._made: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._task = asyncio.create_task(self._write(), name="an answer")
        self._task.add_done_callback(lambda _: self._made.put_nowait(None))

    async def read(self) -> AsyncGenerator[ChatEvent, None]:
        """The events to the end, or until it is stopped."""
        self._wanted.set()
        while (event := await self._made.get()) is not None:
            yield event
            self._wanted.set()

    async def stop(self) -> None:
        """End it and wait until it has ended."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _write(self) -> None:
        await self._wanted.wait()
        async with aclosing(self._events) as events:
            async for event in events:
                self._wanted.clear()
                self._made.put_nowait(event)
                await self._wanted.wait()


class Written(Protocol):
    """An answer that is to be written."""

    message: Message  # as it is now

    def events(self) -> AsyncGenerator[ChatEvent, None]:
        """From `Asked` to its end; it raises nothing."""

    async def settle_stopped(self) -> None:
        """Keep what there is of it, where it came to no end."""


class Tellings:
    """The answers that are being written, and the last that were, by their messages' ids."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_id: OrderedDict[str, Telling] = OrderedDict()
        self._writing: dict[str, _Writing] = {}

    async def told(self, work: Written) -> AsyncGenerator[ChatEvent, None]:
        """Have an answer written: its events as they come, kept for other readers. One that is stopped ends in `Answered`."""
        id = work.message.id
        writing = self._writing[id] = _Writing(work.events())
        telling: Telling | None = None
        try:
            async with aclosing(writing.read()) as read:
                async for event in read:
                    telling = self._begin(event) if isinstance(event, Asked) else telling
                    if telling is not None:
                        telling.take(event)
                    yield event
            if telling is not None and not telling.ended:
                yield await self._stopped(work, telling)
        finally:
            try:
                await asyncio.shield(writing.stop())
            finally:  # also where the reader is cancelled once more meanwhile
                self._writing.pop(id, None)
                if telling is None:
                    await work.settle_stopped()
                elif not telling.ended:
                    await self._stopped(work, telling)

    def get(self, message_id: str) -> Telling | None:
        return self._by_id.get(message_id)

    def written_in(self, thread_id: str) -> list[Telling]:
        """The answers that are being written in a thread, in the order they began."""
        return [each for each in self._by_id.values() if each.thread_id == thread_id and not each.ended]

    async def stop(self, message_id: str) -> None:
        """End an answer, whoever has it written; what was written is kept."""
        writing = self._writing.get(message_id)
        if writing is not None:
            await writing.stop()

    async def stop_all(self) -> None:
        """End all that is being written; a tool that does not stop is not waited for longer than `PATIENCE`."""
        ends = [asyncio.create_task(writing.stop()) for writing in self._writing.values()]
        if ends:
            await asyncio.wait(ends, timeout=PATIENCE)

    async def _stopped(self, work: Written, telling: Telling) -> Answered:
        try:
            await work.settle_stopped()
        finally:
            told = Answered(work.message)
            telling.take(told)
        return told

    def _begin(self, asked: Asked) -> Telling:
        telling = self._by_id[asked.answer.id] = Telling(asked, self._most)
        ended = [name for name, each in self._by_id.items() if each.ended]
        for name in ended[: max(0, len(ended) - ENDED)]:
            del self._by_id[name]
        return telling
