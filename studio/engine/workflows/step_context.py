"""A running step's view of the studio: what it says goes into the journal, what it hears is recorded."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.outside import Models
from studio.engine.workflows.place import Place
from studio.engine.workflows.plan import Step
from studio.engine.workflows.store import Ref
from studio.engine.workflows.telling import logged

if TYPE_CHECKING:
    from studio.engine.workflows.run import Run


AT = ""  # the port that keeps when a value was kept


class StepContext(Context):
    """Made for each call of a step, so it keeps only where it stands."""

    def __init__(self, running: Run, step: Step, place: Place) -> None:
        self.services = running.services
        self.inputs = running.inputs
        self.step = step.id
        self.run = running.execution
        self.row = place.rows[-1] if place.rows else None
        self.rows = place.rows
        self.folder = running.folder
        self.body = functools.partial(running.row, step, place) if step.body is not None else None
        self._running = running
        self._step = step
        self._place = place

    def emit(self, text: str) -> None:
        self._running.teller.text(self.step, self.rows, text)

    def progress(self, done: int, total: int | None = None, **more: Any) -> None:
        self._running.progress(self._step, self.rows, {"done": done, "total": total, **more})

    def log(self, line: str | Text) -> None:
        self.tell("log", logged(line))

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        rows = self.rows
        self._running.tell(kind, self.step, {**data, "row": rows[-1]} if rows else data)  # type: ignore[arg-type]

    async def ask(self, question: dict[str, Any], seconds: float | None = None) -> Any:
        return await self._running.ask(self._step, self.rows, question, seconds)

    async def outside(self, kind: str, request: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        return await self._running.outside.answer((self.step, self.rows), kind, request, work)

    async def call_workflow(self, workflow: str, version: int | None, inputs: dict[str, Any]) -> dict[str, Any]:
        return await self._running.call_workflow(self._step, self.rows, workflow, version, inputs)

    async def item(self, number: int, work: Callable[[Context], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        return await self._running.item(self._step, self._place, number, work)

    async def kept(self, key: str, seconds: float) -> dict[str, Any] | None:
        refs = await self.outside("kept", {"key": key}, functools.partial(self._look_up, key, seconds))
        if refs is None:
            return None
        for inner in self._inner() if not self.rows else ():
            self._running.tell("skipped", inner.id, {"by": "cache"})
        return {name: await self._running.store.get(Ref.read(ref)) for name, ref in refs.items()}

    async def keep(self, key: str, values: dict[str, Any]) -> None:
        store = self._running.store
        refs = {name: await store.put(value) for name, value in {**values, AT: time.time()}.items()}
        if not self._running.replays:
            self._running.cache.put(key, refs)

    def contents(self) -> str:
        said = [[step.id, step.node.work, step.inputs] for step in self._inner()]
        return hashlib.sha256(json.dumps([said, self._step.results], default=str).encode()).hexdigest()

    async def _look_up(self, key: str, seconds: float) -> dict[str, Any] | None:
        """References, so that a replay finds the very values."""
        refs = self._running.cache.get(key)
        at = refs.pop(AT, None) if refs else None
        if refs is None or at is None or (seconds and time.time() - at.value > seconds):
            return None
        return {name: ref.as_dict() for name, ref in refs.items()}

    def _inner(self) -> list[Step]:
        return self._step.body.everything() if self._step.body is not None else []

    @property
    def models(self) -> Any:
        return Models(super().models, self._running.outside, (self.step, self.rows))
