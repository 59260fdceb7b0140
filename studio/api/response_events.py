"""The events of a response, in the order and with the counters that OpenAI's client checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.engine import ids

Event = dict[str, Any]
ECHOED = ("instructions", "max_output_tokens", "previous_response_id", "temperature", "top_p", "tools", "metadata")


class Events:
    """Turns the chunks of a chat completion into events, and keeps what was written: reasoning, text, calls."""

    def __init__(self, response_id: str, created: float, asked: dict[str, Any]) -> None:
        self.id = response_id
        self._created = created
        self._asked = asked
        self._items: list[Event] = []
        self._open: Event | None = None
        self._calls: dict[int, Event] = {}
        self._number = 0
        self._usage: Event | None = None
        self._reason = ""
        self._failure: Event | None = None

    def begin(self) -> Iterator[Event]:
        for kind in ("response.created", "response.in_progress"):
            yield self._event(kind, response=self.response("in_progress"))

    def chunk(self, chunk: dict[str, Any]) -> Iterator[Event]:
        """The events of one chunk of the chat completion."""
        if "error" in chunk:
            self._failure = {"code": "server_error", "message": str((chunk["error"] or {}).get("message", ""))}
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        for choice in (chunk.get("choices") or [])[:1]:
            self._reason = choice.get("finish_reason") or self._reason
            yield from self._delta(choice.get("delta") or {})

    def whole(self, answer: dict[str, Any]) -> Iterator[Event]:
        """A whole chat completion, as if it were one chunk."""
        choice = answer["choices"][0]
        message = dict(choice["message"])
        for index, call in enumerate(message.get("tool_calls") or ()):
            call["index"] = index
        yield from self.chunk({**answer, "choices": [{**choice, "delta": message}]})
        yield from self._close()

    def end(self) -> Iterator[Event]:
        yield from self._close()
        status = "failed" if self._failure else "incomplete" if self._reason == "length" else "completed"
        yield self._event(f"response.{status}", response=self.response(status))

    def output(self) -> list[Event]:
        return self._items

    def response(self, status: str) -> Event:
        """The response object as it is now."""
        if status == "completed" and self._reason == "length":
            status = "incomplete"
        echoed = {name: self._asked.get(name) for name in ECHOED}
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": self._failure,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "model": self._asked["model"],
            "output": [dict(item) for item in self._items],
            "parallel_tool_calls": bool(self._asked.get("parallel_tool_calls", True)),
            "tool_choice": self._asked.get("tool_choice", "auto"),
            "text": self._asked.get("text") or {"format": {"type": "text"}},
            **echoed,
            "tools": self._asked.get("tools") or [],
            "usage": _usage(self._usage) if self._usage else None,
        }

    def _delta(self, delta: dict[str, Any]) -> Iterator[Event]:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if reasoning:
            yield from self._write("reasoning", "reasoning_text", reasoning)
        if delta.get("content"):
            yield from self._write("message", "output_text", delta["content"])
        for call in delta.get("tool_calls") or ():
            yield from self._call(call)

    def _write(self, kind: str, part: str, text: str) -> Iterator[Event]:
        if self._open is None or self._open["type"] != kind:
            yield from self._close()
            yield from self._start(kind, part)
        item = self._items[-1]
        item["content"][0]["text"] += text
        beside: Event = {"logprobs": []} if part == "output_text" else {}
        yield self._event(f"response.{part}.delta", **self._place(item), content_index=0, delta=text, **beside)

    def _start(self, kind: str, part: str) -> Iterator[Event]:
        item: Event = {"type": kind, "id": _id(kind[:3]), "status": "in_progress", "content": []}
        said: Event = {"role": "assistant"} if kind == "message" else {"summary": []}
        item |= said
        self._items.append(item)
        self._open = item
        yield self._event("response.output_item.added", output_index=len(self._items) - 1, item=dict(item, content=[]))
        content: Event = {"type": part, "text": ""} | ({"annotations": [], "logprobs": []} if kind == "message" else {})
        yield self._event("response.content_part.added", **self._place(item), content_index=0, part=dict(content))
        item["content"] = [content]

    def _call(self, call: dict[str, Any]) -> Iterator[Event]:
        index, function = call.get("index", 0), call.get("function") or {}
        if index not in self._calls:
            yield from self._close()
            item = {"type": "function_call", "id": _id("fc"), "call_id": call.get("id") or _id("call"), "name": ""}
            item |= {"name": function.get("name") or "", "arguments": "", "status": "in_progress"}
            self._calls[index] = self._open = item
            self._items.append(item)
            yield self._event("response.output_item.added", output_index=len(self._items) - 1, item=dict(item))
        item = self._calls[index]
        if function.get("arguments"):
            item["arguments"] += function["arguments"]
            yield self._event(
                "response.function_call_arguments.delta", **self._place(item), delta=function["arguments"]
            )

    def _close(self) -> Iterator[Event]:
        """The open item is complete."""
        item, self._open = self._open, None
        if item is None:
            return
        item["status"] = "completed"
        place = self._place(item)
        if item["type"] == "function_call":
            name, arguments = item["name"], item["arguments"]
            yield self._event("response.function_call_arguments.done", **place, name=name, arguments=arguments)
        else:
            part = item["content"][0]
            beside: Event = {"logprobs": []} if part["type"] == "output_text" else {}
            yield self._event(f"response.{part['type']}.done", **place, content_index=0, text=part["text"], **beside)
            yield self._event("response.content_part.done", **place, content_index=0, part=dict(part))
        yield self._event("response.output_item.done", output_index=place["output_index"], item=dict(item))

    def _place(self, item: Event) -> Event:
        return {"item_id": item["id"], "output_index": self._items.index(item)}

    def _event(self, kind: str, **fields: Any) -> Event:
        self._number += 1
        return {"type": kind, "sequence_number": self._number - 1, **fields}


def _id(kind: str) -> str:
    return f"{kind}_{ids.new('i', 24)[2:]}"


def _usage(usage: dict[str, Any]) -> Event:
    prompt, written = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + written,
    }
