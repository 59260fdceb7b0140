"""How steps end, and what is told of it: finished, failed, skipped, passed by."""

from __future__ import annotations

import time
from typing import Any

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.workflows.bypass import Through
from studio.engine.workflows.journal import Journal
from studio.engine.workflows.node import absent
from studio.engine.workflows.place import Place
from studio.engine.workflows.plan import Step
from studio.engine.workflows.run_event import EventKind
from studio.engine.workflows.store import Ref, preview
from studio.engine.workflows.telling import Teller
from studio.engine.workflows.values import convert


class StepFailed(Exception):
    """Carries the first failure of a step out of the task group."""

    def __init__(self, step: str, error: StudioError) -> None:
        super().__init__(step)
        self.step = step
        self.error = error


class Outcomes:
    """The voice of one run. `outputs` are those of its output steps, by name."""

    def __init__(self, execution: str, journal: Journal) -> None:
        self.execution = execution
        self.outputs: dict[str, Ref] = {}
        self._givers: dict[str, str] = {}  # the step that gave each output
        self.teller = Teller(self.tell)
        self._journal = journal

    def tell(self, kind: EventKind, step: str, data: dict[str, Any] | None = None) -> None:
        self._journal.append(self.execution, kind, step, data)

    def _finished(
        self, step: Step, place: Place, refs: dict[str, Ref], started: float, *, cached: bool, tokens: int = 0
    ) -> None:
        seconds = time.perf_counter() - started
        said = {port: ref.as_dict() for port, ref in refs.items()}
        if place.quiet:
            if step.effect:
                self.tell("effect", step.id, {"row": list(place.rows), "outputs": said})
            self.teller.counted(step.id, seconds)
            return
        self._frame_done(step)
        for port, ref in refs.items():
            if ref.kind != "inline":
                shown = preview(place.values.get((step.id, port)))
                self.tell("output", step.id, {"port": port, "ref": said[port], "preview": shown})
        self._give(step, refs)
        data = {"seconds": round(seconds, 6), "cached": cached, "tokens": tokens, "outputs": said}
        self.tell("finished", step.id, data if not place.rows else {**data, "at": place.rows})

    def _give(self, step: Step, refs: dict[str, Ref]) -> None:
        """The outputs of the run: what output steps got, and what others made, which never hides that. Of a step that runs
        again, the last."""
        if step.type.category != "output":
            return
        for port, ref in refs.items():
            if not step.outputs or self._givers.get(port, step.id) == step.id:
                self.outputs[port] = ref
                self._givers[port] = step.id

    def _failed(self, step: Step, place: Place, error: StudioError, started: float) -> None:
        self.teller.flush(step.id, place.rows)
        seconds = time.perf_counter() - started
        data: dict[str, Any] = {"error": error.as_dict(), "seconds": round(seconds, 6)}
        if place.rows:
            data["at"] = list(place.rows)
        if place.quiet:
            self.teller.counted(step.id, seconds, failed=True)
            data["row"] = place.rows[-1]
        else:
            self._frame_done(step)
        policy = step.node.on_error
        if step.node.variant_of and policy == "stop":
            policy = "branch"  # a variant that fails does not stop the run
        self.tell("failed", step.id, data if policy == "stop" else {**data, "handled": policy})
        if policy == "stop":
            raise StepFailed(step.id, error)
        for port in step.outputs:
            value = step.node.default.get(port) if policy == "default" else absent
            place.values[step.id, port] = value
        if policy == "branch":
            place.values[step.id, "error"] = error.as_dict()

    def _skip(self, step: Step, place: Place, by: str = "") -> None:
        """Its outputs carry nothing. `by` says who wanted that, where somebody did."""
        for port in step.outputs:
            place.values[step.id, port] = absent
        for skipped in (step, *(step.body.everything() if step.body is not None else ())):
            if place.quiet:
                self.teller.counted(skipped.id)
            else:
                self.tell("skipped", skipped.id, {"by": by} if by else None)

    def _leave_out(self, step: Step, place: Place) -> None:
        """A step that is not asked for: nothing is told of it."""
        for port in step.outputs:
            place.values[step.id, port] = absent

    def _pass_through(self, step: Step, place: Place, through: Through) -> None:
        """A bypassed step hands each output the input that stands in for it."""
        arrived = place.arrived(step)
        for port in step.outputs:
            name, kind = through.get(port, ("", None))
            value = arrived.get(name, absent)
            place.values[step.id, port] = convert(value, kind) if kind and value is not absent else value
        if place.quiet:
            self.teller.counted(step.id)
        else:
            self.tell("skipped", step.id, {"by": "bypass"})

    def _frame_done(self, step: Step) -> None:
        """The steps in a frame have finished when it has; their results are told as counts over all rows."""
        if step.body is None:
            return
        for name, count in self.teller.frame_done(step.id, [inner.id for inner in step.body.everything()]).items():
            if count.get("done"):
                said = {"seconds": count["seconds"], "cached": False, "tokens": 0, "outputs": {}}
                self.tell("finished", name, said | {"rows": count["done"], "failed": count["failed"]})


def first_failure(group: BaseExceptionGroup[Any]) -> StepFailed:
    """The failure that ended a task group."""
    for error in group.exceptions:
        if isinstance(error, StepFailed):
            return error
        if isinstance(error, BaseExceptionGroup):
            return first_failure(error)
    return StepFailed("", from_unexpected(group.exceptions[0]))
