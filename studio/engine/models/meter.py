"""How fast answers are being written now, and how much was written since the start."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from studio.engine.models.model import ModelStatistics

FRESH = 3.0  # seconds after its last token in which an answer still counts as being written


@dataclass
class Answering:
    """One answer that is being written. Times are `time.monotonic`."""

    started: float = field(default_factory=time.monotonic)
    first: float = 0.0
    last: float = 0.0
    tokens: int = 0

    def count(self, tokens: int = 1) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.tokens += tokens

    def speed(self) -> float | None:
        """Tokens a second after the first one; None before the second."""
        seconds = self.last - self.first
        return (self.tokens - 1) / seconds if self.tokens > 1 and seconds > 0 else None


class Meter:
    """Counts over all models."""

    def __init__(self) -> None:
        self._answers: dict[int, Answering] = {}
        self._requests: dict[str, int] = {}
        self._tokens: dict[str, int] = {}

    def begin(self, model_id: str) -> Answering:
        answering = Answering()
        self._answers[id(answering)] = answering
        self._requests[model_id] = self._requests.get(model_id, 0) + 1
        return answering

    def end(self, model_id: str, answering: Answering, tokens: int | None = None) -> None:
        self._answers.pop(id(answering), None)
        self._tokens[model_id] = self._tokens.get(model_id, 0) + (answering.tokens if tokens is None else tokens)

    def read(self, loaded: int) -> ModelStatistics:
        now = time.monotonic()
        speeds = [answer.speed() for answer in self._answers.values() if now - answer.last < FRESH]
        known = [speed for speed in speeds if speed is not None]
        return ModelStatistics(
            loaded=loaded,
            tokens_per_second=sum(known) if known else None,
            requests=sum(self._requests.values()),
            tokens=sum(self._tokens.values()),
            by_model={
                model_id: {"requests": count, "tokens": self._tokens.get(model_id, 0)}
                for model_id, count in self._requests.items()
            },
        )
