"""One thing that a model may call, how it is called, and what is said of a call that came to nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from studio.engine import ids
from studio.engine.chat.evidence import Evidence
from studio.engine.chat.message import Step, Tell
from studio.engine.errors import StudioError
from studio.engine.models.tool_calls import ToolCalls
from studio.engine.text import Text

RESULT = 6_000  # characters of a result that a model reads; the rest is said to be there


@dataclass(frozen=True)
class Call:
    """A tool that a model asked for, with its arguments as they came."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Tool:
    """Something a model may call. `key` is its name in a thread's `tools`, `name` the one that the model writes.

    `phrases` say what it is for, in words that a request is near to. A model that writes no query of its own has the
    arguments that `from_question` makes.
    """

    key: str
    name: str
    title: Text
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any], Evidence, Tell], Coroutine[Any, Any, tuple[Step, str]]]
    side_effect: bool = False
    phrases: tuple[str, ...] = ()
    from_question: Callable[[str], dict[str, Any]] | None = None

    def schema(self) -> dict[str, Any]:
        """As the model is told of it."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


def calls_of(made: ToolCalls) -> list[Call]:
    """The calls of a model's answer, each with an id and its arguments read."""
    return [Call(each.id or ids.new("call"), each.name, _arguments(each.arguments)) for each in made.all()]


def calling(spoken: str, calls: list[Call]) -> dict[str, Any]:
    """What a model said and called, as its message."""
    made = [
        {"id": each.id, "type": "function", "function": {"name": each.name, "arguments": json.dumps(each.arguments)}}
        for each in calls
    ]
    return {"role": "assistant", "content": spoken, "tool_calls": made}


def begun(tool: Tool | None, call: Call) -> Step:
    """The card of a call that was just made."""
    title, key = (tool.title, tool.key) if tool else (Text.same(call.name), call.name)
    return Step(kind="tool", title=title, tool=key, arguments=call.arguments)


def failed(tool: Tool | None, call: Call, error: StudioError) -> tuple[Step, str]:
    """A call that did not work, for the reader and for the model."""
    title = tool.title if tool else Text.same(call.name)
    step = Step(
        kind="tool", title=Text(f"{title.en} failed", f"{title.zh} 失败"), detail=error.whole(), failed=True,
        arguments=call.arguments,
    )  # fmt: skip
    return step, f"Error: {error.message.en}"


def made_up(tool: Tool, call: Call, arguments: list[str]) -> Step:
    """A call that was not made: what the model wrote for it does not stand in the request."""
    names = ", ".join(arguments)
    return Step(
        kind="tool",
        title=Text(f"{tool.title.en} was not run", f"未运行 {tool.title.zh}"),
        detail=Text(
            f"The model made up {names}. Say it in the question.", f"模型编造了 {names}，请在问题中写明。"
        ),
        failed=True, tool=tool.key, arguments=call.arguments,
    )  # fmt: skip


def refused(tool: Tool, call: Call) -> tuple[Step, str]:
    """A person said no."""
    title = Text(f"{tool.title.en} was not allowed", f"未允许 {tool.title.zh}")
    step = Step(kind="tool", title=title, failed=True, tool=tool.key, arguments=call.arguments)
    return step, "The person did not allow this. Answer without it."


def shortened(result: str) -> str:
    """A result as a model reads it; what is left out is said to it."""
    left = len(result) - RESULT
    return result if left <= 0 else f"{result[:RESULT]}\n… {left} more characters are left out."


def takes(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments."""
    return {"type": "object", "properties": properties, "required": required}


def _arguments(written: str) -> dict[str, Any]:
    """The arguments of a call; what is no JSON object stays as it was written, under one name."""
    try:
        found = json.loads(written or "{}")
    except ValueError:
        return {"arguments": written}
    return found if isinstance(found, dict) else {"arguments": found}
