"""A run that is over, stepped through: how everything stood at each moment at which a step began or ended."""

from __future__ import annotations

from studio.engine.workflows.run_event import RunEvent
from studio.ui.views.workflows_parts.live import RunState

MOMENTS = frozenset({"run_started", "started", "finished", "failed", "skipped", "asked", "answered"})
KEPT = 50_000


class Story:
    """All events of one run. `at` is the moment that is shown; None for how it ended."""

    def __init__(self, execution_id: str) -> None:
        self.execution_id = execution_id
        self.events: list[RunEvent] = []
        self.at: int | None = None
        self._moments: list[int] = []

    def take(self, event: RunEvent) -> None:
        if len(self.events) >= KEPT or (self.events and event.seq <= self.events[-1].seq):
            return
        if event.kind in MOMENTS:
            self._moments.append(len(self.events))
        self.events.append(event)

    @property
    def count(self) -> int:
        return len(self._moments)

    def step(self, by: int) -> RunState | None:
        """How everything stood a moment earlier or later; None once the end is reached."""
        now = self.count if self.at is None else self.at
        now = min(self.count, max(0, now + by))
        self.at = None if now >= self.count else now
        return self.state(self.at) if self.at is not None else None

    def state(self, moment: int) -> RunState:
        """The state right after that moment."""
        state = RunState(self.execution_id)
        for event in self.events[: self._moments[moment] + 1]:
            state.take(event)
        state.status, state.ended = "past", self.events[self._moments[moment]].at
        return state
