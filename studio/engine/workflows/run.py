"""Runs a plan: a step starts when what it needs is there.

The scheduler holds no queue to scan. A step that ends counts its followers down and goes on itself with the first that
is ready, so a chain of cheap steps stays in one task. What happened goes to the journal as it happens; a run that goes on
after a crash is given what was recorded and does not repeat it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.engine.errors import BadState, StudioError, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.journal import EventKind, Journal
from studio.engine.workflows.node import Absent, absent
from studio.engine.workflows.plan import Scope, Slot, Step
from studio.engine.workflows.replay import Recorded
from studio.engine.workflows.step import call, inputs_of
from studio.engine.workflows.store import Ref, Store, digest_of, preview
from studio.engine.workflows.telling import Teller

Values = Mapping[Slot, Any]
Rows = tuple[int, ...]


class InDoubt(BadState):
    """A side effect had begun when the studio ended, and nobody knows whether it took place."""


class StepFailed(Exception):
    """Carries the first failure of a step out of the task group."""

    def __init__(self, step: str, error: StudioError) -> None:
        super().__init__(step)
        self.step = step
        self.error = error


@dataclass(slots=True)
class Place:
    """Where steps run: the sheet, or one row of a frame. `outer` are the values around it."""

    scope: Scope
    rows: Rows = ()
    outer: Values = field(default_factory=dict)
    values: dict[Slot, Any] = field(default_factory=dict)
    digests: dict[Slot, str] = field(default_factory=dict)
    around: Place | None = None
    waits: dict[str, int] = field(default_factory=dict)

    def value(self, slot: Slot) -> Any:
        place: Place | None = self
        while place is not None:
            if slot in place.values:
                return place.values[slot]
            place = place.around
        return absent

    def digest(self, slot: Slot) -> str:
        """What tells the value in a slot; worked out when somebody asks, and kept."""
        place: Place | None = self
        while place is not None and slot not in place.values:
            place = place.around
        if place is None:
            return ""
        if slot not in place.digests:
            value = place.values[slot]
            place.digests[slot] = "" if value is absent else digest_of(value)
        return place.digests[slot]


class Run:
    """One execution. Make it, `announce()`, then `await run.go()`; cancelling that stops every step."""

    def __init__(
        self,
        execution: str,
        scope: Scope,
        inputs: dict[str, Any],
        services: Services,
        journal: Journal,
        store: Store,
        cache: Cache,
        recorded: Recorded | None = None,
        folder: Path | None = None,
    ) -> None:
        self.execution = execution
        self.outputs: dict[str, Ref] = {}
        self.tokens = 0
        self._scope = scope
        self._inputs = inputs
        self._services = services
        self._journal = journal
        self._store = store
        self._cache = cache
        self._recorded = recorded or Recorded()
        self._folder = folder
        self._teller = Teller(self._tell)
        self._begun: set[str] = set()

    def announce(self) -> None:
        """Note the start, at once: who watches from now on must not take an earlier end for this one's."""
        steps = [step.id for step in self._scope.everything()]
        self._tell("run_started", "", {"steps": steps, "resumed": self._recorded.any})

    async def go(self) -> dict[str, Ref]:
        """Run everything and give the outputs by name. Raises `StepFailed` of the step that ended it."""
        try:
            await self._place(Place(self._scope))
        finally:
            self._teller.close()
        return self.outputs

    async def _place(self, place: Place) -> None:
        place.waits = {step.id: step.waits for step in place.scope.steps}
        if place.scope.line:
            await self._chain(place.scope.ready[0], place, None)
            return
        try:
            async with asyncio.TaskGroup() as group:
                for step in place.scope.ready:
                    group.create_task(self._chain(step, place, group))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    async def _chain(self, step: Step, place: Place, group: asyncio.TaskGroup | None) -> None:
        """Run a step, then the first that became ready by it; the others get tasks of their own."""
        following: Step | None = step
        while following is not None:
            await self._step(following, place)
            ready = [after for after in following.next if self._counted_down(after, place)]
            following = ready[0] if ready else None
            for other in ready[1:]:
                assert group is not None
                group.create_task(self._chain(other, place, group))

    @staticmethod
    def _counted_down(step: Step, place: Place) -> bool:
        place.waits[step.id] -= 1
        return place.waits[step.id] == 0

    async def _step(self, step: Step, place: Place) -> None:
        started = time.perf_counter()
        try:
            await self._one(step, place, started)
        except (asyncio.CancelledError, StepFailed):
            raise
        except BaseExceptionGroup as group:
            self._failed(step, place, _first(group).error, started)
        except Exception as error:
            self._failed(step, place, from_unexpected(error), started)

    async def _one(self, step: Step, place: Place, started: float) -> None:
        recorded = self._recorded.outputs(step.id, place.rows)
        if recorded is not None and all(self._store.has(ref) for ref in recorded.values()):
            await self._take(step, place, recorded)
            return
        inputs, taken = inputs_of(step, place.value)
        if step.node.bypass:
            self._pass_through(step, place, inputs)
            return
        if inputs is None:
            self._skip(step, place)
            return
        key = await self._key(step, place, taken)
        kept = self._cache.get(key) if key else None
        if kept is not None:
            await self._take(step, place, kept)
            self._finished(step, place, kept, started, cached=True)
            return
        await self._work(step, place, inputs, key, started)

    async def _work(self, step: Step, place: Place, inputs: dict[str, Any], key: str, started: float) -> None:
        await self._before_effect(step, place)
        self._started(step, place)
        found = await call(step, self._context(step, place), inputs)
        self._teller.flush(step.id, place.rows)
        for port, value in found.items():
            place.values[step.id, port] = value
        self.tokens += _tokens(found)
        if place.rows and not key and not step.type.side_effect:
            self._teller.row_done(step.id, time.perf_counter() - started)
            return
        refs = {port: await self._store.put(value) for port, value in found.items() if value is not absent}
        for port, ref in refs.items():
            place.digests[step.id, port] = ref.digest
        if key:
            self._cache.put(key, refs)
        self._finished(step, place, refs, started, cached=False, tokens=_tokens(found))
        if step.type.side_effect:
            await self._journal.flush()

    def _started(self, step: Step, place: Place) -> None:
        """Told once of a step in a frame; its rows are counted."""
        if not place.rows:
            self._tell("started", step.id)
        elif step.id not in self._begun:
            self._begun.add(step.id)
            self._tell("started", step.id, {"row": place.rows[-1]})

    async def _before_effect(self, step: Step, place: Place) -> None:
        """A side effect is announced on disk first: a run that goes on later must know that it may have happened."""
        if not step.type.side_effect:
            return
        if self._recorded.in_doubt(step.id, place.rows):
            title = step.node.title or step.id
            raise BadState(
                Text(
                    f"“{title}” was interrupted and may have taken effect already.",
                    f"“{title}”曾被中断，可能已经生效。",
                ),
                Text(
                    "Check, then resume with “repeat” or start a new run.", "请核实后选择“重复执行”继续，或重新运行。"
                ),
            )
        self._tell("effect_started", step.id, {"row": list(place.rows)} if place.rows else {})
        await self._journal.flush()

    async def _key(self, step: Step, place: Place, taken: dict[str, list[Slot]]) -> str:
        if not step.type.cached or step.node.cache == "off":
            return ""
        context = self._context(step, place)
        state = await step.type.fingerprint(context, step.params) if step.type.fingerprint else ""
        digests = {port: [place.digest(slot) for slot in slots] for port, slots in taken.items()}
        return Cache.key(step.type.name, step.type.version, step.said, digests, state)

    async def _take(self, step: Step, place: Place, refs: dict[str, Ref]) -> None:
        """Put values that were kept into their slots. A port without one belongs to a branch that was not taken."""
        for port in step.outputs:
            place.values[step.id, port] = absent
        for port, ref in refs.items():
            place.values[step.id, port] = await self._store.get(ref)
            place.digests[step.id, port] = ref.digest
        if not place.rows and step.type.category == "output":
            self.outputs.update(refs)

    def _finished(
        self, step: Step, place: Place, refs: dict[str, Ref], started: float, *, cached: bool, tokens: int = 0
    ) -> None:
        if place.rows:
            if step.type.side_effect:
                self._tell("effect", step.id, {"row": list(place.rows), "outputs": _said(refs)})
            self._teller.row_done(step.id, time.perf_counter() - started)
            return
        self._frame_done(step)
        for port, ref in refs.items():
            value = place.values.get((step.id, port))
            self._tell("output", step.id, {"port": port, "ref": ref.as_dict(), "preview": preview(value)})
        if step.type.category == "output":
            self.outputs.update(refs)
        seconds = round(time.perf_counter() - started, 6)
        self._tell(
            "finished", step.id, {"seconds": seconds, "cached": cached, "tokens": tokens, "outputs": _said(refs)}
        )

    def _failed(self, step: Step, place: Place, error: StudioError, started: float) -> None:
        self._teller.flush(step.id, place.rows)
        data = {"error": error.as_dict(), "seconds": round(time.perf_counter() - started, 6)}
        if place.rows:
            self._teller.row_done(step.id, time.perf_counter() - started, failed=True)
            data["row"] = place.rows[-1]
        else:
            self._frame_done(step)
        self._tell("failed", step.id, data)
        if step.node.on_error == "stop":
            raise StepFailed(step.id, error)
        for port in step.outputs:
            place.values[step.id, port] = None if step.node.on_error == "default" else absent

    def _skip(self, step: Step, place: Place) -> None:
        for port in step.outputs:
            place.values[step.id, port] = absent
        if place.rows:
            self._teller.row_done(step.id, 0.0)
        else:
            self._tell("skipped", step.id)

    def _pass_through(self, step: Step, place: Place, inputs: dict[str, Any] | None) -> None:
        """A muted step hands its first input to each of its outputs."""
        first = next(iter(inputs.values()), absent) if inputs else absent
        for port in step.outputs:
            place.values[step.id, port] = first
        if not place.rows:
            self._tell("skipped", step.id)

    def _context(self, step: Step, place: Place) -> Context:
        rows = place.rows
        return Context(
            services=self._services,
            inputs=self._inputs,
            step=step.id,
            run=self.execution,
            row=rows[-1] if rows else None,
            folder=self._folder,
            body=(lambda number, row: self._row(step, place, number, row)) if step.body else None,
            on_text=lambda text: self._teller.text(step.id, rows, text),
            on_progress=lambda done, total, more: self._progress(step, rows, {"done": done, "total": total, **more}),
            on_log=lambda line: self._tell("log", step.id, {"line": line, **({"row": rows[-1]} if rows else {})}),
        )

    def _progress(self, step: Step, rows: Rows, data: dict[str, Any]) -> None:
        if step.body is not None and data["done"] == 0:
            self._teller.frame([inner.id for inner in step.body.everything()], data["total"])
        self._teller.progress(step.id, rows, data)

    def _frame_done(self, step: Step) -> None:
        """The steps in a frame have finished when it has; their results are told as counts over all rows."""
        if step.body is None:
            return
        for name, count in self._teller.frame_done(step.id, [inner.id for inner in step.body.everything()]).items():
            if count.get("done"):
                said = {"seconds": count["seconds"], "cached": False, "tokens": 0, "outputs": {}}
                self._tell("finished", name, said | {"rows": count["done"], "failed": count["failed"]})

    async def _row(self, step: Step, place: Place, number: int, row: dict[str, Any]) -> dict[str, Any]:
        """The steps in a frame for one row: what its result ports got, by name."""
        assert step.body is not None
        rows = (*place.rows, number)
        recorded = self._recorded.row(step.id, rows)
        if recorded is not None and all(self._store.has(ref) for ref in recorded.values()):
            for inner_step in step.body.steps:
                self._teller.row_done(inner_step.id, 0.0)
            return {name: await self._store.get(ref) for name, ref in recorded.items()}
        started = time.perf_counter()
        inner = Place(step.body, rows, around=place)
        inner.values = {
            (step.id, "row"): row,
            **{(step.id, name): value for name, value in row.items() if name != "row"},
        }
        try:
            await self._place(inner)
        except StepFailed as failure:
            raise failure.error from None
        found = {
            wanted.port.name: _collected([inner.value(slot) for slot, _ in wanted.sources]) for wanted in step.results
        }
        refs = {name: await self._store.put(value) for name, value in found.items()}
        seconds = round(time.perf_counter() - started, 6)
        self._tell("row", step.id, {"row": number, "rows": list(rows), "outputs": _said(refs), "seconds": seconds})
        return found

    def _tell(self, kind: EventKind, step: str, data: dict[str, Any] | None = None) -> None:
        self._journal.append(self.execution, kind, step, data)


def _said(refs: dict[str, Ref]) -> dict[str, Any]:
    return {name: ref.as_dict() for name, ref in refs.items()}


def _collected(values: list[Any]) -> Any:
    """What a result port got: the first value of a branch that was taken."""
    return next((value for value in values if not isinstance(value, Absent)), None)


def _first(group: BaseExceptionGroup[Any]) -> StepFailed:
    """The failure that ended a task group."""
    for error in group.exceptions:
        if isinstance(error, StepFailed):
            return error
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
    return StepFailed("", from_unexpected(group.exceptions[0]))


def _tokens(outputs: dict[str, Any]) -> int:
    usage = outputs.get("usage")
    return int(usage.get("completion_tokens") or 0) if isinstance(usage, dict) else 0
