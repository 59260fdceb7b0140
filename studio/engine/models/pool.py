"""The workers that are running: started on demand, restarted with backoff after a crash, unloaded when idle."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from studio.engine.errors import Fix, StudioError, WorkerFailed
from studio.engine.models.backend import Worker
from studio.engine.models.child_worker import how_it_ended
from studio.engine.models.model import LoadSettings, Model, State
from studio.engine.text import Text

log = logging.getLogger(__name__)
LOOK_EVERY = 5.0  # seconds between two looks for idle workers
LONGEST_WAIT = 30.0

Start = Callable[[Model, LoadSettings], Awaitable[Worker]]
Changed = Callable[[str, State], None]


@dataclass
class Place:
    """What is known of one model's worker. `error` is why it failed last; `failures` in a row since it last did well;
    `why` this engine runs it, where another might have."""

    state: State = "available"
    worker: Worker | None = None
    settings: LoadSettings = field(default_factory=LoadSettings)
    error: StudioError | None = None
    why: Text | None = None
    busy: int = 0
    used: float = 0.0
    failures: int = 0
    failed_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    watch: asyncio.Task[None] | None = None
    loading: asyncio.Task[Worker] | None = None


class Pool:
    """At most one worker for each model. `start` makes one; `changed` hears every change of state."""

    def __init__(self, start: Start, changed: Changed) -> None:
        self._start = start
        self._changed = changed
        self._places: dict[str, Place] = {}
        self._idle: asyncio.Task[None] | None = None

    def place(self, model_id: str) -> Place:
        return self._places.setdefault(model_id, Place())

    def loaded(self) -> list[str]:
        return [model_id for model_id, place in self._places.items() if place.state == "loaded"]

    def slots(self) -> dict[str, int]:
        """How many requests each loaded model answers at the same time."""
        return {model_id: self._places[model_id].settings.slots for model_id in self.loaded()}

    def watch_idle(self) -> None:
        self._idle = asyncio.create_task(self._unload_idle(), name="unload idle models")

    async def close(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        await asyncio.gather(*(self.unload(model_id) for model_id in list(self._places)))

    @asynccontextmanager
    async def use(self, model: Model) -> AsyncIterator[Worker]:
        """The model's worker, loaded if need be, kept loaded while the block runs."""
        place = self.place(model.id)
        place.busy += 1
        try:
            yield await self._worker(model, model.load_settings)
            place.failures = 0
        except WorkerFailed:
            self._note_failure(place)
            raise
        finally:
            place.busy -= 1
            place.used = time.monotonic()

    async def load(self, model: Model, settings: LoadSettings) -> None:
        """Load now, whatever failed before; with other settings than it is loaded with, load it anew."""
        place = self.place(model.id)
        place.failures = 0
        if place.worker is not None and place.settings != settings:
            await self.unload(model.id)
        await self._worker(model, settings)

    async def unload(self, model_id: str) -> None:
        """Stop the worker, or its loading; its memory is free when this returns. Running requests fail."""
        place = self._places.get(model_id)
        if place is None:
            return
        if place.loading is not None:
            place.loading.cancel()
        async with place.lock:
            worker, place.worker = place.worker, None
            if place.watch is not None:
                place.watch.cancel()
            if worker is not None:
                await worker.stop()
                self._set(model_id, "available")

    def resting(self) -> list[str]:
        """Loaded models of this computer that answer nobody now, the longest idle first."""
        resting = [
            (place.used, model_id)
            for model_id, place in self._places.items()
            if place.worker is not None and place.worker.pid is not None and not place.busy
        ]
        return [model_id for _, model_id in sorted(resting)]

    def forget(self, model_id: str) -> None:
        self._places.pop(model_id, None)

    async def _worker(self, model: Model, settings: LoadSettings) -> Worker:
        """The worker that runs, or the one that is being loaded: all who ask wait for the same load, and it goes on when
        one of them leaves."""
        place = self.place(model.id)
        if place.worker is not None and place.worker.running and not place.lock.locked():
            return place.worker
        if place.loading is None or place.loading.done():
            place.loading = asyncio.create_task(self._start_once(model, settings, place), name=f"load {model.name}")
            place.loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            return await asyncio.shield(place.loading)
        except asyncio.CancelledError:
            if place.loading.cancelled():  # by `unload`: whoever waits is told, not cancelled
                raise _unloaded(model) from None
            raise

    async def _start_once(self, model: Model, settings: LoadSettings, place: Place) -> Worker:
        async with place.lock:
            if place.worker is not None and place.worker.running:
                return place.worker
            await self._wait_after_failure(place)
            return await self._load(model, settings, place)

    async def _load(self, model: Model, settings: LoadSettings, place: Place) -> Worker:
        self._set(model.id, "loading")
        try:
            worker = await self._start(model, settings)
        except StudioError as error:
            self._note_failure(place)
            error.fix = error.fix or Fix("model")
            place.error = error
            self._set(model.id, "failed")
            raise
        except BaseException:
            self._set(model.id, "available")
            raise
        place.worker, place.settings, place.error, place.used = worker, settings, None, time.monotonic()
        place.watch = asyncio.create_task(self._watch(model, place, worker), name=f"watch {model.name}")
        self._set(model.id, "loaded")
        return worker

    async def _watch(self, model: Model, place: Place, worker: Worker) -> None:
        """Notice when a worker ends by itself."""
        how = how_it_ended(await worker.wait())
        if place.worker is not worker:
            return
        place.worker = None
        place.error = WorkerFailed(
            Text(f"The engine of “{model.name}” ended: {how.en}.", f"“{model.name}”的推理引擎已退出：{how.zh}。"),
            Text("The next question starts it again.", "下次提问时会自动重启。"),
            details="\n".join(await asyncio.to_thread(worker.log, 40)),
        )
        log.warning("the worker of %s ended: %s", model.name, how.en)
        self._set(model.id, "failed")

    async def _wait_after_failure(self, place: Place) -> None:
        """At once after the first failure, then half a second, one, two …"""
        if place.failures < 2:
            return
        delay = min(0.5 * 2 ** (place.failures - 2), LONGEST_WAIT) - (time.monotonic() - place.failed_at)
        if delay > 0 and place.error is not None and place.worker is None and not isinstance(place.error, WorkerFailed):
            raise place.error
        await asyncio.sleep(max(0.0, delay))

    def _note_failure(self, place: Place) -> None:
        place.failures += 1
        place.failed_at = time.monotonic()

    def _set(self, model_id: str, state: State) -> None:
        self.place(model_id).state = state
        self._changed(model_id, state)

    async def _unload_idle(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for model_id in self.idle():
                if model_id in self.idle():  # still: others took time
                    log.info("unloading %s: idle", model_id)
                    await self.unload(model_id)

    def idle(self, now: float | None = None) -> list[str]:
        """Loaded models that nobody asked anything for as long as their settings say."""
        now = time.monotonic() if now is None else now
        return [
            model_id
            for model_id, place in self._places.items()
            if place.worker is not None
            and not place.busy
            and 0 < place.settings.unload_after_minutes * 60 <= now - place.used
        ]


def _unloaded(model: Model) -> WorkerFailed:
    return WorkerFailed(
        Text(f"“{model.name}” was unloaded while it was being loaded.", f"“{model.name}”在加载过程中被卸载。"),
        Text("Ask again: it is loaded anew.", "请重新提问，模型会再次加载。"),
    )
