"""What the journal says of a run: which steps and rows need not run again, who was asked, what the outside world said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from studio.engine.workflows.journal import RunEvent
from studio.engine.workflows.store import Ref

KINDS = ("finished", "rows", "row", "effect_started", "effect", "asked", "answered", "called")
EXCHANGES = ("exchange",)

Where = tuple[str, tuple[int, ...]]


@dataclass
class Recorded:
    """The recorded outputs by step and place. `repeat` runs again what may or may not have taken effect."""

    steps: dict[Where, dict[str, Ref]] = field(default_factory=dict)
    rows: dict[Where, dict[str, Ref]] = field(default_factory=dict)
    begun: set[Where] = field(default_factory=set)
    asked: dict[Where, RunEvent] = field(default_factory=dict)
    answers: dict[Where, Any] = field(default_factory=dict)
    called: dict[Where, str] = field(default_factory=dict)
    exchanges: dict[tuple[str, tuple[int, ...], int], dict[str, Any]] = field(default_factory=dict)
    repeat: bool = False

    @classmethod
    def read(cls, events: Iterable[RunEvent], repeat: bool = False) -> Recorded:
        found = cls(repeat=repeat)
        for event in events:
            found._note(event)
        return found

    @property
    def any(self) -> bool:
        return bool(self.steps or self.rows or self.begun or self.asked)

    def outputs(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.steps.get((step, rows))

    def row(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.rows.get((step, rows))

    def in_doubt(self, step: str, rows: tuple[int, ...]) -> bool:
        """A side effect that began and was not recorded as done."""
        return not self.repeat and (step, rows) in self.begun and (step, rows) not in self.steps

    def open_questions(self) -> dict[Where, RunEvent]:
        """What a person was asked and has not answered."""
        return {
            where: event for where, event in self.asked.items() if where not in self.answers and where not in self.steps
        }

    def without(self, names: set[str]) -> Recorded:
        """The same as if those steps had never run."""
        return Recorded(
            steps={where: refs for where, refs in self.steps.items() if where[0] not in names},
            rows={where: refs for where, refs in self.rows.items() if where[0] not in names},
        )

    def _note(self, event: RunEvent) -> None:
        data = event.data
        if event.kind == "rows":
            for rows, outputs in data["rows"]:
                self.rows[event.step, tuple(rows)] = _refs(outputs)
        elif event.kind == "finished" and "rows" not in data:
            self.steps[event.step, tuple(data.get("at", ()))] = _refs(data["outputs"])
        elif event.kind == "effect":
            self.steps[event.step, tuple(data["row"])] = _refs(data["outputs"])
        elif event.kind == "effect_started":
            self.begun.add((event.step, tuple(data.get("row", ()))))
        elif event.kind == "row":
            self.rows[event.step, tuple(data["rows"])] = _refs(data["outputs"])
        else:
            self._note_outside(event, tuple(data.get("at", ())))

    def _note_outside(self, event: RunEvent, at: tuple[int, ...]) -> None:
        if event.kind == "asked":
            self.asked[event.step, at] = event
        elif event.kind == "answered":
            self.answers[event.step, at] = event.data["answer"]
        elif event.kind == "called":
            self.called[event.step, at] = event.data["execution"]
        elif event.kind == "exchange":
            self.exchanges[event.step, at, event.data["number"]] = event.data


def _refs(outputs: dict[str, Any]) -> dict[str, Ref]:
    return {name: Ref.read(ref) for name, ref in outputs.items()}
