"""Threads as text: to read, to keep whole, and to tune a model with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from studio.engine.chat import citations
from studio.engine.chat.message import Message, Source, Thread
from studio.engine.errors import BadParameter
from studio.engine.text import Text

MARK = "one-data-studio-thread"
WEIGHTS: dict[str, dict[str, int]] = {"": {}, "up": {"weight": 1}, "down": {"weight": 0}}
WHO = {"user": "You", "assistant": "Answer"}


def exported(format: str, thread: Thread, branch: Sequence[Message]) -> str:
    """The branch that is shown. Raises `BadParameter` with the formats there are."""
    if format not in WRITERS:
        known = ", ".join(["json", *WRITERS])
        raise BadParameter(
            Text(f"Threads are not exported as “{format}”.", f"对话不能导出为“{format}”。"),
            Text(f"These can be: {known}.", f"可用格式：{known}。"),
        )
    return WRITERS[format](thread, branch)


def as_markdown(thread: Thread, branch: Sequence[Message]) -> str:
    """To be read: each message under who said it, an answer's sources below it."""
    parts = [f"# {thread.title}"]
    for message in branch:
        moment = datetime.fromtimestamp(message.created_at).strftime("%Y-%m-%d %H:%M")
        who = message.model or WHO[message.role] if message.role == "assistant" else WHO["user"]
        parts += [f"## {who} · {moment}", message.content]
        cited = [source for source in message.sources if source.cited]
        if cited:
            parts.append("\n".join(_line(source) for source in cited))
    return "\n\n".join(parts) + "\n"


def as_json(thread: Thread, whole: Sequence[Message]) -> str:
    """Everything, on all branches; can be imported again."""
    messages = [message.model_dump(mode="json") for message in whole]
    kept = {"format": MARK, "version": 1, "thread": thread.model_dump(mode="json"), "messages": messages}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def as_jsonl(_thread: Thread, branch: Sequence[Message]) -> str:
    """One line {"messages": […]} as programs for fine-tuning read it: only whole answers, without the marks of sources.

    What a person thought of an answer is its `weight`: one that was bad is read but not learnt from.
    """
    turns: list[dict[str, Any]] = []
    for question, answer in pairwise(branch):
        whole = (question.role, answer.role, answer.status) == ("user", "assistant", "done")
        if whole and answer.content.strip():
            turns.append({"role": "user", "content": question.content})
            turns.append({"role": "assistant", "content": _unmarked(answer), **WEIGHTS[answer.feedback]})
    return json.dumps({"messages": turns}, ensure_ascii=False) + "\n" if turns else ""


WRITERS: dict[str, Callable[[Thread, Sequence[Message]], str]] = {"markdown": as_markdown, "jsonl": as_jsonl}


def _unmarked(answer: Message) -> str:
    return citations.without_marks(answer.content) if answer.sources else answer.content


def _line(source: Source) -> str:
    place = f", {source.place.en}" if source.place else ""
    sql = f" (`{' '.join(source.sql.split())}`)" if source.sql else ""
    flagged = f" — ⚠ {source.flagged.en}" if source.flagged else ""
    return f"- [{source.number}] {source.title}{place}: {' '.join(source.quote.split())}{sql}{flagged}"
