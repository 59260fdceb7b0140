"""One answer while it is made: gather, write, use tools, check. Each piece is on disk before it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio.engine.chat import attachments as attaching
from studio.engine.chat import citations, prompt, tools
from studio.engine.chat.attachments import Attachments
from studio.engine.chat.context import Fitting, Past, room, told_few
from studio.engine.chat.gather import Evidence, Gatherer
from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    Asked,
    Attachment,
    ChatEvent,
    Message,
    Source,
    SourcesFound,
    Step,
    Thread,
    Worked,
)
from studio.engine.chat.store import Threads
from studio.engine.chat.stream import Joined
from studio.engine.chat.tools import Call, Tool, Toolbox
from studio.engine.errors import NotFound, StudioError, from_unexpected
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models

log = logging.getLogger(__name__)
ANSWER_TOKENS = 512
ROUNDS = 6  # times that a model may call tools before it has to answer
AROUND = 500  # characters before and after a quote that a model reads with it


@dataclass(frozen=True)
class Desk:
    """The rooms that an answer is made with."""

    threads: Threads
    models: Models
    knowledge: Knowledge
    gatherer: Gatherer
    attachments: Attachments
    toolbox: Toolbox


@dataclass(frozen=True)
class Wanted:
    """What a question may use; `temperature` None leaves it to the model's own, `chunks` None to what is usual."""

    model: str
    knowledge: list[str]
    datasets: list[str]
    temperature: float | None = None
    max_tokens: int | None = None
    chunks: int | None = None
    tools: list[str] = field(default_factory=list)

    def with_attachments(self, attached: list[Attachment]) -> Wanted:
        """With the datasets, collections and workflows that go along with the question."""

        def more(kind: str, there: list[str], prefix: str = "") -> list[str]:
            return list(dict.fromkeys([*there, *(f"{prefix}{each.ref}" for each in attached if each.kind == kind)]))

        return Wanted(
            self.model, more("collection", self.knowledge), more("dataset", self.datasets), self.temperature,
            self.max_tokens, self.chunks, more("workflow", self.tools, tools.WORKFLOW),
        )  # fmt: skip


