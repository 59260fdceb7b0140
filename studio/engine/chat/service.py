"""Chat: threads, and from a question to an answer with its sources as one stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.chat.answering import Answering, Desk, Wanted
from studio.engine.chat.gather import Gatherer
from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    Asked,
    ChatEvent,
    Message,
    Piece,
    Source,
    SourcesFound,
    Step,
    Thread,
    ThreadsChanged,
    Worked,
)
from studio.engine.chat.store import Threads
from studio.engine.errors import BadParameter, BadState, NotFound
from studio.engine.events import Events
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.service import Models
    from studio.engine.sql.service import Sql

__all__ = [
    "AnswerFailed", "Answered", "Asked", "Chat", "ChatEvent", "Message", "Piece", "Source", "SourcesFound", "Step",
    "Thread", "ThreadsChanged", "Worked",
]  # fmt: skip

TITLE = 100  # characters of a question that become its thread's title
LEAF = "leaf"
CHANGEABLE = frozenset(["title", "pinned", "model", "knowledge", "datasets"])


class Chat:
    """Threads and answers. Every piece of an answer is on disk before it is told."""

    def __init__(
        self, catalog: Catalog, events: Events, models: Models, knowledge: Knowledge, datasets: Datasets, sql: Sql
    ) -> None:
        self._threads = Threads(catalog)
        self._events = events
        self._desk = Desk(self._threads, models, knowledge, Gatherer(knowledge, datasets, sql, models))
        self._answering: set[str] = set()

    async def start(self) -> None:
        """Answers that a kill cut off count as stopped from now on."""
        await self._threads.end_interrupted()

    async def close(self) -> None:
        """What is being written keeps its words and counts as stopped."""
        if self._answering:
            await self._threads.end_interrupted()

    async def threads(self) -> list[Thread]:
        """Newest first, without those in the trash."""
        return await self._threads.list()

    async def threads_about(self, dataset_id: str) -> list[Thread]:
        """Those that have a dataset beside them, or whose answers rest on its rows; newest first."""
        return await self._threads.about(dataset_id)

    async def thread(self, thread_id: str) -> Thread:
        """Raises `NotFound`, also for one in the trash."""
        return await self._threads.get(thread_id)

    def answering(self, thread_id: str) -> bool:
        """Whether an answer is being written in this thread now."""
        return thread_id in self._answering

    async def create(
        self, title: str = "", model: str = "", knowledge: Sequence[str] = (), datasets: Sequence[str] = ()
    ) -> Thread:
        """A new thread; without a title it takes the first question's."""
        thread = await self._threads.create(
            title=title, model=model, knowledge=list(knowledge), datasets=list(datasets)
        )
        self._events.publish(ThreadsChanged(thread.id))
        return thread

    async def update(self, thread_id: str, **fields: Any) -> Thread:
        """Change title, pinned, model, knowledge or datasets."""
        wrong = ", ".join(sorted(set(fields) - CHANGEABLE))
        if wrong:
            raise BadParameter(Text(f"A thread has no {wrong}.", f"对话没有 {wrong}。"))
        await self._threads.get(thread_id)
        if fields:
            await self._threads.change(thread_id, **fields)
            self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def delete(self, thread_id: str) -> None:
        """To the trash, from where `restore` brings it back for 30 days."""
        await self._threads.get(thread_id)
        await self._threads.change(thread_id, deleted_at=time.time())
        self._events.publish(ThreadsChanged(thread_id))

    async def restore(self, thread_id: str) -> Thread:
        """Back from the trash."""
        await self._threads.change(thread_id, deleted_at=None)
        self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def messages(self, thread_id: str) -> list[Message]:
        """The branch that is shown, from its first message to its leaf."""
        thread = await self._threads.get(thread_id)
        return await self._threads.branch(thread_id, thread.leaf_id)

    async def ask(
        self,
        thread_id: str,
        question: str,
        *,
        model: str | None = None,
        knowledge: Sequence[str] | None = None,
        datasets: Sequence[str] | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        parent_id: str | None = LEAF,
    ) -> AsyncGenerator[ChatEvent, None]:
        """Answer a question in a thread: Asked, Worked…, SourcesFound, Piece…, then Answered or AnswerFailed.

        None takes the thread's own model, collections and datasets. `parent_id` hangs the question under another message
        than the last one (None: a new beginning), which starts a branch: so a question is asked again. To stop, cancel the
        task or close the generator: what was written is kept. Raises `BadParameter` for an empty question, `NotFound`,
        and `BadState` while another answer is being written in this thread.
        """
        if not question.strip():
            raise BadParameter(Text("The question is empty.", "问题是空的。"))
        thread = await self._threads.get(thread_id)
        self._claim(thread)
        try:
            parent = thread.leaf_id if parent_id == LEAF else parent_id
            work = await self._begin(thread, question, parent, Wanted(
                model or thread.model or "default",
                list(thread.knowledge if knowledge is None else knowledge),
                list(thread.datasets if datasets is None else datasets),
                temperature,
                max_tokens,
            ))  # fmt: skip
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._answering.discard(thread.id)
            self._events.publish(ThreadsChanged(thread.id))

    def _claim(self, thread: Thread) -> None:
        if thread.id in self._answering:
            raise BadState(
                Text(f"“{thread.title}” is still being answered.", f"“{thread.title}”仍在回答中。"),
                Text("Wait for the end or stop it.", "请等待回答结束，或先停止。"),
            )
        self._answering.add(thread.id)

    async def _begin(self, thread: Thread, question: str, parent_id: str | None, wanted: Wanted) -> Answering:
        """Put the question on disk, or nothing at all."""
        history = await self._threads.branch(thread.id, parent_id)
        if parent_id is not None and not history:
            raise NotFound(Text(f"There is no message {parent_id}.", f"没有消息 {parent_id}。"))
        asked, answer = _pair(thread.id, parent_id, question)
        work = Answering(self._desk, asked, answer, history, wanted)
        try:
            await self._threads.add(asked, answer, title=_title(question))
        except asyncio.CancelledError:
            await work.settle_stopped()
            raise
        self._events.publish(ThreadsChanged(thread.id))
        return work


def _pair(thread_id: str, parent_id: str | None, question: str) -> tuple[Message, Message]:
    """The question and its empty answer."""
    now = time.time()
    asked = Message(
        id=ids.new("msg", 12), thread_id=thread_id, parent_id=parent_id, role="user", content=question, created_at=now
    )
    answer = Message(
        id=ids.new("msg", 12), thread_id=thread_id, parent_id=asked.id, role="assistant", status="streaming",
        created_at=now,
    )  # fmt: skip
    return asked, answer


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= TITLE else words[: TITLE - 1].rstrip() + "…"
