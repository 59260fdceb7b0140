"""A running step's view of the studio: what it says goes into the journal, what it hears is recorded."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from studio.engine.workflows.context import Context
from studio.engine.workflows.outside import Models
from studio.engine.workflows.place import Place
from studio.engine.workflows.plan import Step

if TYPE_CHECKING:
    from studio.engine.workflows.run import Run


class StepContext(Context):
    """Made for each call of a step, so it keeps only where it stands."""

    def __init__(self, running: Run, step: Step, place: Place) -> None:
        self.services = running.services
        self.inputs = running.inputs
        self.step = step.id
        self.run = running.execution
        self.row = place.rows[-1] if place.rows else None
        self.folder = running.folder
        self.body = functools.partial(running.row, step, place) if step.body is not None else None
        self._running = running
        self._step = step
        self._rows = place.rows

    def emit(self, text: str) -> None:
        self._running.teller.text(self.step, self._rows, text)

    def progress(self, done: int, total: int | None = None, **more: Any) -> None:
        self._running.progress(self._step, self._rows, {"done": done, "total": total, **more})

    def log(self, line: str) -> None:
        self.tell("log", {"line": line})

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        rows = self._rows
        self._running.tell(kind, self.step, {**data, "row": rows[-1]} if rows else data)  # type: ignore[arg-type]

    async def ask(self, question: dict[str, Any], seconds: float | None = None) -> Any:
        return await self._running.ask(self._step, self._rows, question, seconds)

    async def outside(self, kind: str, request: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        return await self._running.outside.answer((self.step, self._rows), kind, request, work)

    async def call_workflow(self, workflow: str, version: int | None, inputs: dict[str, Any]) -> dict[str, Any]:
        return await self._running.call_workflow(self._step, self._rows, workflow, version, inputs)

    @property
    def models(self) -> Any:
        return Models(super().models, self._running.outside, (self.step, self._rows))
