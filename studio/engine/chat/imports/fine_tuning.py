"""JSON Lines as programs for fine-tuning write and read it: one conversation a line, `{"messages": [{"role", "content"}]}`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studio.engine.chat.importing import ImportFormat, Whole, message_of, named, stable_id, thread_of, with_rules
from studio.engine.chat.message import Feedback, Message
from studio.engine.text import Text

LEARNT: dict[Any, Feedback] = {1: "up", 0: "down"}


class FineTuning(ImportFormat):
    name = "fine_tuning"
    title = Text("JSON Lines for fine-tuning", "用于微调的 JSON Lines")

    def matches(self, data: Any) -> bool:
        line = data[0] if isinstance(data, list) and data else data
        messages = line.get("messages") if isinstance(line, dict) and "format" not in line else None
        return (
            isinstance(messages, list)
            and bool(messages)
            and all(isinstance(each, dict) and "role" in each and "versions" not in each for each in messages)
        )

    def threads(self, data: Any) -> Iterator[Whole]:
        for line in data if isinstance(data, list) else [data]:
            yield _thread(line["messages"])


def _thread(turns: list[dict[str, Any]]) -> Whole:
    """Known by what was said, for a line has neither an id nor times."""
    key = json.dumps(turns, sort_keys=True)
    thread_id = stable_id("conv", FineTuning.name, key)
    messages: list[Message] = []
    for place, turn in enumerate(turns):
        words = _words(turn.get("content"))
        if turn["role"] in ("user", "assistant") and words:
            before = messages[-1].id if messages else None
            said = message_of(thread_id, stable_id("msg", thread_id, place), before, turn["role"], words, 0)
            learnt = LEARNT.get(turn.get("weight"), "") if turn["role"] == "assistant" else ""
            messages.append(said.model_copy(update={"feedback": learnt}))
    rules = "\n\n".join(_words(turn.get("content")) for turn in turns if turn["role"] in ("system", "developer"))
    shown = messages[-1].id if messages else None
    return thread_of(FineTuning.name, key, "", with_rules(messages, rules, FineTuning.title), shown)


def _words(content: Any) -> str:
    """A text, or one in parts; a picture among them is only named."""
    if not isinstance(content, list):
        return str(content or "")
    return "\n\n".join(str(part["text"]) if part["type"] == "text" else named(part["type"]) for part in content)
