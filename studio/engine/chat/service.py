"""Chat: threads, and from a question to an answer with its sources as one stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.chat import freshness, titles
from studio.engine.chat.answering import Answering, Desk, Wanted
from studio.engine.chat.attachments import Attachments
from studio.engine.chat.gather import Gatherer
from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    ApprovalWanted,
    Asked,
    Attachment,
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
from studio.engine.chat.room import ThreadRoom
from studio.engine.chat.tools import Decision, Toolbox
from studio.engine.errors import BadParameter, BadState, NotFound, StudioError
from studio.engine.events import Events
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.service import Models
    from studio.engine.paths import Paths
    from studio.engine.sql.service import Sql
    from studio.engine.workflows.service import Workflows

__all__ = [
    "AnswerFailed", "Answered", "ApprovalWanted", "Asked", "Attachment", "Chat", "ChatEvent", "Message", "Piece", "Source",
    "SourcesFound", "Step", "Thread", "ThreadsChanged", "Worked",
]  # fmt: skip

TITLE = 100  # characters of a question that become its thread's title
LEAF = "leaf"


class Chat(ThreadRoom):
    """Threads and answers. Every piece of an answer is on disk before it is told."""

    def __init__(
        self, catalog: Catalog, events: Events, models: Models, knowledge: Knowledge, datasets: Datasets, sql: Sql,
        paths: Paths, workflows: Workflows | None = None,
    ) -> None:  # fmt: skip
        super().__init__(catalog, events)
        self._models, self._knowledge, self._datasets, self._sql = models, knowledge, datasets, sql
        gatherer = Gatherer(knowledge, datasets, sql, models)
        self.attachments = Attachments(paths, models)
        self.toolbox = Toolbox(catalog, gatherer, knowledge, datasets, workflows)
        self._desk = Desk(self._threads, models, knowledge, gatherer, self.attachments, self.toolbox)
        self._titling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answers that a kill cut off count as stopped from now on; what has been in the trash for 30 days goes."""
        await self._threads.end_interrupted()
        await self.forget_old()

    async def close(self) -> None:
        """What is being written keeps its words and counts as stopped."""
        await self._stop_titling()
        if self._answering:
            await self._threads.end_interrupted()

    def answering(self, thread_id: str) -> bool:
        """Whether an answer is being written in this thread now."""
        return bool(self._answering.get(thread_id))

    async def ask(
        self,
        thread_id: str,
        question: str,
        *,
        model: str | None = None,
        knowledge: Sequence[str] | None = None,
        datasets: Sequence[str] | None = None,
        attachments: Sequence[Attachment] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        chunks: int | None = None,
        parent_id: str | None = LEAF,
    ) -> AsyncGenerator[ChatEvent, None]:
        """Answer a question in a thread: Asked, Worked…, SourcesFound, Piece…, then Answered or AnswerFailed.

        None takes the thread's own model, collections and datasets; `attachments` go along with this question. `parent_id`
        hangs the question under another message than the last one (None: a new beginning), which starts a branch: so a
        question is edited. To stop, cancel the task or close the generator: what was written is kept. Raises `BadParameter`
        for an empty question, `NotFound`, and `BadState` while another answer is being written in this thread.
        """
        if not question.strip():
            raise BadParameter(Text("The question is empty.", "问题是空的。"))
        thread = await self._threads.get(thread_id)
        self._at_rest(thread)
        parent = thread.leaf_id if parent_id == LEAF else parent_id
        asked = _question(thread.id, parent, question, list(attachments))
        self._claim(thread, asked.id)
        try:
            wanted = _wanted(thread, model, knowledge, datasets, temperature, max_tokens, chunks)
            work = await self._begin(thread, asked, wanted)
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._release(thread, asked.id)
        self._title_soon(thread.id)

    async def answer_again(
        self, thread_id: str, message_id: str, *, model: str | None = None, beside: bool = False,
        temperature: float | None = None, max_tokens: int | None = None,
    ) -> AsyncGenerator[ChatEvent, None]:  # fmt: skip
        """Another answer to a question (or to that of an answer): a version of it, with the events of `ask`.

        With `beside` it is written side by side with the one that is shown, which may still be under way, and does not
        take its place; `switch` chooses it.
        """
        thread = await self._threads.get(thread_id)
        asked = await self._question_of(thread, message_id)
        if not beside or self._answering.get(thread.id, {asked.id}) != {asked.id}:
            self._at_rest(thread)
        self._claim(thread, asked.id, beside)
        try:
            history = await self._threads.branch(thread.id, asked.parent_id)
            pair = await self._shown_answer(thread, asked) if beside else ""
            answer = _answer(asked, beside=pair)
            wanted = _wanted(thread, model, None, None, temperature, max_tokens, None)
            work = Answering(self._desk, thread, asked, answer, history, wanted)
            await self._add(work, self._threads.add_more(answer, leaf=not beside))
            self._events.publish(ThreadsChanged(thread.id))
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._release(thread, asked.id, beside)

    async def go_on(
        self, thread_id: str, message_id: str, *, max_tokens: int | None = None
    ) -> AsyncGenerator[ChatEvent, None]:
        """Write on where an answer ended: stopped, cut off at its limit, or edited. A new version begins with its words."""
        thread = await self._threads.get(thread_id)
        self._at_rest(thread)
        old = await self._message(thread_id, message_id)
        asked = await self._question_of(thread, message_id)
        self._claim(thread, asked.id)
        try:
            history = await self._threads.branch(thread.id, asked.parent_id)
            answer = _answer(asked).model_copy(update={"content": old.content, "edited": old.edited})
            wanted = _wanted(thread, old.model or None, None, None, None, max_tokens, None)
            work = Answering(self._desk, thread, asked, answer, history, wanted, begun=old)
            await self._add(work, self._threads.add_more(answer))
            self._events.publish(ThreadsChanged(thread.id))
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._release(thread, asked.id)

    def decide(self, approval_id: str, decision: Decision) -> None:
        """Say whether a tool may do what it asked for: "once", "thread" (from now on here), "always" or "no"."""
        self.toolbox.decide(approval_id, decision)

    async def changed(self, sources: Sequence[Source]) -> dict[int, Text]:
        """Which sources are no longer what the answer read, by number, and what became of them."""
        return await freshness.changed(self._knowledge, self._datasets, sources)

    async def rerun(self, message_id: str, step: int, sql: str) -> Message:
        """Run the query of an answer's step again, as a person edited it; the card keeps what it finds.

        Raises what the query raises, and then the card stays as it was.
        """
        message = await self._threads.message(message_id)
        if not 0 <= step < len(message.steps) or message.steps[step].kind != "query":
            raise NotFound(Text(f"There is no query {step} in {message_id}.", f"{message_id} 中没有第 {step} 个查询。"))
        fresh = await self._desk.gatherer.run_again(message.steps[step], sql)
        steps = [*message.steps[:step], fresh, *message.steps[step + 1 :]]
        message = message.model_copy(update={"steps": steps})
        await self._threads.keep(message)
        self._events.publish(ThreadsChanged(message.thread_id))
        return message

    # While it is answered

    def _claim(self, thread: Thread, question_id: str, beside: bool = False) -> None:
        if self._titling is not None:
            self._titling.cancel()  # the model is wanted for something better
        self._answering.setdefault(thread.id, set()).add(question_id + "+" * beside)

    def _release(self, thread: Thread, question_id: str, beside: bool = False) -> None:
        there = self._answering.get(thread.id, set())
        there.discard(question_id + "+" * beside)
        if not there:
            self._answering.pop(thread.id, None)
        self._events.publish(ThreadsChanged(thread.id))

    async def _begin(self, thread: Thread, asked: Message, wanted: Wanted) -> Answering:
        """Put the question on disk, or nothing at all."""
        history = await self._threads.branch(thread.id, asked.parent_id)
        if asked.parent_id is not None and not history:
            raise NotFound(Text(f"There is no message {asked.parent_id}.", f"没有消息 {asked.parent_id}。"))
        answer = _answer(asked)
        work = Answering(self._desk, thread, asked, answer, history, wanted)
        await self._add(work, self._threads.add(asked, answer, title=_title(asked.content)))
        self._events.publish(ThreadsChanged(thread.id))
        return work

    async def _add(self, work: Answering, adding: Any) -> None:
        try:
            await adding
        except asyncio.CancelledError:
            await work.settle_stopped()
            raise

    async def _question_of(self, thread: Thread, message_id: str) -> Message:
        message = await self._message(thread.id, message_id)
        if message.role == "user":
            return message
        if message.parent_id is None:
            raise BadState(Text("This answer has no question.", "这条回答没有对应的问题。"))
        return await self._message(thread.id, message.parent_id)

    async def _shown_answer(self, thread: Thread, asked: Message) -> str:
        """The answer of the branch that is shown, which another one is written beside."""
        now = await self._threads.get(thread.id)
        branch = await self._threads.branch(thread.id, now.leaf_id)
        return next((each.id for each in branch if each.parent_id == asked.id), "")

    # Titles

    def _title_soon(self, thread_id: str) -> None:
        """Have the model name a thread that is called as its question, once nobody waits for it."""
        if not self._answering:
            self._titling = asyncio.create_task(self._give_title(thread_id), name="title of a thread")

    async def _give_title(self, thread_id: str) -> None:
        with suppress(StudioError):
            thread = await self._threads.get(thread_id)
            if thread.title_by != "question":
                return
            title = await titles.made(self._models, thread, await self.messages(thread_id))
            if title:
                await self._threads.name(thread_id, title)
                self._events.publish(ThreadsChanged(thread_id))

    async def titled(self) -> None:
        """Wait until no title is being made."""
        if self._titling is not None:
            await asyncio.wait([self._titling])

    async def _stop_titling(self) -> None:
        if self._titling is not None:
            self._titling.cancel()
            await asyncio.wait([self._titling])


def _wanted(
    thread: Thread, model: str | None, knowledge: Sequence[str] | None, datasets: Sequence[str] | None,
    temperature: float | None, max_tokens: int | None, chunks: int | None,
) -> Wanted:  # fmt: skip
    return Wanted(
        model or thread.model or "default",
        list(thread.knowledge if knowledge is None else knowledge),
        list(thread.datasets if datasets is None else datasets),
        temperature,
        max_tokens,
        chunks,
        list(thread.tools),
    )


def _question(thread_id: str, parent_id: str | None, words: str, attachments: list[Attachment]) -> Message:
    return Message(
        id=ids.new("msg", 12), thread_id=thread_id, parent_id=parent_id, role="user", content=words,
        attachments=attachments, created_at=time.time(),
    )  # fmt: skip


def _answer(asked: Message, beside: str = "") -> Message:
    """The empty answer to a question; always later than the question, however coarse the clock."""
    return Message(
        id=ids.new("msg", 12), thread_id=asked.thread_id, parent_id=asked.id, role="assistant", status="streaming",
        beside=beside, created_at=max(time.time(), asked.created_at),
    )  # fmt: skip


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= TITLE else words[: TITLE - 1].rstrip() + "…"
