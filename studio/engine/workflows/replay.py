"""What the journal says of a run that was interrupted: which steps and rows need not run again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from studio.engine.workflows.journal import RunEvent
from studio.engine.workflows.store import Ref

KINDS = ("finished", "row", "effect_started", "effect")

Where = tuple[str, tuple[int, ...]]


@dataclass
class Recorded:
    """The recorded outputs by step and row. `repeat` runs again what may or may not have taken effect."""

    steps: dict[Where, dict[str, Ref]] = field(default_factory=dict)
    rows: dict[Where, dict[str, Ref]] = field(default_factory=dict)
    begun: set[Where] = field(default_factory=set)
    repeat: bool = False

    @classmethod
    def read(cls, events: Iterable[RunEvent], repeat: bool = False) -> Recorded:
        found = cls(repeat=repeat)
        for event in events:
            found._note(event)
        return found

    @property
    def any(self) -> bool:
        return bool(self.steps or self.rows or self.begun)

    def outputs(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.steps.get((step, rows))

    def row(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.rows.get((step, rows))

    def in_doubt(self, step: str, rows: tuple[int, ...]) -> bool:
        """A side effect that began and was not recorded as done."""
        return not self.repeat and (step, rows) in self.begun and (step, rows) not in self.steps

    def _note(self, event: RunEvent) -> None:
        data = event.data
        outputs = {name: Ref.read(ref) for name, ref in data.get("outputs", {}).items()}
        if event.kind == "finished":
            self.steps[event.step, ()] = outputs
        elif event.kind == "effect":
            self.steps[event.step, tuple(data["row"])] = outputs
        elif event.kind == "effect_started":
            self.begun.add((event.step, tuple(data.get("row", ()))))
        elif event.kind == "row":
            self.rows[event.step, tuple(data["rows"])] = outputs