class Answering:
    """An answer from its question to its end; `message` is what is on disk. `begun` is an answer that it goes on with."""

    def __init__(
        self, desk: Desk, thread: Thread, asked: Message, answer: Message, history: list[Message], wanted: Wanted,
        begun: Message | None = None,
    ) -> None:  # fmt: skip
        self.message = answer
        self._desk = desk
        self._thread = thread
        self._asked = asked
        self._history = history
        self._wanted = wanted.with_attachments(asked.attachments)
        self._begun = begun
        self._evidence = Evidence()
        self._texts: dict[int, str] = {}
        self._whole: dict[int, str] = {}  # what goes in of attachments, by the source's number

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

    # What is read

    async def _gather(self, model: Model | None) -> AsyncGenerator[ChatEvent, None]:
        question, gatherer, evidence = self._asked.content, self._desk.gatherer, self._evidence
        if self._begun is not None:  # it goes on with what it had
            evidence.sources, evidence.steps = list(self._begun.sources), _gathered(self._begun.steps)
        else:
            for attachment in self._asked.attachments:
                if attachment.kind in ("file", "document"):
                    yield Worked(await self._attach(attachment, model))
            if self._wanted.knowledge:
                yield Worked(await gatherer.search(question, self._wanted.knowledge, evidence, self._wanted.chunks))
            if self._wanted.datasets:
                step = await gatherer.query(question, self._wanted.datasets, model, evidence)
                if step is not None:
                    yield Worked(step)
        self._now(sources=evidence.sources, steps=evidence.steps)
        await self._desk.threads.keep(self.message)
        if evidence.sources:
            yield SourcesFound(evidence.sources)

    async def _attach(self, attachment: Attachment, model: Model | None) -> Step:
        """A text that goes along, whole or by its passages; whole only where it fits, and that is said."""
        evidence, shelf = self._evidence, self._desk.attachments
        try:
            pages = await shelf.pages(attachment, self._desk.knowledge)
            fits = model is None or attachment.tokens <= room(model) // 2
            whole = attachment.mode == "whole" and fits
            parts = attaching.whole(pages) if whole else await shelf.passages(attachment, pages, self._asked.content)
        except StudioError as error:
            return evidence.add(_not_attached(attachment, error))
        for part in parts:
            number = evidence.next_number()
            evidence.sources.append(attaching.as_source(attachment, part, number))
            self._whole[number] = part.text
        return evidence.add(_attached(attachment, len(parts), whole, fits))

    # What is written

    async def _write(self, model: Model) -> AsyncGenerator[ChatEvent, None]:
        self._now(model=model.name)
        said: list[Step] = []

        async def tell(step: Step) -> None:
            said.append(self._evidence.add(step))

        messages = await self._prompt(model, tell)
        for step in said:
            yield Worked(step)
        offered = [] if model.demo else await self._offered()
        for turn in range(ROUNDS + 1):
            joined = self._ask(model, messages, offered if turn < ROUNDS else [])
            spoken = ""
            async with aclosing(joined) as pieces:
                async for piece in pieces:
                    spoken += piece.text
                    self._now(content=self.message.content + piece.text)
                    await self._desk.threads.append(self.message.id, piece.text)
                    yield piece
            calls = joined.calls.all()
            if not calls:
                return
            messages.append(_calling(spoken, calls))
            for call in calls:
                async with aclosing(self._call(call, offered, messages)) as events:
                    async for event in events:
                        yield event

    def _ask(self, model: Model, messages: prompt.Messages, offered: list[Tool]) -> Joined:
        usual = 0.0 if model.demo else None
        temperature = usual if self._wanted.temperature is None else self._wanted.temperature
        told: dict[str, Any] = {"tools": [tool.schema() for tool in offered]} if offered else {}
        most = self._most_tokens(model)
        stream: Any = self._desk.models.chat(model.id, messages, temperature=temperature, max_tokens=most, **told)
        return Joined(stream, self.used)

    def _most_tokens(self, model: Model) -> int:
        usual = prompt.SMALL_TOKENS if model.demo and self._evidence.sources else ANSWER_TOKENS
        return self._wanted.max_tokens or usual

    async def _prompt(self, model: Model, tell: Any) -> prompt.Messages:
        """The model's messages with as much as its context holds; what was compacted or left out is told."""
        small = model.demo and bool(self._evidence.sources)
        given = prompt.for_small(self._evidence.sources) if small else list(self._evidence.sources)
        self._texts = {source.number: await self._text(source) for source in given}
        if small:
            few = told_few(model, given, self._evidence.sources, len(self._history))
            if few is not None:
                await tell(few)
            messages = prompt.build_small(self._asked.content, given)
        else:
            fitting = Fitting(self._desk.models, model, self._asked.content, self._most_tokens(model))
            messages = await fitting.fit(Past.of(self._history), given, self._texts, tell)
        if self.message.content:
            messages.append({"role": "assistant", "content": self.message.content})
        return messages

    async def _text(self, source: Source) -> str:
        """What a model reads of a source: the page around the quote, or the rows in words and their query."""
        if source.number in self._whole:
            return self._whole[source.number]
        if source.kind == "rows":
            return f"{source.quote}\n(from the query: {source.sql})"
        try:
            page = await self._page(source)
        except StudioError:  # deleted since it was found
            return source.quote
        return page[max(0, source.start - AROUND) : source.end + AROUND]

    async def _page(self, source: Source) -> str:
        if source.kind == "file":
            return await self._desk.attachments.page_text(source.attachment_id, source.page)
        return await self._desk.knowledge.page_text(source.document_id, source.page)

    # Tools

    async def _offered(self) -> list[Tool]:
        if not self._wanted.tools:
            return []
        return await self._desk.toolbox.offered(self._wanted.tools, self._wanted.knowledge, self._wanted.datasets)

    async def _call(
        self, call: Call, offered: list[Tool], messages: prompt.Messages
    ) -> AsyncGenerator[ChatEvent, None]:
        """Run a tool, with a person's leave where it changes something; the model reads what it brought."""
        tool = next((each for each in offered if each.name == call.name), None)
        known = len(self._evidence.sources)
        if tool is not None and not await self._desk.toolbox.allowed(tool, self._thread):
            wanted = self._desk.toolbox.ask(tool, call, self._evidence.sources)
            try:
                yield wanted
                decided = await self._desk.toolbox.decision(wanted)
            finally:
                self._desk.toolbox.withdraw(wanted)
            if decided == "thread":
                await self._allow_here(tool)
            step, result = tools.refused(tool, call) if decided == "no" else await self._run(tool, call)
        else:
            step, result = await self._run(tool, call)
        step = step.model_copy(update={"tool": tool.key if tool else call.name, "arguments": call.arguments})
        self._evidence.replace_or_add(step)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": tools.shortened(result)})
        for source in self._evidence.sources[known:]:
            self._texts[source.number] = await self._text(source)
        self._now(sources=self._evidence.sources, steps=self._evidence.steps)
        await self._desk.threads.keep(self.message)
        yield Worked(step)
        if len(self._evidence.sources) > known:
            yield SourcesFound(self._evidence.sources)

    async def _run(self, tool: Tool | None, call: Call) -> tuple[Step, str]:
        if tool is None:
            missing = NotFound(Text(f"There is no tool {call.name}.", f"没有工具 {call.name}。"))
            return tools.failed(None, call, missing)
        try:
            return await tool.run(call.arguments, self._evidence)
        except StudioError as error:
            return tools.failed(tool, call, error)

    async def _allow_here(self, tool: Tool) -> None:
        allowed = list(dict.fromkeys([*self._thread.allowed, tool.key]))
        self._thread = self._thread.model_copy(update={"allowed": allowed})
        await self._desk.threads.change(self._thread.id, allowed=allowed)

    # How it ends

    async def _finished(self) -> Answered:
        """Check the citations, say which figures no source has, and keep the whole."""
        sources = self._evidence.sources
        if sources:
            content, sources = citations.settle(self.message.content, sources, self._texts)
            sources = [await self._anchored(source) for source in sources]
            strange = citations.unsupported_numbers(content, sources, self._asked.content, self._texts)
            self._evidence.steps += [_strange(strange)] if strange else []
            self._now(content=content, sources=sources)
        if self.message.usage.get("finish_reason") == "length":
            self._evidence.steps.append(_cut())
        self._now(status="done", steps=self._evidence.steps)
        await self._desk.threads.keep(self.message)
        return Answered(self.message)

    async def _anchored(self, source: Source) -> Source:
        """Spans that `settle` counted in the text that was read, as places in the page."""
        if not source.spans:
            return source
        try:
            page = await self._page(source)
        except StudioError:
            return source.model_copy(update={"spans": []})
        begin = page.find(self._texts[source.number])
        spans = [(begin + start, begin + end) for start, end in source.spans] if begin >= 0 else []
        return source.model_copy(update={"spans": spans})

    async def _failed(self, error: StudioError) -> AnswerFailed:
        self._now(status="failed", error=error.as_dict(), steps=self._evidence.steps)
        await self._desk.threads.keep_or_hold(self.message)
        return AnswerFailed(error, self.message)

    def _now(self, **fields: Any) -> None:
        self.message = self.message.model_copy(update=fields)

    def used(self, usage: dict[str, Any]) -> None:
        """What is known of the answer's cost so far; a stopped answer keeps the last that was known."""
        self._now(usage={**self.message.usage, **usage})


