"""Chat: threads, and from a question to an answer with its sources as one stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.chat import freshness, titles
from studio.engine.chat.answering import Answering
from studio.engine.chat.as_workflow import graph_of
from studio.engine.chat.attachments import Attachments
from studio.engine.chat.desk import Desk, Wanted
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
    Working,
)
from studio.engine.chat.phrases import Phrases
from studio.engine.chat.room import ThreadRoom
from studio.engine.chat.run_by_hand import RunByHand, asking_for
from studio.engine.chat.telling import Telling, Tellings
from studio.engine.chat.tools import Decision, Toolbox
from studio.engine.errors import BadParameter, BadState, NotFound, StudioError
from studio.engine.events import Events
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models
    from studio.engine.paths import Paths
    from studio.engine.sql.service import Sql
    from studio.engine.workflows.execution import Workflow
    from studio.engine.workflows.service import Workflows

__all__ = [
    "AnswerFailed", "Answered", "ApprovalWanted", "Asked", "Attachment", "Chat", "ChatEvent", "Message", "Piece", "Source",
    "SourcesFound", "Step", "Thread", "ThreadsChanged", "Worked", "Working",
]  # fmt: skip

LEAF = "leaf"


class Chat(ThreadRoom):
    """Threads and answers. Every piece of an answer is on disk before it is told."""

    def __init__(
        self, catalog: Catalog, events: Events, models: Models, knowledge: Knowledge, datasets: Datasets, sql: Sql,
        paths: Paths, workflows: Workflows | None = None,
    ) -> None:  # fmt: skip
        super().__init__(catalog, events)
        self._models, self._knowledge, self._datasets = models, knowledge, datasets
        self._workflows = workflows
        gatherer = Gatherer(knowledge, datasets, sql, models)
        self.attachments = Attachments(paths, models)
        self.toolbox = Toolbox(catalog, gatherer, knowledge, datasets, workflows)
        self._desk = Desk(self._threads, models, knowledge, gatherer, self.attachments, self.toolbox, Phrases(models))
        self._tellings = Tellings()
        self._titling = titles.Titling(models, self._threads, events)

    async def start(self) -> None:
        """Answers that a kill cut off count as stopped from now on; what has been in the trash for 30 days goes."""
        await self._threads.end_interrupted()
        await self.forget_old()

    async def close(self) -> None:
        """What is being written keeps its words and counts as stopped."""
        self._titling.give_way()
        await self._titling.ended()
        await self._tellings.stop_all()
        if self._taken:
            await self._threads.end_interrupted()

    def answering(self, thread_id: str) -> bool:
        """Whether an answer is being written in this thread now."""
        return thread_id in self._taken

    async def titled(self) -> None:
        """Wait until no title is being made."""
        await self._titling.ended()

    def telling(self, message_id: str) -> Telling | None:
        """What is told of an answer that is being written, by whomever, or was not long ago: to be followed from anywhere."""
        return self._tellings.get(message_id)

    def written_in(self, thread_id: str) -> list[Telling]:
        """What is told of the answers that are being written in a thread now: several where they stand side by side."""
        return self._tellings.written_in(thread_id)

    async def stop(self, message_id: str) -> Message:
        """End an answer, whoever has it written; what was written is kept. One that has ended stays as it is."""
        await self._tellings.stop(message_id)
        return await self._threads.message(message_id)

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
        """Answer a question in a thread: Asked, Working…, Worked…, SourcesFound, Piece…, then Answered or AnswerFailed.

        None takes the thread's own model, collections and datasets; `attachments` go along with this question. `parent_id`
        hangs the question under another message than the last one (None: a new beginning), which starts a branch: so a
        question is edited. To stop, cancel the task or close the generator: what was written is kept. Raises `BadParameter`
        for an empty question, `NotFound`, and `BadState` while another answer is being written in this thread.
        """
        if not question.strip():
            raise BadParameter(Text("The question is empty.", "问题是空的。"))
        thread = await self._threads.get(thread_id)
        asked = _question(thread, parent_id, question, attachments=list(attachments))
        wanted = Wanted.of(
            thread, model=model, knowledge=knowledge, datasets=datasets, temperature=temperature,
            max_tokens=max_tokens, chunks=chunks,
        )  # fmt: skip
        async with aclosing(self._written(thread, asked, lambda: self._begin(thread, asked, wanted))) as events:
            async for event in events:
                yield event
        if not self._taken:
            self._titling.soon(thread.id)

    async def run_workflow(
        self, thread_id: str, workflow: str, inputs: dict[str, Any] | None = None, *, parent_id: str | None = LEAF
    ) -> AsyncGenerator[ChatEvent, None]:
        """Run a workflow as a question of a thread; what it brings is the answer. The events are those of `ask`.

        To stop the run, close the generator. Raises `NotFound` for a workflow that is not there, and what `ask` raises.
        """
        thread = await self._threads.get(thread_id)
        if self._workflows is None:
            raise NotFound(Text(f"There is no workflow “{workflow}”.", f"没有名为“{workflow}”的工作流。"))
        words, step = asking_for(await self._workflows.get(workflow), inputs or {})
        asked = _question(thread, parent_id, words, steps=[step])
        wanted = Wanted.of(thread, knowledge=[], datasets=[])
        async with aclosing(self._written(thread, asked, lambda: self._begin(thread, asked, wanted))) as events:
            async for event in events:
                yield event

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
        wanted = Wanted.of(thread, model=model, temperature=temperature, max_tokens=max_tokens)

        async def begin() -> Answering:
            history = await self._threads.branch(thread.id, asked.parent_id, brief=True)
            answer = _answer(asked, beside=await self._shown_answer(thread, asked) if beside else "")
            work = self._work(thread, asked, answer, history, wanted)
            return await self._kept(work, self._threads.add_more(answer, leaf=not beside))

        async with aclosing(self._written(thread, asked, begin, beside)) as events:
            async for event in events:
                yield event

    async def go_on(
        self, thread_id: str, message_id: str, *, max_tokens: int | None = None
    ) -> AsyncGenerator[ChatEvent, None]:
        """Write on where an answer ended: stopped, cut off at its limit, or edited. A new version begins with its words."""
        thread = await self._threads.get(thread_id)
        old = await self.message_in(thread_id, message_id)
        asked = await self._question_of(thread, message_id)
        wanted = Wanted.of(thread, model=old.model, max_tokens=max_tokens)

        async def begin() -> Answering:
            history = await self._threads.branch(thread.id, asked.parent_id, brief=True)
            answer = _answer(asked, content=old.content, edited=old.edited)
            work = Answering(self._desk, thread, asked, answer, history, wanted, begun=old)
            return await self._kept(work, self._threads.add_more(answer))

        async with aclosing(self._written(thread, asked, begin)) as events:
            async for event in events:
                yield event

    async def save_as_workflow(self, thread_id: str) -> Workflow:
        """Keep a workflow that answers as the thread does: its collections, datasets, model and rules; its question is the
        default. What is gone by now is left out."""
        if self._workflows is None:
            raise NotFound(Text("There are no workflows here.", "这里没有工作流。"))
        thread = await self._threads.get(thread_id)
        asked = [each for each in await self.messages(thread_id) if each.role == "user" and not each.steps]
        used = Wanted.of(thread).with_attachments([each for message in asked for each in message.attachments])
        collections = {each.id for each in await self._knowledge.collections()}
        datasets = {each.id: each.name for each in await self._datasets.list()}
        model: Model | None = None
        with suppress(StudioError):
            model = await self._models.get(thread.model or "default")
        graph = graph_of(
            _free(thread.title, {each.name for each in await self._workflows.list()}),
            asked[0].content if asked else "",
            [each for each in used.knowledge if each in collections],
            [(each, datasets[each]) for each in used.datasets if each in datasets],
            model if thread.model or (model and model.demo) else None,
        )
        words = Text(f"As the chat “{thread.title}” answers.", f"与对话“{thread.title}”的回答方式相同。")
        return await self._workflows.create(graph.name, graph, f"{words.en} {words.zh}")

    def decide(self, approval_id: str, decision: Decision) -> None:
        """Say whether a tool may do what it asked for: "once", "thread" (from now on here), "always" or "no"."""
        self.toolbox.decide(approval_id, decision)

    async def ask_again(self) -> None:
        """Withdraw all leave that tools were given, for a thread or for always."""
        await self.toolbox.forget_always()
        for thread in await self.threads():
            if thread.allowed:
                await self.update(thread.id, allowed=[])

    async def changed(self, sources: Sequence[Source]) -> dict[int, Text]:
        """Which sources are no longer what the answer read, by number, and what became of them."""
        return await freshness.changed(self._knowledge, self._datasets, sources)

    async def rerun(self, thread_id: str, message_id: str, step: int, sql: str) -> Message:
        """Run the query of an answer's step again, as a person edited it; the card keeps what it finds.

        Raises what the query raises, and then the card stays as it was.
        """
        message = await self.message_in(thread_id, message_id)
        if not 0 <= step < len(message.steps) or message.steps[step].kind != "query":
            raise NotFound(Text(f"There is no query {step} in {message_id}.", f"{message_id} 中没有第 {step} 个查询。"))
        if message.status == "streaming":
            self._taken.at_rest(await self._threads.get(thread_id))
        fresh = await self._desk.gatherer.run_again(message.steps[step], sql)
        message = await self._threads.amend(
            message_id, lambda now: {"steps": [*now.steps[:step], fresh, *now.steps[step + 1 :]]}
        )
        self._events.publish(ThreadsChanged(message.thread_id))
        return message

    # While it is answered

    async def _written(
        self, thread: Thread, asked: Message, begin: Callable[[], Awaitable[Answering]], beside: bool = False
    ) -> AsyncGenerator[ChatEvent, None]:
        """The events of an answer that `begin` puts on disk, which can be followed once its thread is told to have changed. The
        thread is taken until then, and free before the last one is told: who hears it may ask on at once."""
        claim = self._taken.claim(thread, asked.id, beside)
        self._titling.give_way()
        try:
            async with aclosing(self._tellings.told(await begin())) as events:
                async for event in events:
                    if isinstance(event, Asked):
                        self._events.publish(ThreadsChanged(thread.id))
                    if isinstance(event, Answered | AnswerFailed):
                        self._taken.release(claim)
                    yield event
        finally:
            self._taken.release(claim)

    async def _begin(self, thread: Thread, asked: Message, wanted: Wanted) -> Answering:
        """Put the question on disk, or nothing at all."""
        history = await self._threads.branch(thread.id, asked.parent_id, brief=True)
        if asked.parent_id is not None and not history:
            raise NotFound(Text(f"There is no message {asked.parent_id}.", f"没有消息 {asked.parent_id}。"))
        answer = _answer(asked)
        work = self._work(thread, asked, answer, history, wanted)
        return await self._kept(work, self._threads.add(asked, answer, title=titles.of_question(asked.content)))

    def _work(
        self, thread: Thread, asked: Message, answer: Message, history: list[Message], wanted: Wanted
    ) -> Answering:
        """A question that has a step is a workflow to be run."""
        return (RunByHand if asked.steps else Answering)(self._desk, thread, asked, answer, history, wanted)

    async def _kept(self, work: Answering, adding: Awaitable[None]) -> Answering:
        """An answer that is on disk as it begins; where that is cancelled, it counts as stopped."""
        try:
            await adding
        except asyncio.CancelledError:
            await work.settle_stopped()
            raise
        return work

    async def _question_of(self, thread: Thread, message_id: str) -> Message:
        message = await self.message_in(thread.id, message_id)
        if message.role == "user":
            return message
        if message.parent_id is None:
            raise BadState(Text("This answer has no question.", "这条回答没有对应的问题。"))
        return await self.message_in(thread.id, message.parent_id)

    async def _shown_answer(self, thread: Thread, asked: Message) -> str:
        """The answer of the branch that is shown, which another one is written beside."""
        now = await self._threads.get(thread.id)
        branch = await self._threads.branch(thread.id, now.leaf_id)
        return next((each.id for each in branch if each.parent_id == asked.id), "")


def _question(thread: Thread, parent_id: str | None, words: str, **fields: Any) -> Message:
    return Message(
        id=ids.new("msg", 12), thread_id=thread.id, parent_id=thread.leaf_id if parent_id == LEAF else parent_id,
        role="user", content=words, created_at=time.time(), **fields,
    )  # fmt: skip


def _answer(asked: Message, **fields: Any) -> Message:
    """The empty answer to a question; always later than the question, however coarse the clock."""
    return Message(
        id=ids.new("msg", 12), thread_id=asked.thread_id, parent_id=asked.id, role="assistant", status="streaming",
        created_at=max(time.time(), asked.created_at), **fields,
    )  # fmt: skip


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(each for each in names if each not in taken)
