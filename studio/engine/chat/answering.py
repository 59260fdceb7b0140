"""One answer while it is made: gather, write, check. Each piece is on disk before it is told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    Worked,
)
from studio.engine.chat.store import Threads
from studio.engine.errors import StudioError, from_unexpected
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models

log = logging.getLogger(__name__)
FLUSH = 0.05  # seconds of words that go to disk and to the reader together
ANSWER_TOKENS = 512
TEMPLATE_TOKENS = 64  # what a chat template puts around the messages, at most
AROUND = 500  # characters before and after a quote that a model reads with it


@dataclass(frozen=True)
class Desk:
    """The rooms that an answer is made with."""

    threads: Threads
    models: Models
    knowledge: Knowledge
    gatherer: Gatherer


@dataclass(frozen=True)
class Wanted:
    """What a question may use; `temperature` None leaves it to the model's own."""

    model: str
    knowledge: list[str]
    datasets: list[str]
    temperature: float | None = None
    max_tokens: int | None = None


class Answering:
    """An answer from its question to its end; `message` is what is on disk."""

    def __init__(self, desk: Desk, asked: Message, answer: Message, history: list[Message], wanted: Wanted) -> None:
        self.message = answer
        self._desk = desk
        self._asked = asked
        self._history = history
        self._wanted = wanted
        self._evidence = Evidence()
        self._texts: dict[int, str] = {}

    async def events(self) -> AsyncGenerator[ChatEvent, None]:
        """Closing it, or cancelling whoever reads it, keeps what was written as a stopped answer."""
        try:
            yield Asked(self._asked, self.message)
            async with aclosing(self._work()) as events:
                async for event in events:
                    yield event
        except StudioError as error:
            yield await self._failed(error)
        except Exception as error:
            log.exception("an answer failed")
            yield await self._failed(from_unexpected(error))
        finally:
            await self.settle_stopped()

    async def settle_stopped(self) -> None:
        """Keep what there is of an answer that came to no end."""
        if self.message.status == "streaming":
            self._now(status="stopped", steps=self._evidence.steps)
            await asyncio.shield(self._desk.threads.keep_or_hold(self.message))

    async def _work(self) -> AsyncGenerator[ChatEvent, None]:
        model = await self._model()
        async with aclosing(self._gather(None if isinstance(model, StudioError) else model)) as found:
            async for event in found:
                yield event
        if isinstance(model, StudioError):
            raise model
        async with aclosing(self._write(model)) as written:
            async for event in written:
                yield event
        yield await self._finished()

    async def _model(self) -> Model | StudioError:
        """Without a model the sources are still gathered, so an error waits until then."""
        try:
            return await self._desk.models.get(self._wanted.model)
        except StudioError as error:
            return error

    async def _gather(self, model: Model | None) -> AsyncGenerator[ChatEvent, None]:
        question, gatherer, evidence = self._asked.content, self._desk.gatherer, self._evidence
        if self._wanted.knowledge:
            yield Worked(await gatherer.search(question, self._wanted.knowledge, evidence))
        if self._wanted.datasets:
            step = await gatherer.query(question, self._wanted.datasets, model, evidence)
            if step is not None:
                yield Worked(step)
        self._now(sources=evidence.sources, steps=evidence.steps)
        await self._desk.threads.keep(self.message)
        if evidence.sources:
            yield SourcesFound(evidence.sources)

    async def _write(self, model: Model) -> AsyncGenerator[ChatEvent, None]:
        self._now(model=model.name)
        messages, left_out = await self._prompt(model)
        if left_out is not None:
            self._evidence.steps.append(left_out)
            yield Worked(left_out)
        usual = 0.0 if model.demo else None
        temperature = usual if self._wanted.temperature is None else self._wanted.temperature
        most = self._most_tokens(model)
        stream: Any = self._desk.models.chat(model.id, messages, temperature=temperature, max_tokens=most)
        async with aclosing(_Stream(stream, self)) as pieces:
            async for piece in pieces:
                self._now(content=self.message.content + piece.text)
                await self._desk.threads.append(self.message.id, piece.text)
                yield piece

    def _most_tokens(self, model: Model) -> int:
        usual = prompt.SMALL_TOKENS if model.demo and self._evidence.sources else ANSWER_TOKENS
        return self._wanted.max_tokens or usual

    async def _prompt(self, model: Model) -> tuple[prompt.Messages, Step | None]:
        """The model's messages with as much as its context holds, and a step that says what was left out."""
        given = prompt.for_small(self._evidence.sources) if model.demo else list(self._evidence.sources)
        self._texts = {source.number: await self._text(source) for source in given}
        if model.demo:
            return prompt.build_small(self._asked.content, given), _told_few(model, given, self._evidence.sources)
        history = list(self._history)
        room = _room(model) - self._most_tokens(model) - TEMPLATE_TOKENS
        while True:
            messages = prompt.build(self._asked.content, history, given, self._texts)
            if await self._fits(model, messages, room) or (len(given) <= 1 and not history):
                break
            if history:
                history = history[2:]
            else:
                given.remove(_least(given))
        return messages, _left_out(room, len(self._evidence.sources) - len(given), len(self._history) - len(history))

    async def _fits(self, model: Model, messages: prompt.Messages, room: int) -> bool:
        """No token is shorter than a byte, so counting is only needed for long prompts."""
        words = "\n".join(str(message["content"]) for message in messages)
        return len(words.encode()) <= room or await self._desk.models.count_tokens(model.id, words) <= room

    async def _text(self, source: Source) -> str:
        """What a model reads of a source: the page around the quote, or the rows in words and their query."""
        if source.kind == "rows":
            return f"{source.quote}\n(from the query: {source.sql})"
        try:
            page = await self._desk.knowledge.page_text(source.document_id, source.page)
        except StudioError:  # deleted since it was found
            return source.quote
        return page[max(0, source.start - AROUND) : source.end + AROUND]

    async def _finished(self) -> Answered:
        """Check the citations, say which figures no source has, and keep the whole."""
        sources = self._evidence.sources
        if sources:
            content, sources = citations.settle(self.message.content, sources, self._texts)
            strange = citations.unsupported_numbers(content, sources, self._asked.content, self._texts)
            self._evidence.steps += [_strange(strange)] if strange else []
            self._now(content=content, sources=sources)
        if self.message.usage.get("finish_reason") == "length":
            self._evidence.steps.append(_cut())
        self._now(status="done", steps=self._evidence.steps)
        await self._desk.threads.keep(self.message)
        return Answered(self.message)

    async def _failed(self, error: StudioError) -> AnswerFailed:
        self._now(status="failed", error=error.as_dict(), steps=self._evidence.steps)
        await self._desk.threads.keep_or_hold(self.message)
        return AnswerFailed(error, self.message)

    def _now(self, **fields: Any) -> None:
        self.message = self.message.model_copy(update=fields)

    def used(self, usage: dict[str, Any]) -> None:
        """What is known of the answer's cost so far; a stopped answer keeps the last that was known."""
        self._now(usage={**self.message.usage, **usage})


