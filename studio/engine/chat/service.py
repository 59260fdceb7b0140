"""Chat: from a question to an answer with its sources, as one stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.chat import citations, prompt
from studio.engine.chat.gather import Evidence, Gatherer
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
from studio.engine.datasets.service import Datasets
from studio.engine.errors import BadParameter, StudioError, from_unexpected
from studio.engine.events import Events
from studio.engine.knowledge.service import Knowledge
from studio.engine.models.service import Model, Models
from studio.engine.sql.service import Sql
from studio.engine.text import Text, plural

__all__ = [
    "AnswerFailed", "Answered", "Asked", "Chat", "ChatEvent", "Message", "Piece", "Source", "SourcesFound", "Step",
    "Thread", "ThreadsChanged", "Worked",
]  # fmt: skip

FLUSH = 0.05  # seconds of words that go to disk and to the reader together
ANSWER_TOKENS = 512
TITLE = 60


class Chat:
    """Threads and answers. Every piece of an answer is on disk before it is told."""

    def __init__(
        self, catalog: Catalog, events: Events, models: Models, knowledge: Knowledge, datasets: Datasets, sql: Sql
    ) -> None:
        self._threads = Threads(catalog)
        self._events = events
        self._models = models
        self._knowledge = knowledge
        self._gatherer = Gatherer(knowledge, datasets, sql)

    async def start(self) -> None:
        await self._threads.end_interrupted()

    async def close(self) -> None:
        """Nothing is held between questions."""

    async def threads(self) -> list[Thread]:
        return await self._threads.list()

    async def thread(self, thread_id: str) -> Thread:
        return await self._threads.get(thread_id)

    async def create(
        self, title: str = "", model: str = "", knowledge: list[str] | None = None, datasets: list[str] | None = None
    ) -> Thread:
        thread = await self._threads.create(
            title=title, model=model, knowledge=list(knowledge or []), datasets=list(datasets or [])
        )
        self._events.publish(ThreadsChanged(thread.id))
        return thread

    async def update(self, thread_id: str, **fields: Any) -> Thread:
        """Change title, pinned, model, knowledge or datasets."""
        wrong = set(fields) - {"title", "pinned", "model", "knowledge", "datasets"}
        if wrong:
            raise BadParameter(
                Text(f"A thread has no {', '.join(sorted(wrong))}.", f"对话没有 {', '.join(sorted(wrong))}。")
            )
        await self._threads.get(thread_id)
        await self._threads.change(thread_id, **fields)
        self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def delete(self, thread_id: str) -> None:
        """To the trash, from where `restore` brings it back for 30 days."""
        await self._threads.get(thread_id)
        await self._threads.change(thread_id, deleted_at=time.time())
        self._events.publish(ThreadsChanged(thread_id))

    async def restore(self, thread_id: str) -> Thread:
        await self._threads.change(thread_id, deleted_at=None)
        self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def messages(self, thread_id: str) -> list[Message]:
        """The branch that is shown, from its first message to its leaf."""
        return await self._threads.branch(await self._threads.get(thread_id))

    async def ask(
        self,
        thread_id: str,
        question: str,
        *,
        model: str | None = None,
        knowledge: list[str] | None = None,
        datasets: list[str] | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> AsyncIterator[ChatEvent]:
        """Answer a question in a thread: Asked, Worked…, SourcesFound, Piece…, then Answered or AnswerFailed.

        None takes the thread's own model, collections and datasets. To stop, cancel the task or close the generator: what
        was written is kept.
        """
        if not question.strip():
            raise BadParameter(Text("The question is empty.", "问题是空的。"))
        thread = await self._threads.get(thread_id)
        history = await self._threads.branch(thread)
        asked, answer = _pair(thread, question)
        await self._threads.add(asked, answer)
        if not thread.title:
            await self._threads.change(thread.id, title=_title(question))
        self._events.publish(ThreadsChanged(thread.id))
        work = _Answer(self, answer, question, history)
        try:
            yield Asked(asked, answer)
            async for event in self._gather(
                work,
                thread.knowledge if knowledge is None else knowledge,
                thread.datasets if datasets is None else datasets,
            ):
                yield event
            async for event in self._write(work, model or thread.model or "default", temperature, max_tokens):
                yield event
            yield Answered(work.message)
        except StudioError as error:
            yield await self._fail(work, error)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except Exception as error:
            yield await self._fail(work, from_unexpected(error))
        finally:
            await self._settle_stopped(work)
            self._events.publish(ThreadsChanged(thread.id))

    async def _gather(self, work: _Answer, knowledge: list[str], datasets: list[str]) -> AsyncIterator[ChatEvent]:
        evidence = work.evidence
        if knowledge:
            yield Worked(await self._gatherer.search(work.question, knowledge, evidence))
        step = await self._gatherer.query(work.question, datasets, evidence) if datasets else None
        if step:
            yield Worked(step)
        work.message = work.message.model_copy(update={"sources": evidence.sources, "steps": evidence.steps})
        await self._threads.keep(work.message)
        if evidence.sources:
            yield SourcesFound(evidence.sources)

    async def _write(
        self, work: _Answer, name: str, temperature: float | None, max_tokens: int | None
    ) -> AsyncIterator[ChatEvent]:
        model = await self._models.get(name)
        work.message = work.message.model_copy(update={"model": model.name})
        messages, left_out = await self._prompt(work, model)
        if left_out is not None:
            work.evidence.steps.append(left_out)
            yield Worked(left_out)
        usual = 0.0 if model.demo else None
        stream = self._models.chat(
            model.id,
            messages,
            temperature=usual if temperature is None else temperature,
            max_tokens=max_tokens or ANSWER_TOKENS,
        )
        async for words in _flushed(stream, work):
            await self._threads.append(work.message.id, words)
            work.message = work.message.model_copy(update={"content": work.message.content + words})
            yield Piece(words)
        await self._finish(work)

    async def _prompt(self, work: _Answer, model: Model) -> tuple[list[dict[str, Any]], Step | None]:
        """The model's messages, with as many sources as its context holds; what was left out is said."""
        sources = list(work.evidence.sources)
        texts = {source.number: await self._text(source) for source in sources}
        room = (model.context_length or 4096) - ANSWER_TOKENS
        while True:
            messages = prompt.build(work.question, work.history, sources, texts, model.demo)
            words = "\n".join(str(message["content"]) for message in messages)
            if len(sources) <= 1 or len(words) / 2 < room or await self._models.count_tokens(model.id, words) <= room:
                break
            drop = next((source for source in reversed(sources) if source.kind == "page"), sources[-1])
            sources.remove(drop)
        count = len(work.evidence.sources) - len(sources)
        if not count:
            return messages, None
        title = Text(f"Left out {plural(count, 'source', 'sources')}", f"省略 {count} 个来源")
        detail = Text(f"The model's context holds {room:,} tokens.", f"模型上下文可容纳 {room:,} 个词元。")
        return messages, Step(kind="context", title=title, detail=detail)

    async def _text(self, source: Source) -> str:
        """The whole chunk around a quote, for models that can use it."""
        if source.kind == "rows":
            return f"{source.quote}\n(from the query: {source.sql})"
        page = await self._knowledge.page_text(source.document_id, source.page)
        return page[max(0, source.start - 500) : source.end + 500]

    async def _finish(self, work: _Answer) -> None:
        """Check the citations, say which figures no source has, and keep the whole."""
        content, sources = citations.settle(work.message.content, work.evidence.sources)
        strange = citations.unsupported_numbers(content, sources, work.question) if sources else []
        if strange:
            figures = ", ".join(strange[:6])
            title = Text(f"Not in the sources: {figures}", f"来源中没有：{figures}")
            detail = Text("Check these figures before you use them.", "使用这些数字前请先核对。")
            work.evidence.steps.append(Step(kind="check", title=title, detail=detail))
        update = {
            "content": content,
            "sources": sources,
            "steps": work.evidence.steps,
            "status": "done",
            "usage": work.usage,
        }
        work.message = work.message.model_copy(update=update)
        await self._threads.keep(work.message)

    async def _fail(self, work: _Answer, error: StudioError) -> AnswerFailed:
        work.message = work.message.model_copy(update={"status": "failed", "error": error.as_dict()})
        await self._threads.keep(work.message)
        return AnswerFailed(error, work.message)

    async def _settle_stopped(self, work: _Answer) -> None:
        if work.message.status == "streaming":
            work.message = work.message.model_copy(update={"status": "stopped"})
            await asyncio.shield(self._threads.keep(work.message))


