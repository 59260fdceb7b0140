"""A thread's title, made by the model that answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from studio.engine.chat.citations import without_marks, words
from studio.engine.chat.message import Message, Thread

if TYPE_CHECKING:
    from studio.engine.models.service import Models

LONGEST = 60  # characters; a longer one is no title
TOKENS = 24
READ = 600  # characters of the answer that the model sees again
ASK = (
    "Write a title of three to six words for this conversation, in the language of the question. "
    "Answer with the title alone, without quotation marks or a full stop."
)
AROUND = re.compile(r"^[\s\"'“”‘’《》#*]+|[\s\"'“”‘’《》*。.]+$")
LABEL = re.compile(r"^(title|标题)\s*[:：]\s*", re.IGNORECASE)


async def made(models: Models, thread: Thread, messages: Sequence[Message]) -> str:
    """A short title for the first question and its answer; empty when the model made nothing that may be one."""
    question = next((each for each in messages if each.role == "user"), None)
    answer = next((each for each in messages if each.role == "assistant" and each.status == "done"), None)
    if question is None or answer is None or not answer.content:
        return ""
    told = f"Question: {question.content}\n\nAnswer: {without_marks(answer.content)[:READ]}"
    asked = [{"role": "system", "content": ASK}, {"role": "user", "content": told}]
    name = thread.model or answer.model or "default"
    stream: Any = models.chat(name, asked, temperature=0.0, max_tokens=TOKENS)
    async with aclosing(stream) as pieces:
        written = "".join([piece.text async for piece in pieces])
    return title_in(written, f"{question.content} {answer.content}")


def title_in(written: str, about: str) -> str:
    """The title in what a model wrote: one line, short, and with a word of what it is about. Else nothing."""
    line = next((each for each in written.strip().splitlines() if each.strip()), "")
    title = AROUND.sub("", LABEL.sub("", AROUND.sub("", line)))
    fits = 0 < len(title) <= LONGEST and words(title) & words(about)
    return title if fits else ""
