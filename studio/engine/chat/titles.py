"""A thread's title: made by the model that answered, or by a demo model's question itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from studio.engine.chat.citations import figures, without_marks, words
from studio.engine.chat.fact import is_chinese
from studio.engine.chat.message import Message, Thread, ThreadsChanged
from studio.engine.chat.stream import written
from studio.engine.errors import StudioError
from studio.engine.events import Events

if TYPE_CHECKING:
    from studio.engine.chat.store import Threads
    from studio.engine.models.service import Models

OF_QUESTION = 100  # characters of a question that name its thread until the model does
LONGEST = 60  # characters; a longer one is no title
TOKENS = 24
READ = 600  # characters of the answer that the model sees again
ASK = (
    "Write a title of three to six words for this conversation, in the language of the question. "
    "Answer with the title alone, without quotation marks or a full stop."
)
AROUND = re.compile(r"^[\s\"'“”‘’《》#*]+|[\s\"'“”‘’《》*。.]+$")
CLAUSE = re.compile(r"[?!.;。？！；\n]+\s*|,\s+(?:and|or)\s+|，")
OPENING = re.compile(
    r"^(?:(?:hi|hello|please|can you|could you|would you|tell me(?: about)?|show me|give me|explain|describe|"
    r"what (?:is|are|was|were|does|do|did)|what's|how (?:long|many|much|old|big|far|often) (?:is|are|was|were|does|do|did)|"
    r"how (?:many|much)|which|is there|are there|the|an?)(?:\s+|,\s*|$))+",
    re.IGNORECASE,
)
CLOSING = re.compile(r"\s+(?:(?:are|is|were|was) there|do we have|does it take|please)$", re.IGNORECASE)
PASSIVE = re.compile(r"\b(?:was|were|is|are)\s+(?=\w+(?:ed|en|ought|old)\b)", re.IGNORECASE)
SAYING = re.compile(r"^(.+?) says? about (.+)$", re.IGNORECASE)
ZH_OPENING = re.compile(r"^(?:请问|请|帮我|告诉我|你好|您好|我想知道|能不能|可以)+[，,\s]*")
ZH_CLOSING = re.compile(r"[吗呢吧啊]$")
LABEL = re.compile(r"^(title|标题)\s*[:：]\s*", re.IGNORECASE)


def of_question(question: str) -> str:
    """The beginning of a question, on one line."""
    line = " ".join(question.split())
    return line if len(line) <= OF_QUESTION else line[: OF_QUESTION - 1].rstrip() + "…"


class Titling:
    """Has the model name threads that are called as their question, while nobody waits for it."""

    def __init__(self, models: Models, threads: Threads, events: Events) -> None:
        self._models, self._threads, self._events = models, threads, events
        self._task: asyncio.Task[None] | None = None

    def soon(self, thread_id: str) -> None:
        """Name a thread, unless it was named by a person or by the model before."""
        self._task = asyncio.create_task(self._name(thread_id), name="title of a thread")

    def give_way(self) -> None:
        """The model is wanted for something better."""
        if self._task is not None:
            self._task.cancel()

    async def ended(self) -> None:
        """Wait until no title is being made."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _name(self, thread_id: str) -> None:
        with suppress(StudioError):
            thread = await self._threads.get(thread_id)
            if thread.title_by != "question":
                return
            title = await made(self._models, thread, await self._threads.branch(thread_id, thread.leaf_id))
            if title:
                await self._threads.name(thread_id, title)
                self._events.publish(ThreadsChanged(thread_id))


async def made(models: Models, thread: Thread, messages: Sequence[Message]) -> str:
    """A short title for the first question and its answer; empty when the model made nothing that may be one.

    A demo model is not asked: as measured, SmolLM2-135M names what is not so, such as "The warranty is 10 years".
    """
    question = next((each for each in messages if each.role == "user"), None)
    answer = next((each for each in messages if each.role == "assistant" and each.status == "done"), None)
    if question is None or answer is None or not answer.content:
        return ""
    name = thread.model or answer.model or "default"
    if (await models.get(name)).demo:
        return topic(question.content)
    told = f"Question: {question.content}\n\nAnswer: {without_marks(answer.content)[:READ]}"
    asked = [{"role": "system", "content": ASK}, {"role": "user", "content": told}]
    said = await written(models, name, asked, max_tokens=TOKENS)
    return title_in(said, f"{question.content} {answer.content}")


def title_in(said: str, about: str) -> str:
    """The title in what a model wrote: one line, short, with a word and no other figures than what it is about. Else
    nothing."""
    line = next((each for each in said.strip().splitlines() if each.strip()), "")
    title = AROUND.sub("", LABEL.sub("", AROUND.sub("", line)))
    fits = 0 < len(title) <= LONGEST and words(title) & words(about) and figures(title) <= figures(about)
    return title if fits else ""


def topic(question: str) -> str:
    """What a question is about, in its own words: without how it asks, at most `LONGEST` characters. Empty when nothing
    is left."""
    parts = [about for clause in CLAUSE.split(question) if (about := _about(clause.strip()))]
    chosen, separator = "", "，" if is_chinese(question) else ", "
    for part in dict.fromkeys(parts):
        longer = f"{chosen}{separator}{part}" if chosen else part
        if chosen and len(longer) > LONGEST:
            break
        chosen = longer
    if len(chosen) > LONGEST:
        chosen = chosen[: LONGEST - 1].rpartition(" ")[0] or chosen[: LONGEST - 1]
        chosen = f"{chosen}…"
    return chosen[:1].upper() + chosen[1:] if words(chosen) else ""


def _about(clause: str) -> str:
    bare = ZH_CLOSING.sub("", ZH_OPENING.sub("", OPENING.sub("", clause)))
    bare = PASSIVE.sub("", CLOSING.sub("", bare))
    return SAYING.sub(r"\2 in \1", bare).strip(" ,，")
