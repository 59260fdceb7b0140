"""One budget of memory for chat models, embedders, rerankers and runs: who may load, and who is unloaded for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from studio.engine.errors import Conflict
from studio.engine.models.fit import Fit, Resident, estimate
from studio.engine.models.hardware import Hardware
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

Computer = Callable[[], Awaitable[Hardware]]
Unload = Callable[[str], Awaitable[None]]


class DoesNotFit(Conflict):
    """A load that needs an answer first. `fit` has the numbers; `unload` the models that would make room, which are in use
    or are to stay loaded; with none, only forcing it remains."""

    code = 40902

    def __init__(self, model: Model, fit: Fit, unload: Sequence[Resident]) -> None:
        needed, free = f"{fit.needed / 1e9:.1f} GB", f"{fit.free / 1e9:.1f} GB"
        names = ", ".join(other.name for other in unload)
        super().__init__(
            Text(
                f"“{model.name}” needs {needed} of memory, and {free} is free.",
                f"“{model.name}”需要 {needed} 内存，目前可用 {free}。",
            ),
            Text(
                f"Unload {names} first, shorten the context, or load it all the same (force)."
                if names
                else "Shorten the context, choose a smaller quantization, or load it all the same (force).",
                f"请先卸载 {names}、缩短上下文，或强制加载（force）。"
                if names
                else "请缩短上下文、选择更小的量化版本，或强制加载（force）。",
            ),
        )
        self.fixed_by("smaller")
        self.fit = fit
        self.unload = [other.id for other in unload]


class Budget:
    """`computer` reads the memory, `residents` what is loaded (the longest idle first), `unload` ends one of them, `limit`
    is what all models may take together, in bytes, or None for what is free."""

    def __init__(
        self,
        computer: Computer,
        residents: Callable[[], list[Resident]],
        unload: Unload,
        limit: Callable[[], int | None],
    ) -> None:
        self._computer = computer
        self._residents = residents
        self._unload = unload
        self._limit = limit
        self._held: dict[str, int] = {}
        self._deciding = asyncio.Lock()

    def held(self) -> int:
        """Bytes that are promised to runs and to loads that are under way."""
        return sum(self._held.values())

    async def fit(self, model: Model, settings: LoadSettings) -> Fit:
        """As it is now."""
        return self.judge(model, settings, await self._computer())

    def judge(self, model: Model, settings: LoadSettings, computer: Hardware) -> Fit:
        """Beside what is loaded now, and what is promised."""
        residents = self._residents()
        others = [other for other in residents if other.id != model.id]
        left = computer.model_copy(update={"ram_free": max(0, computer.ram_free - self.held())})
        held = sum(other.bytes for other in residents if other.id == model.id)
        limit = self._limit()
        return estimate(model, settings, left, held, others, None if limit is None else limit - self.held())

    async def admit(self, model: Model, settings: LoadSettings, *, force: bool = False) -> None:
        """Make room, or raise `DoesNotFit`, before anything of the model changes."""
        async with self._deciding:
            await self._make_room(model, settings, force)

    @asynccontextmanager
    async def loading(self, model: Model, settings: LoadSettings, *, force: bool = False) -> AsyncIterator[None]:
        """Room for a model while it loads. Models that rest are unloaded for it, the longest idle first; for others it
        raises `DoesNotFit`, unless forced."""
        async with self._deciding:
            needed = await self._make_room(model, settings, force)
            self._held[f"load {model.id}"] = needed
        try:
            yield
        finally:
            self._held.pop(f"load {model.id}", None)

    @asynccontextmanager
    async def holding(self, name: str, needed: int) -> AsyncIterator[None]:
        """Memory that something else takes meanwhile, such as a step of a run: models that load then leave it free."""
        self._held[name] = self._held.get(name, 0) + needed
        try:
            yield
        finally:
            self._held[name] -= needed
            if not self._held[name]:
                del self._held[name]

    async def _make_room(self, model: Model, settings: LoadSettings, force: bool) -> int:
        while True:
            fit = await self.fit(model, settings)
            if fit.fits:
                return fit.needed
            there = {other.id: other for other in self._residents() if other.id != model.id}
            asked = [there[one] for one in fit.unload if one in there]
            resting = next((other for other in there.values() if other.resting), None)
            enough = asked and all(other.resting for other in asked)
            if not enough and not force:
                raise DoesNotFit(model, fit, asked)
            if resting is None:
                return fit.needed
            await self._unload(resting.id)
