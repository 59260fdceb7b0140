"""How long a run stood still: while a person was waited for, and between an end and its going on."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio.engine.workflows.run_event import ENDS, RunEvent


@dataclass
class Waits:
    """Told by the events of a run, in their order."""

    _sum: float = 0.0
    _since: float | None = None  # the last event, where the run stood still after it
    _ended: bool = False
    _open: set[tuple[str, tuple[int, ...]]] = field(default_factory=set)

    def note(self, event: RunEvent) -> None:
        if self._since is not None:
            self._sum += max(0.0, event.at - self._since)
        where = (event.step, tuple(event.data.get("at", ())))
        match event.kind:
            case "run_started":
                self._ended = False
            case "asked":
                self._open.add(where)
            case "answered" | "finished" | "failed":
                self._open.discard(where)
            case kind if kind in ENDS:
                self._ended = True
        self._since = event.at if self._ended or self._open else None

    def seconds(self, now: float) -> float:
        """All of it until now, or until the end of a run that has ended."""
        going = self._since is not None and not self._ended
        return self._sum + (max(0.0, now - self._since) if going and self._since is not None else 0.0)
