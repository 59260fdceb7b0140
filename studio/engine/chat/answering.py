"""One answer while it is made: gather, write, use tools, check. Each piece is on disk before it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from studio.engine.chat import choosing, citations, prompt, reading_tools, saying
from studio.engine.chat import tool as tool_words
from studio.engine.chat.at_work import AtWork
from studio.engine.chat.context import Fitting, Past, told_few
from studio.engine.chat.desk import Desk, Wanted
from studio.engine.chat.evidence import Evidence
from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    Asked,
    ChatEvent,
    Message,
    Source,
    SourcesFound,
    Step,
    Tell,
    Thread,
    Worked,
    Working,
)
from studio.engine.chat.reading import Reading
from studio.engine.chat.stream import Joined
from studio.engine.chat.tool import Call, Tool
from studio.engine.chat.workflow_tool import WORKFLOW
from studio.engine.errors import NotFound, StudioError, from_unexpected
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.models.model import Model

log = logging.getLogger(__name__)
ANSWER_TOKENS = 512
ROUNDS = 6  # times that a model may call tools before it has to answer
AROUND = 500  # characters before and after a quote that a model reads with it


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
        self._result: prompt.Result | None = None
        self._reading = Reading(desk, self._evidence)

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
        evidence = self._evidence
        if self._begun is not None:  # it goes on with what it had
            evidence.sources, evidence.steps = list(self._begun.sources), saying.gathered(self._begun.steps)
        else:
            async with aclosing(self._reading.events(self._asked, self._wanted, model)) as events:
                async for event in events:
                    yield event
        self._now(sources=evidence.sources, steps=evidence.steps)
        await self._desk.threads.keep(self.message)
        if evidence.sources:
            yield SourcesFound(evidence.sources)

    # What is written

    async def _write(self, model: Model) -> AsyncGenerator[ChatEvent, None]:
        self._now(model=model.name)
        offered = await self._offered()
        if model.demo and offered:
            async with aclosing(self._call_for(model, offered)) as events:
                async for event in events:
                    yield event
            offered = []
        said: list[Step] = []

        async def tell(step: Step) -> None:
            said.append(self._evidence.add(step))

        messages = await self._prompt(model, tell)
        for step in said:
            yield Worked(step)
        async with aclosing(self._converse(model, messages, offered)) as events:
            async for event in events:
                yield event

    async def _converse(
        self, model: Model, messages: prompt.Messages, offered: list[Tool]
    ) -> AsyncGenerator[ChatEvent, None]:
        """The model's words, and the tools that it calls until it calls none."""
        for turn in range(ROUNDS + 1):
            joined = self._ask(model, messages, offered if turn < ROUNDS else [])
            spoken = ""
            async with aclosing(joined) as pieces:
                async for piece in pieces:
                    spoken += piece.text
                    self._now(content=self.message.content + piece.text)
                    await self._desk.threads.append(self.message.id, piece.text)
                    yield piece
            calls = tool_words.calls_of(joined.calls)
            if not calls:
                return
            messages.append(tool_words.calling(spoken, calls))
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
        told = self._evidence.sources or self._result is not None
        usual = prompt.SMALL_TOKENS if model.demo and told else ANSWER_TOKENS
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
        elif self._result is not None:
            messages = prompt.build_result(self._asked.content, self._result)
        else:
            fitting = Fitting(self._desk.models, model, self._asked.content, self._most_tokens(model))
            messages = await fitting.fit(Past.of(self._history), given, self._texts, tell)
        if self.message.content:
            messages.append({"role": "assistant", "content": self.message.content})
        return messages

    async def _text(self, source: Source) -> str:
        """What a model reads of a source: the page around the quote, or the rows in words and their query."""
        if source.number in self._reading.texts:
            return self._reading.texts[source.number]
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
        wanted = self._wanted
        return await self._desk.toolbox.offered(wanted.tools, wanted.knowledge, wanted.datasets, wanted.along)

    async def _call_for(self, model: Model, offered: list[Tool]) -> AsyncGenerator[ChatEvent, None]:
        """Call what a model that calls nothing by itself was asked for; what was gathered already is not gathered again."""
        gathered = {reading_tools.SEARCH: self._wanted.knowledge, reading_tools.QUERY: self._wanted.datasets}
        left = [tool for tool in offered if not gathered.get(tool.key)]
        desk, question = self._desk, self._asked.content
        found = await choosing.chosen(desk.phrases, desk.models, model, question, left) if left else None
        if found is None:
            return
        called, call = found
        strange = choosing.made_up(question, call.arguments)
        if strange and called.from_question is None:
            yield Worked(self._evidence.add(tool_words.made_up(called, call, strange)))
            return
        heard: prompt.Messages = []
        async with aclosing(self._call(call, left, heard)) as events:
            async for event in events:
                yield event
        if called.key.startswith(WORKFLOW):
            self._result = prompt.Result(called.title.en, str(heard[-1]["content"]))

    async def _call(
        self, call: Call, offered: list[Tool], messages: prompt.Messages
    ) -> AsyncGenerator[ChatEvent, None]:
        """Run a tool, with a person's leave where it changes something; the model reads what it brought."""
        tool = next((each for each in offered if each.name == call.name), None)
        known, decided = len(self._evidence.sources), "once"
        if tool is not None and not await self._desk.toolbox.allowed(tool, self._thread):
            wanted = self._desk.toolbox.ask(tool, call, self._evidence)
            try:
                yield wanted
                decided = await self._desk.toolbox.decision(wanted)
            finally:
                self._desk.toolbox.withdraw(wanted)
            if decided == "thread":
                await self._allow_here(tool)
        if tool is not None and decided == "no":
            step, result = tool_words.refused(tool, call)
        else:
            run = self._run(tool, call)
            async with aclosing(run.cards()) as cards:
                async for card in cards:
                    yield Working(card)
            step, result = run.result()
        step = step.model_copy(update={"tool": tool.key if tool else call.name, "arguments": call.arguments})
        messages.append({"role": "tool", "tool_call_id": call.id, "content": tool_words.shortened(result)})
        await self._take_in(step, known)
        yield Worked(step)
        if len(self._evidence.sources) > known:
            yield SourcesFound(self._evidence.sources)

    async def _take_in(self, step: Step, known: int) -> None:
        """Keep what a tool brought; `known` sources were there before."""
        self._evidence.replace_or_add(step)
        for source in self._evidence.sources[known:]:
            self._texts[source.number] = await self._text(source)
        self._now(sources=self._evidence.sources, steps=self._evidence.steps)
        await self._desk.threads.keep(self.message)

    def _run(self, tool: Tool | None, call: Call) -> AtWork[tuple[Step, str]]:
        async def work(tell: Tell) -> tuple[Step, str]:
            if tool is None:
                missing = NotFound(Text(f"There is no tool {call.name}.", f"没有工具 {call.name}。"))
                return tool_words.failed(None, call, missing)
            try:
                return await tool.run(call.arguments, self._evidence, tell)
            except StudioError as error:
                return tool_words.failed(tool, call, error)

        return AtWork(tool_words.begun(tool, call), work, self._evidence.add)

    async def _allow_here(self, tool: Tool) -> None:
        allowed = list(dict.fromkeys([*self._thread.allowed, tool.key]))
        self._thread = self._thread.model_copy(update={"allowed": allowed})
        await self._desk.threads.change(self._thread.id, allowed=allowed)

    # How it ends

    async def _finished(self) -> Answered:
        """Check the citations, say which figures no source has, and keep the whole."""
        strange = await self._strange_figures()
        self._evidence.steps += [saying.strange_figures(strange)] if strange else []
        if self.message.usage.get("finish_reason") == "length":
            self._evidence.steps.append(saying.cut_off())
        self._now(status="done", steps=self._evidence.steps)
        await self._desk.threads.keep(self.message)
        return Answered(self.message)

    async def _strange_figures(self) -> list[str]:
        """The figures of the answer that stand in nothing that was read, once its citations are settled."""
        question = self._asked.content
        if self._evidence.sources:
            content, sources = citations.settle(self.message.content, self._evidence.sources, self._texts)
            sources = [await self._anchored(source) for source in sources]
            self._now(content=content, sources=sources)
            return citations.unsupported_numbers(content, sources, question, self._texts)
        if self._result is not None:
            return citations.unsupported_numbers(self.message.content, [], f"{question} {self._result.words}")
        return []

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
