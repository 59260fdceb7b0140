"""`tool_choice: required` where the runtime does not enforce it: a JSON schema makes the model write calls, and what it
writes becomes tool calls again, piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from studio.engine import ids
from studio.engine.errors import BadParameter
from studio.engine.text import Text

MOST_CALLS = 8
ANYTHING: dict[str, Any] = {"type": "object"}


def must_call(body: dict[str, Any]) -> bool:
    """Whether the request insists on a call."""
    choice = body.get("tool_choice")
    return bool(body.get("tools")) and (choice == "required" or isinstance(choice, dict))


def with_schema(body: dict[str, Any]) -> dict[str, Any]:
    """The same request as one for a JSON list of calls. Raises `BadParameter` for a function that is none of the tools."""
    functions = _wanted([tool.get("function") or {} for tool in body["tools"]], body["tool_choice"])
    most = MOST_CALLS if body.get("parallel_tool_calls") else 1
    schema = {"type": "array", "minItems": 1, "maxItems": most, "items": {"anyOf": [_call(one) for one in functions]}}
    left = {name: value for name, value in body.items() if name not in ("tools", "tool_choice", "parallel_tool_calls")}
    wanted = {"type": "json_schema", "json_schema": {"name": "calls", "strict": True, "schema": schema}}
    return {**left, "messages": _told(body["messages"], functions), "response_format": wanted}


def _wanted(functions: list[dict[str, Any]], choice: Any) -> list[dict[str, Any]]:
    if choice == "required":
        return functions
    name = (choice.get("function") or {}).get("name")
    found = [function for function in functions if function.get("name") == name]
    if not found:
        raise BadParameter(
            Text(f"“tool_choice” names “{name}”, which is none of the tools.", f"“tool_choice”中的“{name}”不在工具中。")
        )
    return found


def _call(function: dict[str, Any]) -> dict[str, Any]:
    parameters = function.get("parameters") or ANYTHING
    return {
        "type": "object",
        "properties": {"name": {"const": function.get("name", "")}, "arguments": parameters},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _told(messages: list[Any], functions: list[dict[str, Any]]) -> list[Any]:
    """The tools as words for the model, in its system message."""
    listed = "\n".join(json.dumps(function, ensure_ascii=False) for function in functions)
    words = f'Call tools. Answer with a JSON list of {{"name", "arguments"}} objects and nothing else. Tools:\n{listed}'
    if messages and isinstance(messages[0], dict) and messages[0].get("role") == "system":
        first = messages[0]
        return [{**first, "content": f"{first.get('content') or ''}\n\n{words}"}, *messages[1:]]
    return [{"role": "system", "content": words}, *messages]


@dataclass
class Calls:
    """Reads the JSON list of calls as it is written, and tells it as OpenAI's deltas of tool calls."""

    depth: int = 0
    index: int = -1
    text: str = ""  # of the string that is being read
    key: str = ""
    in_string: bool = False
    escaped: bool = False
    in_arguments: bool = False
    after_colon: bool = False
    pending: list[str] = field(default_factory=list)

    def read(self, content: str) -> Iterator[dict[str, Any]]:
        """The deltas of a piece of the content."""
        for character in content:
            yield from self._take(character)
        yield from self._flush()

    def _take(self, character: str) -> Iterator[dict[str, Any]]:
        if self.in_arguments:
            self.pending.append(character)
        if self.in_string:
            yield from self._in_string(character)
        elif character == '"':
            self.in_string, self.text = True, ""
        elif character in "[{":
            self._open(character)
        elif character in "]}":
            self.depth -= 1
            if self.depth == 2 and self.in_arguments:
                yield from self._flush()
                self.in_arguments = False
        elif self.depth == 2:
            self.after_colon = character == ":" or (self.after_colon and character != ",")

    def _open(self, character: str) -> None:
        self.depth += 1
        if self.depth == 2:
            self.index += 1
            self.after_colon = False
        if self.depth == 3 and self.key == "arguments":
            self.in_arguments = True
            self.pending.append(character)

    def _in_string(self, character: str) -> Iterator[dict[str, Any]]:
        if character != '"' or self.escaped:
            self.escaped = character == "\\" and not self.escaped
            self.text += character
            return
        self.in_string = False
        if self.depth != 2:
            return
        if not self.after_colon:
            self.key = self.text
        elif self.key == "name":
            function = {"name": json.loads(f'"{self.text}"'), "arguments": ""}
            yield {"index": self.index, "id": f"call_{ids.new('c', 12)[2:]}", "type": "function", "function": function}

    def _flush(self) -> Iterator[dict[str, Any]]:
        if self.pending:
            yield {"index": self.index, "function": {"arguments": "".join(self.pending)}}
            self.pending.clear()


@dataclass
class AsCalls:
    """Turns the chunks of an answer that a schema forced into chunks with tool calls; each choice has its own list."""

    calls: dict[int, Calls] = field(default_factory=dict)

    def turn(self, chunk: dict[str, Any]) -> Iterator[dict[str, Any]]:
        choices = [turned for choice in chunk.get("choices") or [] for turned in self._choices(choice)]
        if choices or not chunk.get("choices"):
            yield {**chunk, "choices": choices}

    def _choices(self, choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
        delta = dict(choice.get("delta") or {})
        content = delta.pop("content", None)
        calls = self.calls.setdefault(int(choice.get("index") or 0), Calls())
        found = list(calls.read(content)) if content else []
        if found:
            delta["tool_calls"] = found
        reason = choice.get("finish_reason")
        if delta or reason:
            yield {**choice, "delta": delta, "finish_reason": "tool_calls" if reason == "stop" else reason}
