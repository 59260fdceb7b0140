"""What may stand in a request to a model: each field once, with its range. The rest is dropped before it reaches a worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text

LONGEST_TEXT = 10_000_000  # bytes of one prompt
STOPS = 16
BIASES = 1024
TOOLS = 128

Check = Callable[[str, Any], Any]


def number(low: float, high: float) -> Check:
    """A number, brought into its range; what is no number is refused."""

    def check(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise _wrong(name, "a number", "数字")
        return min(max(float(value), low), high)

    return check


def whole(low: int, high: int) -> Check:
    """A whole number, brought into its range."""
    bounded = number(low, high)
    return lambda name, value: int(bounded(name, value))


def limit(high: int) -> Check:
    """How many at most: nought and below mean that nobody set a limit."""

    def check(name: str, value: Any) -> int | None:
        found = whole(-1, high)(name, value)
        return found if found > 0 else None

    return check


def kind(wanted: type | tuple[type, ...], words: str, zh: str) -> Check:
    def check(name: str, value: Any) -> Any:
        if not isinstance(value, wanted):
            raise _wrong(name, words, zh)
        return value

    return check


flag = kind(bool, "true or false", "true 或 false")
text = kind(str, "a text", "文本")
mapping = kind(dict, "an object", "对象")
words = kind((str, list), "a text or a list", "文本或列表")


def stops(name: str, value: Any) -> list[str]:
    """At most sixteen texts that end an answer; empty ones would end every answer."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise _wrong(name, "a text or a list of texts", "文本或文本列表")
    return [one for one in texts if one][:STOPS]


def biases(name: str, value: Any) -> dict[str, float]:
    bounded = number(-100, 100)
    return {str(token): bounded(name, bias) for token, bias in list(mapping(name, value).items())[:BIASES]}


def tools(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(tool, dict) for tool in value) or len(value) > TOOLS:
        raise _wrong(name, f"a list of at most {TOOLS} objects", f"对象列表，最多 {TOOLS} 项")
    return value


SAMPLING: dict[str, Check] = {
    "temperature": number(0, 2),
    "top_p": number(0, 1),
    "min_p": number(0, 1),
    "typical_p": number(0, 1),
    "top_k": whole(0, 1000),
    "repeat_penalty": number(0.1, 10),
    "repetition_penalty": number(0.1, 10),
    "repeat_last_n": whole(-1, 65_536),
    "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
    "max_tokens": limit(1_048_576),
    "n": whole(1, 16),
    "seed": whole(0, 2**31 - 1),
    "stop": stops,
    "logit_bias": biases,
    "grammar": text,
    "json_schema": mapping,
    "cache_prompt": flag,
    "ignore_eos": flag,
    "stream": flag,
    "stream_options": mapping,
}
CHAT: dict[str, Check] = {
    **SAMPLING,
    "messages": kind(list, "a list of messages", "消息列表"),
    "max_completion_tokens": limit(1_048_576),
    "response_format": mapping,
    "tools": tools,
    "tool_choice": kind((str, dict), "a text or an object", "文本或对象"),
    "parallel_tool_calls": flag,
    "logprobs": flag,
    "top_logprobs": whole(0, 20),
    "chat_template_kwargs": mapping,
    "reasoning_effort": text,
    "add_generation_prompt": flag,
}
FIELDS: dict[str, dict[str, Check]] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {
        **SAMPLING,
        "prompt": words,
        "suffix": text,
        "echo": flag,
        "logprobs": whole(0, 20),
        "response_format": mapping,
    },
    "/v1/embeddings": {"input": words, "encoding_format": text, "dimensions": whole(1, 65_536)},
    "/v1/rerank": {
        "query": text,
        "documents": kind(list, "a list of texts", "文本列表"),
        "top_n": whole(1, 100_000),
        "return_documents": flag,
    },
    "/v1/audio/speech": {
        "input": text,
        "voice": kind((str, dict), "a text or an object", "文本或对象"),
        "response_format": text,
        "speed": number(0.25, 4),
        "instructions": text,
    },
}


def cleaned(route: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The known fields of a request, in their ranges. Raises `BadParameter` that names a field of the wrong kind, and the
    size of a prompt that is too large to be looked at."""
    fields = FIELDS[route]
    found = {name: fields[name](name, value) for name, value in body.items() if name in fields and value is not None}
    asked = found.pop("max_completion_tokens", None)
    if asked is not None:
        found["max_tokens"] = asked
    for name in ("messages", "prompt", "input", "query", "documents"):
        if name in found:
            _must_be_short(name, found[name])
    return {name: value for name, value in found.items() if value is not None}


def _must_be_short(name: str, value: Any) -> None:
    size = _bytes_of(value)
    if size > LONGEST_TEXT:
        raise BadParameter(
            Text(
                f"“{name}” has {size:,} bytes of text; {LONGEST_TEXT:,} is the most that is read.",
                f"“{name}”的文本有 {size:,} 字节，最多读取 {LONGEST_TEXT:,} 字节。",
            ),
            Text("Shorten it, or ask about parts of it.", "请缩短内容，或分段提问。"),
        )


def _bytes_of(value: Any) -> int:
    """The texts within, images left out: they are no part of the prompt's words."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="replace"))
    if isinstance(value, dict):
        return sum(_bytes_of(part) for name, part in value.items() if name not in ("image_url", "input_audio"))
    return sum(_bytes_of(part) for part in value) if isinstance(value, list) else 0


def _wrong(name: str, wanted: str, zh: str) -> BadParameter:
    return BadParameter(Text(f"“{name}” has to be {wanted}.", f"“{name}”必须是{zh}。"))
