"""What a run's history is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EventKind = Literal[
    "run_started",  # data: steps (ids), resumed; left_out (ids), where some steps only were asked for
    "queued",  # the step is ready and waits for its turn, where a workflow bounds how many run at once
    "started",  # data: row, when it is in a map; pass, when it is in a loop
    "retry",  # data: attempt, of, wait, error
    "progress",  # data: done, total, failed; of a map, and of each step in it
    "token",  # data: text, a piece of what is being written; row in a map
    "output",  # data: port, ref, preview; of values that are too large to stand in "finished"
    "finished",  # data: seconds, cached, tokens, outputs {port: ref}; at, in a loop; from, where another run did it
    "failed",  # data: error (StudioError.as_dict), seconds; row in a map; at, in a map or loop
    "skipped",  # its branch was not taken, or it is muted
    "log",  # data: line; text, where it is in both languages
    "rows",  # of a map: data: rows [[place, outputs]], those that were done meanwhile
    "row",  # the same of one row, as earlier journals have it
    "effect_started",  # a side effect may have happened from here on
    "effect",  # a side effect in a map has happened; data: row, outputs
    "asked",  # a person is waited for; data: question, at
    "answered",  # data: at, answer, by
    "exchange",  # what a model, a server or a tool said; data: at, number, kind, request, answer (ref); of a model: model, read, written
    "called",  # a workflow was started by this one; data: at, execution
    "run_finished",  # data: outputs {name: ref}, seconds, tokens
    "run_failed",  # data: error, step, seconds
    "run_stopped",
    "run_interrupted",  # the studio ended in the middle; the run can go on
]
ENDS = frozenset({"run_finished", "run_failed", "run_stopped", "run_interrupted"})


@dataclass(slots=True, eq=False)
class RunEvent:
    """One thing that happened, never changed afterwards. `seq` counts from 1 in each execution, `at` is UTC seconds, `step` is "" for the run itself."""

    seq: int
    at: float
    kind: str
    step: str
    data: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"seq": self.seq, "at": self.at, "kind": self.kind, "step": self.step, "data": self.data}


Row = tuple[str, RunEvent]
