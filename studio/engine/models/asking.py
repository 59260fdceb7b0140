"""Asking models: answers piece by piece, requests passed through, texts as vectors; and how busy they are."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, RateLimited, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.models import discovery, protocol
from studio.engine.models.exchange import prepare
from studio.engine.models.meter import Answering, Meter
from studio.engine.models.model import (
    ChatPiece,
    EmbedderInfo,
    Figures,
    Kind,
    Model,
    ModelStatistics,
    ThroughputChanged,
    Usage,
)
from studio.engine.models.pool import Pool
from studio.engine.models.protocol import Forwarded
from studio.engine.models.request import cleaned
from studio.engine.models.request_log import RequestLog
from studio.engine.models.shelf import Shelf
from studio.engine.models.speaking import SPEECH_ROUTE, Spoken, as_told, media_type_of, speaks_not
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)
EMBED_BATCH = 64
DEMO_TOKENS = 512  # of an answer nobody bounded: the demo model often finds no end before its context is full
ROUTE_KINDS: dict[str, Kind] = {"/v1/embeddings": "embedding", "/v1/rerank": "rerank"}
KIND_WORDS = {
    "chat": Text("chat model", "对话模型"),
    "embedding": Text("embedding model", "嵌入模型"),
    "rerank": Text("rerank model", "重排模型"),
    "speech": Text("speech model", "语音模型"),
}
SPEED_TOKENS = 16  # an answer shorter than this says little about the speed
PULSE = 1.0  # seconds between two events about the throughput


class Asking(Shelf):
    """Asks the models of the shelf. `requests` are the last ones that programs made of the local server."""

    def __init__(
        self,
        catalog: Catalog,
        events: Events,
        paths: Paths,
        settings: Settings,
        secrets: Secrets,
        egress: Egress,
        pool: Pool,
    ) -> None:
        super().__init__(catalog, events, paths, settings, secrets, egress, pool)
        self.requests = RequestLog(events)
        self._meter = Meter()
        self._pulse: asyncio.Task[None] | None = None

    async def chat(
        self,
        model: str,
        messages: Sequence[dict[str, Any]],
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        response_format: dict[str, Any] | None = None,
        tools: Sequence[dict[str, Any]] | None = None,
        **extra: Any,
    ) -> AsyncIterator[ChatPiece]:
        """Ask, and get the answer piece by piece; the model is loaded on demand.

        Closing the iterator (or cancelling) ends the connection and the worker stops decoding. Raises `BadParameter` with
        both numbers when the prompt is longer than the context, and `WorkerFailed` when the worker dies meanwhile.
        """
        found = _must_be(await self._ready(model), "chat")
        body: dict[str, Any] = {
            "messages": list(messages),
            "temperature": temperature,
            "max_tokens": max_tokens,
            "stop": stop,
            "seed": seed,
            "response_format": response_format,
            "tools": list(tools) if tools else None,
            **extra,
        }
        body = cleaned(protocol.CHAT_ROUTE, body)
        answering = self._begin(found)
        tokens = None
        try:
            async with (
                self._pool.use(found) as worker,
                aclosing(_closable(protocol.chat(worker, found, body))) as pieces,
            ):
                async for piece in pieces:
                    if piece.text or piece.reasoning or piece.tool_calls:
                        answering.count()
                    if piece.usage is not None:
                        tokens = piece.usage.completion_tokens
                        piece = ChatPiece(usage=_measured(piece.usage, answering.speed()))
                        await self._note_speed(found, piece.usage)
                    yield piece
        finally:
            self._meter.end(found.id, answering, tokens)

    async def forward(self, model: str, route: str, body: Mapping[str, Any]) -> Forwarded:
        """Pass a request on for a stream: `route` is "/v1/chat/completions" or "/v1/completions". Unknown fields are dropped
        and numbers brought into their ranges. What the worker refuses is raised as a `StudioError`; a stream that breaks
        raises while it is read. `RateLimited` when too many wait already."""
        wanted = {**cleaned(route, body), "stream": True}
        found = await self._for_route(model, route)
        if found.demo:
            wanted.setdefault("max_tokens", DEMO_TOKENS)
        stack = AsyncExitStack()
        answering = self._begin(found)
        stack.callback(lambda: self._meter.end(found.id, answering))
        try:
            worker = await stack.enter_async_context(self._pool.use(found))
            exchange = prepare(worker.backend or found.backend, route, wanted, model or found.name)
            stack.callback(lambda: answering.settle(exchange.tokens))
            sent = exchange.to(worker.model)
            response = await stack.enter_async_context(protocol.open_stream(worker, found, route, sent))
        except BaseException:
            await stack.aclose()
            raise
        return Forwarded(exchange, answering, response, stack)

    async def answer(self, model: str, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request that never streams: "/v1/embeddings" and "/v1/rerank"."""
        body = cleaned(route, body)
        found = await self._for_route(model, route)
        answering = self._begin(found)
        try:
            async with self._pool.use(found) as worker:
                return {**await protocol.post(worker, found, route, body), "model": model or found.name}
        finally:
            self._meter.end(found.id, answering)

    async def speak(self, model: str, body: Mapping[str, Any]) -> Spoken:
        """A text as speech: `body` as OpenAI's /v1/audio/speech takes it. "" and “default” are the first model that speaks. Raises
        `Unavailable` with the way to get one where the model does not."""
        body = cleaned(SPEECH_ROUTE, body)
        found = await self._ready("" if model == "default" else model, "speech")
        if not found.remote or found.kind not in ("speech", "chat"):  # by its name alone one is hard to tell
            raise speaks_not(found)
        answering = self._begin(found)
        stack = AsyncExitStack()
        stack.callback(lambda: self._meter.end(found.id, answering))
        try:
            worker = await stack.enter_async_context(self._pool.use(found))
            sent = {**body, "model": worker.model}
            response = await stack.enter_async_context(protocol.open_stream(worker, found, SPEECH_ROUTE, sent))
            return Spoken(media_type_of(found, response), response, stack)
        except StudioError as error:
            await stack.aclose()
            raise as_told(found, error) from error
        except BaseException:
            await stack.aclose()
            raise

    async def embed(self, model: str, texts: Sequence[str], *, purpose: str = "passage") -> Any:
        """The texts as vectors of length 1: a float32 array (texts, dimensions). `purpose` is "query" or "passage"."""
        import numpy

        found = _must_be(await self._ready(model, "embedding"), "embedding")
        info = _info(found, 0)
        prefix = info.query_prefix if purpose == "query" else info.passage_prefix
        parts = []
        async with self._pool.use(found) as worker:
            for start in range(0, len(texts), EMBED_BATCH):
                batch = [prefix + (text or " ") for text in texts[start : start + EMBED_BATCH]]
                body = {"input": batch, "encoding_format": "base64"}
                parts.append(protocol.embeddings(await protocol.post(worker, found, "/v1/embeddings", body)))
        return numpy.concatenate(parts) if parts else numpy.zeros((0, found.dimensions or 0), numpy.float32)

    async def embedder(self, name: str = "") -> EmbedderInfo:
        """An embedding model as a collection records it; "" is the included one."""
        found = _must_be(await self.get(name or discovery.EMBEDDER_ID, "embedding"), "embedding")
        dimensions = found.dimensions or int((await self.embed(found.id, ["dimensions"])).shape[1])
        return _info(found, dimensions)

    async def count_tokens(self, model: str, text: str) -> int:
        """Exact for a GGUF model that is loaded; else an estimate that is rather too high."""
        found = await self.get(model)
        worker = self._pool.place(found.id).worker
        if found.backend == "llama_cpp" and worker is not None:
            answer = await protocol.post(worker, found, "/tokenize", {"content": text})
            return len(answer["tokens"])
        wide = sum(1 for character in text if character >= "\u2e80")
        return wide + -(-(len(text) - wide) // 3)

    async def measure(self, name: str) -> float:
        """Decoding speed in tokens a second on this computer, kept with the model."""
        messages = [{"role": "user", "content": "Write a short story about a lighthouse."}]
        usage: Usage | None = None
        whole: dict[str, Any] = (
            {} if (await self.get(name)).remote else {"ignore_eos": True}
        )  # few words say little of the speed
        async with aclosing(_closable(self.chat(name, messages, max_tokens=64, temperature=0.8, **whole))) as pieces:
            async for piece in pieces:
                usage = piece.usage or usage
        if usage is None or usage.tokens_per_second is None:
            raise Unavailable(Text("The answer was too short to measure.", "回答太短，无法测速。"))
        return usage.tokens_per_second

    async def keep_figures(self, model_id: str, speed: float, figures: Figures) -> None:
        """What was measured on purpose, for the library to show."""
        model = await self.get(model_id)
        await self._change(model, tokens_per_second=speed, measured_at=time.time(), figures=figures)

    def statistics(self) -> ModelStatistics:
        """What was answered since the start, and what goes on now; quick."""
        return self._meter.read(self._pool.slots(), self.requests.per_minute())

    # inside

    def _begin(self, model: Model) -> Answering:
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.create_task(self._tell_throughput(), name="tell the throughput")
        return self._meter.begin(model.id)

    async def _tell_throughput(self) -> None:
        """Once a second until nobody is answered any more."""
        busy = True
        while busy:
            await asyncio.sleep(PULSE)
            busy = self._meter.active > 0
            self._events.publish(ThroughputChanged(self.statistics()))

    async def _for_route(self, name: str, route: str) -> Model:
        """The model for a request from outside, if it is of the right kind and not too many wait for it."""
        kind = ROUTE_KINDS.get(route, "chat")
        found = _must_be(await self._ready(name, kind), kind)
        most = found.load_settings.slots + self._settings.server.queue
        if self._pool.place(found.id).busy >= most:
            raise _too_many(found, most)
        return found

    async def _ready(self, name: str, kind: Kind = "chat") -> Model:
        model = await self.get(name, kind)
        if model.state == "missing":
            gone = model.error or Text(f"“{model.name}” is not there.", f"找不到“{model.name}”。")
            raise Unavailable(gone).fixed_by("model")
        return model

    async def _note_speed(self, model: Model, usage: Usage | None) -> None:
        """Keep the measured speed when it differs from what is kept by more than a tenth."""
        speed = usage.tokens_per_second if usage and usage.completion_tokens >= SPEED_TOKENS else None
        if speed is None or abs(speed - (model.tokens_per_second or 0)) <= 0.1 * speed:
            return
        try:
            await self._change(model, tokens_per_second=round(speed, 1), measured_at=time.time())
        except StudioError as problem:  # an answer is worth more than its speed
            log.warning("the speed of %s was not kept: %s", model.name, problem)


def _info(model: Model, dimensions: int) -> EmbedderInfo:
    e5 = "e5" in model.name.lower().replace("_", "-").split("-")
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: "} if e5 else {}
    return EmbedderInfo(id=model.id, name=model.name, dimensions=dimensions, **prefixes)


def _must_be(model: Model, kind: Kind) -> Model:
    if model.kind == kind:
        return model
    words = KIND_WORDS[kind]
    raise BadParameter(Text(f"“{model.name}” is no {words.en}.", f"“{model.name}”不是{words.zh}。"))


def _too_many(model: Model, most: int) -> RateLimited:
    return RateLimited(
        Text(
            f"“{model.name}” is busy: {most} requests run or wait already.",
            f"“{model.name}”繁忙：已有 {most} 个请求在运行或排队。",
        ),
        Text(
            "Ask again in a moment, give it more parallel slots, or let more wait under Settings › Server.",
            "请稍后再试，也可增加并行槽位，或在“设置 › 服务”中放宽排队数量。",
        ),
    )


def _measured(usage: Usage, speed: float | None) -> Usage:
    """With our own measure where the server gave none."""
    return usage if usage.tokens_per_second else usage.model_copy(update={"tokens_per_second": speed})


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items
