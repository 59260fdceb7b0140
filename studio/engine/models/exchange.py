"""One request's way to a worker and back: what is added for its kind of worker, and what is done to what comes back.

Bytes are passed on as they are wherever nothing has to change; they are taken apart only for the first events, for the last
ones, which carry the timings, and for calls that a schema forced.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.engine.models.meter import Answering
from studio.engine.models.tool_choice import AsCalls, must_call, with_schema

if TYPE_CHECKING:
    import httpx

STREAMED = ("/v1/chat/completions", "/v1/completions")
PROGRESS = b'"prompt_progress"'
LAST_EVENTS = (b'"timings"', b'"usage"')


@dataclass
class Exchange:
    """`name` is the model's name as it was asked for, `worker_name` the one that the worker writes into its answers."""

    body: dict[str, Any]
    name: str
    worker_name: str = ""
    calls: AsCalls | None = None
    hide_usage: bool = False
    prompt_tokens: int = 0
    tokens: int | None = None
    tokens_per_second: float | None = None

    def to(self, worker_name: str) -> dict[str, Any]:
        """The body for a worker that knows its model by that name."""
        self.worker_name = worker_name
        self.body["model"] = worker_name
        return self.body

    async def passed(self, response: httpx.Response, answering: Answering) -> AsyncIterator[bytes]:
        """The events for whoever asked, in blocks of whole lines."""
        old, new = _named(self.worker_name), _named(self.name)
        async for block in blocks(response):
            if not answering.first or self.calls or any(mark in block for mark in LAST_EVENTS):
                block = b"".join(self._lines(block))
            if block:
                answering.count(block.count(b"data: {"))
                yield block if old == new else block.replace(old, new)

    async def chunks(self, response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
        """The same events as objects, the one with the usage too."""
        async for block in blocks(response):
            for line in block.splitlines():
                for chunk in self._chunks(line):
                    yield chunk

    def note(self, chunk: dict[str, Any]) -> None:
        """Keep the counts that a chunk or a whole answer carries."""
        timings, usage = chunk.get("timings") or {}, chunk.get("usage") or {}
        if timings:
            self.tokens = timings.get("predicted_n")
            self.prompt_tokens = (timings.get("prompt_n") or 0) + (timings.get("cache_n") or 0)
            self.tokens_per_second = timings.get("predicted_per_second")
        if usage:
            self.tokens = usage.get("completion_tokens", self.tokens)
            self.prompt_tokens = usage.get("prompt_tokens") or self.prompt_tokens

    def _lines(self, block: bytes) -> Iterator[bytes]:
        """Each event of a block as it is to be passed on."""
        hidden = False
        for line in block.splitlines(keepends=True):
            if not line.startswith(b"data: {"):
                if not (hidden and not line.strip()):
                    yield line
                hidden = False
                continue
            shown = list(self._shown(line))
            hidden = not shown
            yield b"\n".join(shown)

    def _shown(self, line: bytes) -> Iterator[bytes]:
        if PROGRESS in line:
            return
        if self.calls is None and not any(mark in line for mark in LAST_EVENTS):
            yield line
            return
        for chunk in self._chunks(line):
            if not (self.hide_usage and not chunk.get("choices") and chunk.get("usage")):
                yield line if self.calls is None else b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n"

    def _chunks(self, line: bytes) -> Iterator[dict[str, Any]]:
        mark, _, content = line.partition(b":")
        if mark not in (b"data", b"error") or not content.lstrip().startswith(b"{") or PROGRESS in line:
            return
        chunk = json.loads(content)
        self.note(chunk)
        if "choices" in chunk and self.calls is not None:
            yield from self.calls.turn(chunk)
        else:
            yield chunk


def prepare(backend: str, route: str, body: dict[str, Any], name: str) -> Exchange:
    """A request as the workers of a backend take it."""
    exchange = Exchange(dict(body), name)
    if backend == "llama_cpp":
        _for_llama_cpp(exchange, route)
    elif backend == "vllm":
        _for_vllm(exchange, route)
    return exchange


async def blocks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes as they come, cut after the last whole line."""
    rest = b""
    async for chunk in response.aiter_raw():
        found = rest + chunk if rest else chunk
        cut = found.rfind(b"\n") + 1
        rest = found[cut:]
        if cut:
            yield found[:cut]
    if rest:
        yield rest


def _for_llama_cpp(exchange: Exchange, route: str) -> None:
    """Progress while the prompt is read is asked for and kept back: with every event the worker looks whether somebody
    still listens."""
    if route in STREAMED:
        exchange.body["return_progress"] = True
    _force_calls(exchange, route)


def _force_calls(exchange: Exchange, route: str) -> None:
    """A forced choice of tools is put as a schema: llama.cpp does not enforce it with small models, and vLLM refuses it where
    it knows no parser for the model's calls."""
    if route == "/v1/chat/completions" and must_call(exchange.body):
        exchange.body = with_schema(exchange.body)
        exchange.calls = AsCalls()


def _for_vllm(exchange: Exchange, route: str) -> None:
    """vLLM counts tokens only where its usage is asked for, and has names of its own for what llama.cpp takes."""
    _force_calls(exchange, route)
    body = exchange.body
    if "grammar" in body:
        body["structured_outputs"] = {"grammar": body.pop("grammar")}
    if "repeat_penalty" in body:
        body["repetition_penalty"] = body.pop("repeat_penalty")
    for name in ("cache_prompt", "repeat_last_n", "json_schema"):
        body.pop(name, None)
    if route in STREAMED and body.get("stream"):
        exchange.hide_usage = not (body.get("stream_options") or {}).get("include_usage")
        body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}


def _named(name: str) -> bytes:
    return b'"model":' + json.dumps(name, ensure_ascii=False).encode()
