"""The studio's models: which there are, loading them, and asking them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.models import discovery, hardware, protocol
from studio.engine.models.backend import Backend, Surroundings, Worker, backends
from studio.engine.models.fit import Fit, estimate
from studio.engine.models.hardware import Hardware
from studio.engine.models.meter import Meter
from studio.engine.models.model import (
    ChatPiece,
    EmbedderInfo,
    Kind,
    LoadSettings,
    Model,
    ModelChanged,
    ModelStatistics,
    State,
    Usage,
)
from studio.engine.models.pool import Pool
from studio.engine.models.protocol import Forwarded
from studio.engine.models.recommend import Recommendation, recommend
from studio.engine.models.shelf import Shelf
from studio.engine.paths import Paths
from studio.engine.process import tail
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)
EMBED_BATCH = 64
ROUTE_KINDS: dict[str, Kind] = {"embeddings": "embedding", "rerank": "rerank"}
KIND_WORDS = {
    "chat": Text("chat model", "对话模型"),
    "embedding": Text("embedding model", "嵌入模型"),
    "rerank": Text("rerank model", "重排模型"),
}
SPEED_TOKENS = 16  # an answer shorter than this says little about the speed


class Models(Shelf):
    """Loading models and asking them. Names may be ids, names or aliases everywhere; "" is the default chat model."""

    def __init__(
        self, catalog: Catalog, events: Events, paths: Paths, settings: Settings, secrets: Secrets, egress: Egress
    ) -> None:
        pool = Pool(self._start_worker, self._state_changed)
        super().__init__(catalog, events, paths, settings, secrets, egress, pool)
        self._surroundings = Surroundings(paths, lambda: settings.models, secrets, egress)
        self._backends: dict[str, Backend] = {}
        self._meter = Meter()
        self._scanning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Know the included models and grant the remote ones; the models folder is scanned in the background."""
        await self.open()
        self._pool.watch_idle()
        self._scanning = asyncio.create_task(self._scan_quietly(), name="scan the models folder")

    async def close(self) -> None:
        if self._scanning is not None:
            self._scanning.cancel()
        await self._pool.close()

    def plugin_failures(self) -> list[PluginFailure]:
        return list(backends.failures)

    # loading

    async def load(self, name: str, settings: LoadSettings | None = None) -> Model:
        """Load it now and wait until it answers. Settings that are given are kept for next time."""
        model = await self.get(name)
        if settings is not None and settings != model.load_settings:
            model = await self._change(model, load_settings=settings)
        await self._pool.load(model, model.load_settings)
        await self._library.note_use(model.id)
        return self._with_state(model)

    async def unload(self, name: str) -> Model:
        """Give its memory back; it is free when this returns. Requests that are running fail."""
        model = await self.get(name)
        await self._pool.unload(model.id)
        return self._with_state(model)

    def log(self, model_id: str) -> Sequence[str]:
        """The last lines of its worker, from the last start on."""
        return tail(self._paths.logs / "models" / f"{model_id}.log", 200)

    def settings_in_force(self, model_id: str) -> LoadSettings | None:
        """What a loaded model was loaded with."""
        place = self._pool.place(model_id)
        return place.settings if place.worker is not None else None

    def process_id(self, model_id: str) -> int | None:
        """The process id of its worker, for those who watch memory; None when it has none."""
        worker = self._pool.place(model_id).worker
        return worker.pid if worker else None

    async def memory(self) -> dict[str, int]:
        """The memory of each worker that runs here, in bytes by model id."""
        workers = {model_id: self.process_id(model_id) for model_id in self._pool.loaded()}
        return await asyncio.to_thread(
            lambda: {key: size for key, pid in workers.items() if pid and (size := _resident(pid))}
        )

    # asking

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
        body = {name: value for name, value in body.items() if value is not None}
        answering = self._meter.begin(found.id)
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

    async def forward(self, model: str, route: str, body: dict[str, Any]) -> Forwarded:
        """Pass a request to the worker as it is, but for the model's name: `route` is "/v1/chat/completions" and the
        like. What the worker refuses is raised as a `StudioError`; a stream that breaks raises while it is read."""
        kind: Kind = ROUTE_KINDS.get(route.rpartition("/")[2], "chat")
        found = _must_be(await self._ready(model, kind), kind)
        stack = AsyncExitStack()
        try:
            worker = await stack.enter_async_context(self._pool.use(found))
            changed = {**body, "model": worker.model}
            response = await stack.enter_async_context(protocol.open_stream(worker, found, route, changed))
        except BaseException:
            await stack.aclose()
            raise
        kind = response.headers.get("content-type", "application/json")
        return Forwarded(response.status_code, kind, self._passed(stack, response, found), stack.aclose)

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
        async with aclosing(_closable(self.chat(name, messages, max_tokens=64, temperature=0.8))) as pieces:
            async for piece in pieces:
                usage = piece.usage or usage
        if usage is None or usage.tokens_per_second is None:
            raise Unavailable(Text("The answer was too short to measure.", "回答太短，无法测速。"))
        return usage.tokens_per_second

    def statistics(self) -> ModelStatistics:
        return self._meter.read(len(self._pool.loaded()))

    # this computer

    async def hardware(self) -> Hardware:
        """What there is here, read anew each time."""
        missing = self.backend("vllm").available()
        return await asyncio.to_thread(hardware.read, self._paths.data, self._settings.models.engine, missing)

    async def recommend(self) -> Sequence[Recommendation]:
        """Better models than the demo, with what fits here."""
        return recommend(await self.hardware())

    def fit(self, model: Model, computer: Hardware, settings: LoadSettings | None = None) -> Fit:
        """An estimate of the memory it takes, loaded with these settings."""
        in_force = self.settings_in_force(model.id)
        held = 0
        if in_force is not None:
            held = estimate(model, in_force, computer).needed
        return estimate(model, settings or model.load_settings, computer, held)

    def engines(self) -> Sequence[Backend]:
        """Every backend, for showing which are available and why others are not."""
        return [self.backend(name) for name in backends.all()]

    def backend(self, name: str) -> Backend:
        if name not in self._backends:
            self._backends[name] = backends.get(name)(self._surroundings)
        return self._backends[name]

    # inside

    async def _ready(self, name: str, kind: Kind = "chat") -> Model:
        model = await self.get(name, kind)
        if model.state == "missing":
            raise Unavailable(model.error or Text(f"“{model.name}” is not there.", f"找不到“{model.name}”。"))
        return model

    async def _start_worker(self, model: Model, settings: LoadSettings) -> Worker:
        if not model.remote:
            await self._make_room(model, settings)
        return await self.backend(model.backend).start(model, settings)

    async def _make_room(self, model: Model, settings: LoadSettings) -> None:
        """Unload what nobody uses, the longest idle first, while the memory would not do."""
        computer = await self.hardware()
        for model_id in self._pool.resting():
            if estimate(model, settings, computer).fits:
                return
            await self._pool.unload(model_id)
            computer = await self.hardware()

    async def _passed(self, stack: AsyncExitStack, response: Any, model: Model) -> AsyncIterator[bytes]:
        answering = self._meter.begin(model.id)
        try:
            async with stack:
                async for chunk in response.aiter_bytes():
                    answering.count(chunk.count(b"data: "))
                    yield chunk
        finally:
            self._meter.end(model.id, answering)

    async def _note_speed(self, model: Model, usage: Usage | None) -> None:
        """Keep the measured speed when it differs from what is kept by more than a tenth."""
        speed = usage.tokens_per_second if usage and usage.completion_tokens >= SPEED_TOKENS else None
        if speed is None or abs(speed - (model.tokens_per_second or 0)) <= 0.1 * speed:
            return
        try:
            await self._change(model, tokens_per_second=round(speed, 1), measured_at=time.time())
        except StudioError as problem:  # an answer is worth more than its speed
            log.warning("the speed of %s was not kept: %s", model.name, problem)

    def _state_changed(self, model_id: str, state: State) -> None:
        self._events.publish(ModelChanged(model_id, state))


def _info(model: Model, dimensions: int) -> EmbedderInfo:
    e5 = "e5" in model.name.lower().replace("_", "-").split("-")
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: "} if e5 else {}
    return EmbedderInfo(id=model.id, name=model.name, dimensions=dimensions, **prefixes)


def _must_be(model: Model, kind: Kind) -> Model:
    if model.kind == kind:
        return model
    words = KIND_WORDS[kind]
    raise BadParameter(Text(f"“{model.name}” is no {words.en}.", f"“{model.name}”不是{words.zh}。"))


def _resident(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _measured(usage: Usage, speed: float | None) -> Usage:
    """With our own measure where the server gave none."""
    return usage if usage.tokens_per_second else usage.model_copy(update={"tokens_per_second": speed})


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items