class _Answer:
    """An answer while it is made."""

    def __init__(self, chat: Chat, message: Message, question: str, history: list[Message]) -> None:
        self.message = message
        self.question = question
        self.history = history
        self.evidence = Evidence()
        self.usage: dict[str, Any] = {}


async def _flushed(stream: AsyncIterator[Any], work: _Answer) -> AsyncIterator[str]:
    """The words of a model's stream, joined so that there are at most 20 pieces a second."""
    began = time.monotonic()
    words, flushed = "", began
    first = 0.0
    try:
        async for piece in stream:
            if piece.text and not first:
                first = time.monotonic() - began
            words += piece.text
            if piece.usage is not None:
                work.usage = {**_plain(piece.usage)}
            if words and time.monotonic() - flushed >= FLUSH:
                yield words
                words, flushed = "", time.monotonic()
        if words:
            yield words
            words = ""
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
    seconds = time.monotonic() - began
    work.usage |= {"seconds": round(seconds, 3), "first_token_seconds": round(first, 3)}


def _plain(usage: Any) -> dict[str, Any]:
    return (
        dict(usage)
        if isinstance(usage, dict)
        else {key: getattr(usage, key) for key in type(usage).__dataclass_fields__}
        if hasattr(type(usage), "__dataclass_fields__")
        else usage.model_dump()
    )


def _pair(thread: Thread, question: str) -> tuple[Message, Message]:
    """The question and its empty answer, hung under the thread's leaf."""
    now = time.time()
    asked = Message(
        id=ids.new("msg", 12),
        thread_id=thread.id,
        parent_id=thread.leaf_id,
        role="user",
        content=question,
        created_at=now,
    )
    answer = Message(
        id=ids.new("msg", 12),
        thread_id=thread.id,
        parent_id=asked.id,
        role="assistant",
        status="streaming",
        created_at=now,
    )
    return asked, answer


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= TITLE else words[: TITLE - 1].rstrip() + "…"
