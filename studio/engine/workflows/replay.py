"""What the journal says of a run: which steps and rows need not run again, who was asked, what the outside world said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from studio.engine.workflows.doubt import DONE, REPEAT, is_doubt
from studio.engine.workflows.kept_rows import KeptRows, refs_of
from studio.engine.workflows.run_event import RunEvent
from studio.engine.workflows.store import Ref

KINDS = ("finished", "failed", "rows", "row", "effect_started", "effect", "asked", "answered", "called")
ABOUT_QUESTIONS = ("finished", "effect", "effect_started", "asked", "answered")
REFUSED = "Forbidden"  # the kind of a failure before anything happened
EXCHANGES = ("exchange",)

Where = tuple[str, tuple[int, ...]]


@dataclass
class Recorded:
    """The recorded outputs by step and place. `begun` are side effects that were not recorded as done, `asked` are questions without an answer, `doubts` those about side effects,
    `settled` the answers to these. `repeat` runs again what may or may not have taken effect.
    """

    steps: KeptRows = field(default_factory=KeptRows)
    rows: KeptRows = field(default_factory=KeptRows)
    begun: set[Where] = field(default_factory=set)
    asked: dict[Where, RunEvent] = field(default_factory=dict)
    answers: dict[Where, list[tuple[Any, Any]]] = field(default_factory=dict)
    doubts: dict[Where, RunEvent] = field(default_factory=dict)
    settled: dict[Where, dict[str, Any]] = field(default_factory=dict)
    called: dict[Where, str] = field(default_factory=dict)
    exchanges: dict[tuple[str, tuple[int, ...], int], dict[str, Any]] = field(default_factory=dict)
    repeat: bool = False

    def note(self, events: Iterable[RunEvent]) -> None:
        """Take what the journal says next."""
        for event in events:
            self._note(event)

    @property
    def any(self) -> bool:
        return bool(self.steps or self.rows or self.begun or self.asked or self.answers)

    def outputs(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.steps.get((step, rows))

    def row(self, step: str, rows: tuple[int, ...]) -> dict[str, Ref] | None:
        return self.rows.get((step, rows))

    def in_doubt(self, step: str, rows: tuple[int, ...]) -> bool:
        """A side effect that began and was not recorded as done."""
        return not self.repeat and (step, rows) in self.begun and (step, rows) not in self.steps

    def open_questions(self) -> dict[Where, RunEvent]:
        """What a person was asked and has not answered. A step in doubt asks about that first."""
        return {where: event for where, event in (self.asked | self.doubts).items() if where not in self.steps}

    def take_answer(self, where: Where, question: Any) -> Any:
        """What was answered to this question before a restart, once for each time that it was asked; else None."""
        for known in self.answers.get(where, ()):
            if known[0] == question:
                self.answers[where].remove(known)
                return known[1]
        return None

    def without(self, names: set[str]) -> Recorded:
        """The same as if those steps had never run."""
        return Recorded(
            steps=self.steps.without(names),
            rows=self.rows.without(names),
        )

    def _note(self, event: RunEvent) -> None:
        data = event.data
        if event.kind == "rows":
            for rows, outputs in data["rows"]:
                self.rows[event.step, tuple(rows)] = refs_of(outputs)
        elif event.kind == "finished" and "rows" not in data:
            self._note_done((event.step, tuple(data.get("at", ()))), data["outputs"])
        elif event.kind == "effect":
            self._note_done((event.step, tuple(data["row"])), data["outputs"])
        elif event.kind == "effect_started":
            where = event.step, tuple(data.get("row", ()))
            self.begun.add(where)
            self.settled.pop(where, None)
        elif event.kind == "failed":
            if data["error"]["kind"] == REFUSED:
                self.begun.discard((event.step, tuple(data.get("at", ()))))
        elif event.kind == "row":
            self.rows[event.step, tuple(data["rows"])] = refs_of(data["outputs"])
        else:
            self._note_outside(event, tuple(data.get("at", ())))

    def _note_done(self, where: Where, outputs: dict[str, Any]) -> None:
        self.steps[where] = refs_of(outputs)
        self.begun.discard(where)

    def _note_outside(self, event: RunEvent, at: tuple[int, ...]) -> None:
        where = event.step, at
        if event.kind == "asked":
            kept = self.doubts if is_doubt(event.data["question"]) else self.asked
            kept[where] = event
        elif event.kind == "answered":
            self._note_answer(where, event.data["answer"])
        elif event.kind == "called":
            self.called[event.step, at] = event.data["execution"]
        elif event.kind == "exchange":
            self.exchanges[event.step, at, event.data["number"]] = event.data

    def _note_answer(self, where: Where, answer: Any) -> None:
        """The answer belongs to the question that is open there."""
        if self.doubts.pop(where, None) is not None:
            if answer["choice"] == REPEAT:
                self.begun.discard(where)
            elif answer["choice"] == DONE:
                self.settled[where] = answer
            return
        asked = self.asked.pop(where, None)
        self.answers.setdefault(where, []).append((asked.data["question"] if asked else None, answer))
