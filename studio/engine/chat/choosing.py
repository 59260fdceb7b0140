"""Tools for a model that follows little: which one is found by meaning, and its arguments are written under a grammar.

As measured with SmolLM2-135M on twenty requests over four tools: left to itself it called none, and made to choose under a
grammar it chose as by chance (4 of 20); by meaning 19 were right. Its arguments are parts of the request: writing freely, it
copied the examples' names into Chinese ones. `benchmarks/chat_tools.py` measures all that in English and Chinese, and how much
small talk is left alone: of 28 messages that nothing was tuned on 11 without `TALK`, 27 with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.chat.citations import words
from studio.engine.chat.fact import is_chinese
from studio.engine.chat.phrases import TALK, Phrases
from studio.engine.chat.stream import written
from studio.engine.chat.tool import Call, Tool

if TYPE_CHECKING:
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models

NEAR = 0.18  # the cosine from which a request is about a tool, where no small talk is nearer
TOKENS = 120
LONGEST = 240  # characters of one argument
LONG, WIDE = 48, 14  # words of a request whose parts are told to the model, and of one part
WORD = re.compile(r"[\u2e80-\u9fff]|[^\s\u2e80-\u9fff“”\"「」，。？！?!,;；、]+")
MARKS = re.compile(r"[，。？！?!;；“”\"「」]")
FILL = "Fill in the fields of the tool with words of the request. Answer with JSON."
EXAMPLES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Book a table in a restaurant.", "Reserve a table for four at the Anchor.", {"place": "the Anchor", "people": 4}),
    ("Set a reminder.", "Remind me on Friday to water the trees.", {"what": "water the trees", "when": "Friday"}),
)
ZH_EXAMPLES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("预订餐厅座位。", "在望江楼订四个人的座位", {"place": "望江楼", "people": 4}),
    ("提醒某人做某事。", "提醒李女士给树浇水", {"who": "李女士", "what": "给树浇水"}),
)
KEPT = 0.6  # of an argument's words that stand in the request; a model that follows little makes up the rest


async def chosen(
    phrases: Phrases, models: Models, model: Model, question: str, tools: Sequence[Tool]
) -> tuple[Tool, Call] | None:
    """The tool that a request asks for, with the call of it; None where none is near, or nothing can measure that."""
    tool = await nearest(phrases, question, tools)
    if tool is None:
        return None
    if tool.from_question is not None:
        return tool, Call(ids.new("call"), tool.name, tool.from_question(question))
    return tool, Call(ids.new("call"), tool.name, await filled(models, model, question, tool))


async def nearest(phrases: Phrases, question: str, tools: Sequence[Tool]) -> Tool | None:
    """The tool that a request is about; None where it is about none of them."""
    said: list[tuple[Tool | None, str]] = [(tool, phrase) for tool in tools for phrase in tool.phrases]
    said += [(None, phrase) for phrase in TALK]
    near = await phrases.near(question, [phrase for _, phrase in said])
    if near is None:
        return None
    best = int(near.argmax())
    return said[best][0] if near[best] >= NEAR else None


async def filled(models: Models, model: Model, question: str, tool: Tool) -> dict[str, Any]:
    """What the model takes out of the request for the fields that are needed, or for all where none is."""
    fields = tool.parameters["properties"]
    wanted = [name for name in fields if name in tool.parameters["required"]] or list(fields)
    if not wanted:
        return {}
    parts = spans(question)
    schema = {
        "type": "object",
        "properties": {name: _copied(fields[name], parts) for name in wanted},
        "required": wanted,
        "additionalProperties": False,
    }
    messages: list[dict[str, Any]] = [{"role": "system", "content": FILL}]
    for title, request, filled in ZH_EXAMPLES if is_chinese(question) else EXAMPLES:
        messages.append({"role": "user", "content": _request(title, list(filled), request)})
        messages.append({"role": "assistant", "content": json.dumps(filled, ensure_ascii=False)})
    messages.append({"role": "user", "content": _request(tool.phrases[0], wanted, question)})
    form = {"type": "json_schema", "json_schema": {"name": tool.name, "strict": True, "schema": schema}}
    said = await written(models, model.id, messages, max_tokens=TOKENS, response_format=form)
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:  # cut off at its length
        return {"arguments": said}
    return found


def made_up(question: str, arguments: dict[str, Any]) -> list[str]:
    """The arguments whose words or figures do not stand in the request."""
    given = words(question)
    return [name for name, value in arguments.items() if not _stands_in(value, given)]


def _stands_in(value: Any, given: set[str]) -> bool:
    if isinstance(value, bool):
        return True
    said = words(str(value))
    return not said or len(said & given) >= KEPT * len(said)


def _request(title: str, fields: Sequence[str], words: str) -> str:
    return f"Tool: {title}\nFields: {', '.join(fields)}\nRequest: {words}"


def spans(question: str) -> list[str]:
    """The parts of a request that an argument can be: words that follow each other, or Chinese characters.

    Nothing of a request so long that there would be too many.
    """
    question = question.rstrip(" .")
    pieces = [(found.start(), found.end()) for found in WORD.finditer(question)]
    if len(pieces) > LONG:
        return []
    parts = [
        question[start:end]
        for place, (start, _) in enumerate(pieces)
        for _, end in pieces[place : place + WIDE]
        if not MARKS.search(question[start:end])
    ]
    return list(dict.fromkeys(parts))


def _copied(field: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """A text is copied out of the request: a model that follows little makes up what it may write freely."""
    if field.get("type") != "string" or "enum" in field:
        return field
    return {"type": "string", "enum": list(parts)} if parts else {**field, "maxLength": LONGEST}
