"""The studio's models: which there are, loading them, and asking them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import WorkerFailed
from studio.engine.events import Events
from studio.engine.models import hardware
from studio.engine.models.asking import Asking
from studio.engine.models.backend import Backend, Surroundings, Worker, backends
from studio.engine.models.budget import Budget
from studio.engine.models.chosen import Chosen, choose, instead
from studio.engine.models.fit import MB, Fit, Resident, estimate_size, needed_bytes
from studio.engine.models.gpu_memory import by_model, by_process
from studio.engine.models.hardware import Hardware
from studio.engine.models.model import LoadSettings, Model, ModelChanged, State
from studio.engine.models.pool import Pool
from studio.engine.models.recommend import Recommendation, recommend
from studio.engine.paths import Paths
from studio.engine.process import tail
from studio.engine.registry import PluginFailure
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings

log = logging.getLogger(__name__)


class Models(Asking):
    """Loading models and asking them. Names may be ids, names or aliases everywhere; "" is the default chat model."""

    def __init__(
        self, catalog: Catalog, events: Events, paths: Paths, settings: Settings, secrets: Secrets, egress: Egress
    ) -> None:
        pool = Pool(self._start_worker, self._state_changed)
        super().__init__(catalog, events, paths, settings, secrets, egress, pool)
        self._surroundings = Surroundings(paths, lambda: settings.models, secrets, egress)
        self._backends: dict[str, Backend] = {}
        self._in_memory: dict[str, Model] = {}
        self._forced: set[str] = set()
        self.budget = Budget(self.hardware, self.residents, self._pool.unload, self.memory_limit)
        self._scanning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Know the included models and grant the remote ones; the models folder is scanned in the background."""
        await self.open()
        self._pool.watch_idle()
        self._scanning = asyncio.create_task(self._scan_quietly(), name="scan the models folder")

    async def close(self) -> None:
        if self._scanning is not None:
            self._scanning.cancel()
        if self._pulse is not None:
            self._pulse.cancel()
        await self._pool.close()

    def plugin_failures(self) -> list[PluginFailure]:
        return list(backends.failures)

    # loading

    async def load(self, name: str, settings: LoadSettings | None = None, *, force: bool = False) -> Model:
        """Load it now and wait until it answers. Settings that are given are kept for next time. What rests is unloaded
        for it; where that is not enough, `DoesNotFit` has the numbers and the choice, and `force` loads it all the same."""
        model = await self.get(name)
        wanted = settings or model.load_settings
        if force:
            self._forced.add(model.id)
        try:
            if not model.remote and self.settings_in_force(model.id) != wanted:
                await self.budget.admit(model, wanted, force=force)
            if wanted != model.load_settings:
                model = await self._change(model, load_settings=wanted)
            await self._pool.load(model, wanted)
        finally:
            self._forced.discard(model.id)
        await self._library.note_use(model.id)
        return self._with_state(model)

    async def keep_settings(self, name: str, settings: LoadSettings) -> Model:
        """How it is loaded from the next time on."""
        return await self._change(await self.get(name), load_settings=settings)

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

    async def gpu_memory(self) -> dict[str, int]:
        """What each loaded model holds of the GPUs' memory, in bytes by model id; empty where there is none."""
        workers = {model_id: pid for model_id in self._pool.loaded() if (pid := self.process_id(model_id))}
        return await asyncio.to_thread(lambda: by_model(workers, by_process()) if workers else {})

    # this computer

    async def hardware(self) -> Hardware:
        """What there is here, read anew each time."""
        missing = self.backend("vllm").available()
        return await asyncio.to_thread(hardware.read, self._paths.data, self._settings.models.engine, missing)

    async def recommend(self) -> Sequence[Recommendation]:
        """Better models than the demo, with what fits here."""
        return recommend(await self.hardware())

    def fit(self, model: Model, computer: Hardware, settings: LoadSettings | None = None) -> Fit:
        """An estimate of the memory it takes, loaded with these settings, beside what is loaded now."""
        return self.budget.judge(model, settings or model.load_settings, computer)

    def residents(self) -> list[Resident]:
        """What is in memory, the longest idle first. A model that is to stay loaded, or that answers, does not rest."""
        resting = self._pool.resting()
        found = []
        for model_id, model in self._in_memory.items():
            place = self._pool.place(model_id)
            if place.worker is not None and place.worker.pid is not None:
                rests = model_id in resting and place.settings.unload_after_minutes > 0
                size = needed_bytes(model, place.settings)
                found.append((place.used, Resident(id=model_id, name=model.name, bytes=size, resting=rests)))
        return [resident for _, resident in sorted(found, key=lambda pair: pair[0])]

    def memory_limit(self) -> int | None:
        """What all models may take together, in bytes; None when only what is free limits them."""
        return self._settings.models.memory_limit_mb * MB or None

    def fit_of_size(self, size_bytes: int, computer: Hardware) -> Fit:
        """Of a model that is not here yet, by its files alone: a guess for its context."""
        return estimate_size(size_bytes, computer)

    def engines(self) -> Sequence[Backend]:
        """Every backend, for showing which are available and why others are not."""
        return [self.backend(name) for name in backends.all()]

    def backend(self, name: str) -> Backend:
        if name not in self._backends:
            self._backends[name] = backends.get(name)(self._surroundings)
        return self._backends[name]

    # inside

    async def _start_worker(self, model: Model, settings: LoadSettings) -> Worker:
        if model.remote:
            return await self._start_somewhere(model, settings)
        async with self.budget.loading(model, settings, force=model.id in self._forced):
            worker = await self._start_somewhere(model, settings)
        self._in_memory[model.id] = model
        return worker

    async def _start_somewhere(self, model: Model, settings: LoadSettings) -> Worker:
        """With the engine that suits it; where vLLM fails, llama.cpp runs what it can."""
        chosen = await asyncio.to_thread(self._chosen, model, settings.engine)
        try:
            return await self._start_chosen(model, chosen, settings)
        except WorkerFailed as error:
            other = instead(model, error.message) if chosen.backend == "vllm" else None
            if other is None:
                raise
            log.warning("vLLM failed, llama.cpp is used: %s", error)
            return await self._start_chosen(model, other, settings)

    def _chosen(self, model: Model, own: str) -> Chosen:
        """`own` is the engine of the model's settings, which comes before the studio's."""
        if model.backend != "vllm":
            return choose(model, own, False, None)
        missing = self.backend("vllm").available()
        wanted = self._settings.models.engine if own == "auto" else own
        return choose(model, wanted, bool(hardware.gpus()), missing)

    async def _start_chosen(self, model: Model, chosen: Chosen, settings: LoadSettings) -> Worker:
        worker = await self.backend(chosen.backend).start(chosen.model, settings)
        worker.backend = chosen.backend
        self._pool.place(model.id).why = chosen.why
        return worker

    def _state_changed(self, model_id: str, state: State) -> None:
        self._events.publish(ModelChanged(model_id, state))


def _resident(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
