"""How fast answers are being written now, and how much was written since the start."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from studio.engine.models.model import ModelStatistics

FRESH = 3.0  # seconds after its last token in which an answer still counts as being written
SHORTEST = 0.01  # seconds that say something about a speed
SECONDS = 300  # of throughput that are remembered


@dataclass
class Answering:
    """One answer that is being written. Times are `time.monotonic`; `slot` is its lane among the answers of its model."""

    model_id: str = ""
    slot: int = 0
    started: float = field(default_factory=time.monotonic)
    first: float = 0.0
    last: float = 0.0
    tokens: int = 0
    throughput: Throughput | None = None

    def count(self, tokens: int = 1) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.tokens += tokens
        if self.throughput is not None:
            self.throughput.add(tokens, self.last)

    def settle(self, tokens: int | None) -> None:
        """The exact count, once the worker told it."""
        self.tokens = self.tokens if tokens is None else tokens

    def speed(self) -> float | None:
        """Tokens a second after the first one; None before there is something to measure."""
        seconds = self.last - self.first
        return (self.tokens - 1) / seconds if self.tokens > 1 and seconds > SHORTEST else None

    def first_token_seconds(self) -> float | None:
        return self.first - self.started if self.first else None


class Throughput:
    """Tokens written in each of the last seconds, over all models."""

    def __init__(self) -> None:
        self._counts: deque[int] = deque([0] * SECONDS, maxlen=SECONDS)
        self._second = int(time.monotonic())

    def add(self, tokens: int, now: float) -> None:
        self._turn(now)
        self._counts[-1] += tokens

    def read(self) -> list[int]:
        """The oldest first, up to the last whole second."""
        self._turn(time.monotonic())
        return list(self._counts)[:-1]

    def _turn(self, now: float) -> None:
        passed = int(now) - self._second
        if passed > 0:
            self._counts.extend([0] * min(passed, SECONDS))
            self._second = int(now)


class Meter:
    """Counts over all models."""

    def __init__(self) -> None:
        self._answers: dict[int, Answering] = {}
        self._requests: dict[str, int] = {}
        self._tokens: dict[str, int] = {}
        self._throughput = Throughput()

    @property
    def active(self) -> int:
        """How many answers are under way."""
        return len(self._answers)

    def begin(self, model_id: str) -> Answering:
        answering = Answering(model_id, self._free_slot(model_id), throughput=self._throughput)
        self._answers[id(answering)] = answering
        self._requests[model_id] = self._requests.get(model_id, 0) + 1
        return answering

    def end(self, model_id: str, answering: Answering, tokens: int | None = None) -> None:
        self._answers.pop(id(answering), None)
        self._tokens[model_id] = self._tokens.get(model_id, 0) + (answering.tokens if tokens is None else tokens)

    def read(self, slots: dict[str, int], requests_per_minute: int = 0) -> ModelStatistics:
        """`slots` are the parallel slots of each model that is loaded."""
        return ModelStatistics(
            loaded=len(slots),
            tokens_per_second=self.speed(),
            requests=sum(self._requests.values()),
            tokens=sum(self._tokens.values()),
            by_model={
                model_id: {"requests": count, "tokens": self._tokens.get(model_id, 0)}
                for model_id, count in self._requests.items()
            },
            active=self.active,
            waiting=sum(1 for answer in self._answers.values() if answer.slot >= slots.get(answer.model_id, 0)),
            slots=sum(slots.values()),
            requests_per_minute=requests_per_minute,
            throughput=self._throughput.read(),
        )

    def speed(self) -> float | None:
        """Tokens a second of all answers together; None when none is being written."""
        now = time.monotonic()
        speeds = [answer.speed() for answer in self._answers.values() if now - answer.last < FRESH]
        known = [speed for speed in speeds if speed is not None]
        return sum(known) if known else None

    def _free_slot(self, model_id: str) -> int:
        taken = {answer.slot for answer in self._answers.values() if answer.model_id == model_id}
        return next(slot for slot in range(len(taken) + 1) if slot not in taken)
