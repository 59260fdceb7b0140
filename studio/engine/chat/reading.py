"""Before a word is written: what goes along is read, collections are searched, datasets asked. Each has its card at once."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.engine.chat import attachments as attaching
from studio.engine.chat import saying
from studio.engine.chat.at_work import AtWork
from studio.engine.chat.context import room
from studio.engine.chat.evidence import Evidence
from studio.engine.chat.message import Attachment, ChatEvent, Message, Step, Tell, Worked, Working
from studio.engine.errors import StudioError

if TYPE_CHECKING:
    from studio.engine.chat.desk import Desk, Wanted
    from studio.engine.models.model import Model

Work = Callable[[Tell], Coroutine[Any, Any, Step]]


class Reading:
    """Fills `evidence`. `texts` is what goes in of attachments, by the source's number."""

    def __init__(self, desk: Desk, evidence: Evidence) -> None:
        self.texts: dict[int, str] = {}
        self._desk, self._evidence = desk, evidence

    async def events(self, asked: Message, wanted: Wanted, model: Model | None) -> AsyncGenerator[ChatEvent, None]:
        """`Working` from the moment that something is begun, then `Worked` with what it brought."""
        if await self._needless(asked, wanted):
            yield Worked(self._evidence.add(saying.small_talk()))
            return
        async for begun, work in self._all(asked, wanted, model):
            run = AtWork(begun, work, self._evidence.add)
            async with aclosing(run.cards()) as cards:
                async for card in cards:
                    yield Working(card)
            yield Worked(run.result())

    async def _needless(self, asked: Message, wanted: Wanted) -> bool:
        """Whether a message is small talk, with nothing beside it but what the whole thread may use."""
        could = (wanted.knowledge or wanted.datasets) and not asked.attachments
        return bool(could) and await self._desk.phrases.is_small_talk(asked.content)

    async def _all(self, asked: Message, wanted: Wanted, model: Model | None) -> AsyncIterator[tuple[Step, Work]]:
        question, gatherer, evidence = asked.content, self._desk.gatherer, self._evidence
        for attachment in asked.attachments:
            if attachment.kind in ("file", "document"):
                yield saying.attaching(attachment), self._read(attachment, question, model)
        if wanted.knowledge:
            searching = await gatherer.to_search(wanted.knowledge)
            yield searching, lambda _: gatherer.search(question, wanted.knowledge, evidence, wanted.chunks)
        if wanted.datasets:
            querying = await gatherer.to_query(wanted.datasets)

            async def query(tell: Tell) -> Step:
                written = partial(saying.writing_query, querying, tell)
                return await gatherer.query(question, wanted.datasets, model, evidence, written)

            yield querying, query

    def _read(self, attachment: Attachment, question: str, model: Model | None) -> Work:
        async def work(_tell: Tell) -> Step:
            return await self._attach(attachment, question, model)

        return work

    async def _attach(self, attachment: Attachment, question: str, model: Model | None) -> Step:
        """A text that goes along, whole or by its passages; whole only where it fits, and that is said."""
        evidence, shelf, began = self._evidence, self._desk.attachments, time.monotonic()
        try:
            pages = await shelf.pages(attachment, self._desk.knowledge)
            fits = model is None or attachment.tokens <= room(model) // 2
            whole = attachment.mode == "whole" and fits
            parts = attaching.whole(pages) if whole else await shelf.passages(attachment, pages, question)
        except StudioError as error:
            return evidence.add(saying.not_attached(attachment, error))
        for part in parts:
            number = evidence.next_number()
            evidence.sources.append(attaching.as_source(attachment, part, number))
            self.texts[number] = part.text
        seconds = time.monotonic() - began
        return evidence.add(saying.attached(attachment, len(parts), whole, fits, seconds))
