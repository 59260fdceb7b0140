"""A whole answer put together from the chunks of a stream.

Workers are always asked for a stream: llama.cpp notices a reader who left at its next token there, and only after up to a
second when it was asked for the whole answer.
"""

from __future__ import annotations

from typing import Any

LISTS = ("content", "refusal", "tokens", "token_logprobs", "top_logprobs", "text_offset")


class Whole:
    """Give it every chunk, then take the `answer`."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def add(self, chunk: dict[str, Any]) -> None:
        for name, value in chunk.items():
            if name != "choices" and value is not None:
                self._head[name] = value
        for choice in chunk.get("choices") or []:
            self._add_choice(choice)

    def answer(self) -> dict[str, Any]:
        """In the shape of an answer that was never streamed."""
        kind = str(self._head.get("object", "chat.completion.chunk")).removesuffix(".chunk")
        choices = [_finished(choice) for _, choice in sorted(self._choices.items())]
        return {**self._head, "object": kind, "choices": choices}

    def _add_choice(self, choice: dict[str, Any]) -> None:
        index = int(choice.get("index") or 0)
        kept = self._choices.setdefault(index, {"index": index, "finish_reason": None})
        kept["finish_reason"] = choice.get("finish_reason") or kept["finish_reason"]
        if "delta" in choice:
            _add_delta(kept.setdefault("message", {"role": "assistant", "content": None}), choice["delta"] or {})
        else:
            kept["text"] = kept.get("text", "") + (choice.get("text") or "")
        if choice.get("logprobs"):
            _extend(kept.setdefault("logprobs", {}), choice["logprobs"])


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            calls = message.setdefault("tool_calls", {})
            for call in value or ():
                _add_call(calls.setdefault(call.get("index", 0), {}), call)
        elif name == "role":
            message["role"] = value or message["role"]
        elif isinstance(value, str):
            message[name] = (message.get(name) or "") + value


def _add_call(kept: dict[str, Any], call: dict[str, Any]) -> None:
    kept["id"] = call.get("id") or kept.get("id", "")
    kept["type"] = "function"
    function = kept.setdefault("function", {"name": "", "arguments": ""})
    for name, value in (call.get("function") or {}).items():
        function[name] = (function.get(name) or "") + (value or "")


def _extend(kept: dict[str, Any], found: dict[str, Any]) -> None:
    for name, value in found.items():
        if name in LISTS and isinstance(value, list):
            kept[name] = (kept.get(name) or []) + value
        else:
            kept.setdefault(name, value)


def _finished(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    if message is not None and "tool_calls" in message:
        message = {**message, "tool_calls": [call for _, call in sorted(message["tool_calls"].items())]}
        return {**choice, "message": message}
    if message is not None and message["content"] is None:
        return {**choice, "message": {**message, "content": ""}}
    return choice