def _calling(spoken: str, calls: list[Call]) -> dict[str, Any]:
    import json

    made = [
        {"id": each.id, "type": "function", "function": {"name": each.name, "arguments": json.dumps(each.arguments)}}
        for each in calls
    ]
    return {"role": "assistant", "content": spoken, "tool_calls": made}


def _gathered(steps: list[Step]) -> list[Step]:
    """The work that an answer rests on, without what was said of its words."""
    return [step for step in steps if step.kind not in ("check", "compact", "context")]


def _attached(attachment: Attachment, parts: int, whole: bool, fits: bool) -> Step:
    name = attachment.title
    title = (
        Text(f"Read all of {name}", f"读取了 {name} 的全文")
        if whole
        else Text(f"Read {parts} passage{'' if parts == 1 else 's'} of {name}", f"读取了 {name} 的 {parts} 个段落")
    )
    detail = None
    if attachment.mode == "whole" and not fits:
        detail = Text(
            f"All of it, {attachment.tokens:,} tokens, does not fit this model's context.",
            f"全文共 {attachment.tokens:,} 个词元，超出该模型的上下文。",
        )
    return Step(kind="search", title=title, detail=detail)


def _not_attached(attachment: Attachment, error: StudioError) -> Step:
    title = Text(f"{attachment.title} was not read", f"未能读取 {attachment.title}")
    return Step(kind="search", title=title, detail=error.whole(), failed=True)


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
        detail=Text("Go on with it, or ask for a shorter answer.", "可以继续写完，或要求更短的回答。"),
    )
