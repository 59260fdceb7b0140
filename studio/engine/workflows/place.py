"""Where steps run, and the values that stand there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from studio.engine.workflows.node import Absent, absent
from studio.engine.workflows.plan import Input, Scope, Slot, Source, Step
from studio.engine.workflows.store import digest_of
from studio.engine.workflows.values import convert

Rows = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Place:
    """The sheet, one row of a frame, or one pass of a loop. `rows` counts the rows and passes around it, outermost first.

    `quiet`: a row's steps are counted rather than told one by one. `carried` is what loop-backs brought from the pass before.
    `waits` counts what each step still waits for, `ready` are those that wait for nothing; `relieved`: a task has been made that will take the next of them.
    """

    scope: Scope
    rows: Rows = ()
    around: Place | None = None
    quiet: bool = False
    values: dict[Slot, Any] = field(default_factory=dict)
    digests: dict[Slot, str] = field(default_factory=dict)
    carried: dict[Slot, Any] = field(default_factory=dict)
    waits: dict[str, int] = field(default_factory=dict)
    ready: deque[Step] = field(default_factory=deque)
    relieved: bool = False

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

    def inputs(self, step: Step) -> dict[str, Any] | None:
        """The step's inputs by port; None where a branch that it needs was not taken."""
        found: dict[str, Any] = {}
        for wanted in step.inputs:
            arrived = self._arrived(wanted)
            if arrived:
                found[wanted.name] = arrived if wanted.many else arrived[0]
            elif not wanted.optional:
                return None
        return found

    def arrived(self, step: Step) -> dict[str, Any]:
        """The first value at each input that has one, whether or not the others have any."""
        return {wanted.name: found[0] for wanted in step.inputs if (found := self._arrived(wanted))}

    def digests_of(self, step: Step) -> dict[str, list[str]]:
        """What tells the step's inputs, by port."""
        found: dict[str, list[str]] = {}
        for wanted in step.inputs:
            slots = [slot for slot, _ in wanted.sources if not isinstance(self.value(slot), Absent)]
            found[wanted.name] = [self.digest(slot) for slot in slots]
            brought = [self.carried[slot] for slot, _ in wanted.back if slot in self.carried]
            found[wanted.name] += ["back:" + digest_of(value) for value in brought]
        return found

    def _arrived(self, wanted: Input) -> list[Any]:
        if wanted.back and self.carried:
            brought = [_as(source, self.carried[source[0]]) for source in wanted.back if source[0] in self.carried]
            if brought:
                return brought
        values = self.values
        arrived = []
        for source in wanted.sources:
            value = values[source[0]] if source[0] in values else self.value(source[0])
            if value is not absent:
                arrived.append(value if source[1] is None else _as(source, value))
        return arrived

    def result(self, wanted: Input) -> Any:
        """What a result port got: the first value of a branch that was taken."""
        arrived = self._arrived(wanted)
        return arrived[0] if arrived else None


def _as(source: Source, value: Any) -> Any:
    return value if source[1] is None else convert(value, source[1])