class _Stream:
    """A model's pieces joined so that there are at most 20 a second, with what they cost."""

    def __init__(self, stream: Any, answering: Answering) -> None:
        self._stream = stream
        self._answering = answering
        self._pieces = self._joined()

    def __aiter__(self) -> AsyncIterator[Piece]:
        return self._pieces

    async def aclose(self) -> None:
        """Also ends the model's work."""
        await self._pieces.aclose()
        await self._stream.aclose()

    async def _joined(self) -> AsyncGenerator[Piece, None]:
        began = time.monotonic()
        flushed = began - FLUSH
        first: float | None = None
        words, count = "", 0
        async for piece in self._stream:
            now = time.monotonic()
            if piece.text:
                first = now - began if first is None else first
                words, count = words + piece.text, count + 1
            self._answering.used(_usage(piece, count, first, now - began))
            if words and now - flushed >= FLUSH:
                yield Piece(words, count, first)
                words, flushed = "", now
        if words:
            yield Piece(words, count, first)


def _usage(piece: Any, count: int, first: float | None, seconds: float) -> dict[str, Any]:
    """The backend's own figures win; until they come, one piece counts as one token."""
    known = {} if piece.usage is None else {key: value for key, value in piece.usage.model_dump().items() if value}
    ended = {} if piece.finish_reason is None else {"finish_reason": piece.finish_reason}
    counted = {"seconds": round(seconds, 3)} | ({"completion_tokens": count} if piece.text else {})
    timed = {} if first is None else {"first_token_seconds": round(first, 3)}
    return {**counted, **timed, **known, **ended}


def _room(model: Model) -> int:
    """Tokens of context: as the model is loaded, and never more than it was trained for."""
    return min(model.context_length or model.load_settings.context_length, model.load_settings.context_length)


def _least(sources: list[Source]) -> Source:
    """The last page, and the rows only when no page is left."""
    return next((source for source in reversed(sources) if source.kind == "page"), sources[-1])


def _told_few(model: Model, given: list[Source], all_of_them: list[Source]) -> Step | None:
    if len(given) == len(all_of_them):
        return None
    numbers = [source.number for source in given]
    return Step(
        kind="context",
        title=Text(
            f"{model.name} was given {' and '.join(f'[{number}]' for number in numbers)} only",
            f"只向 {model.name} 提供了 {'、'.join(f'[{number}]' for number in numbers)}",
        ),
        detail=Text("A demo model cannot hold more apart.", "演示模型无法区分更多内容。"),
    )


def _left_out(room: int, sources: int, messages: int) -> Step | None:
    if not sources and not messages:
        return None
    en = [plural(sources, "source", "sources")] * bool(sources)
    en += [plural(messages, "earlier message", "earlier messages")] * bool(messages)
    zh = [f"{sources} 个来源"] * bool(sources) + [f"{messages} 条较早的消息"] * bool(messages)
    return Step(
        kind="context",
        title=Text(f"Left out {' and '.join(en)}", f"省略了 {'和 '.join(zh)}"),
        detail=Text(
            f"The model's context has room for {room:,} tokens of them.", f"模型上下文只能容纳 {room:,} 个词元。"
        ),
    )


def _strange(figures: list[str]) -> Step:
    shown = figures[:6]
    return Step(
        kind="check",
        title=Text(f"Not in the sources: {', '.join(shown)}", f"来源中没有：{'、'.join(shown)}"),
        detail=Text("Check these figures before you use them.", "使用这些数字前请先核对。"),
    )


def _cut() -> Step:
    return Step(
        kind="check",
        title=Text("The answer was cut off at its length limit", "回答达到长度上限，已截断"),
        detail=Text("Ask for the rest, or for a shorter answer.", "可继续追问剩余部分，或要求更短的回答。"),
    )
