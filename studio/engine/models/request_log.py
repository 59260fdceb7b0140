"""The last requests that programs made of the local server: a ring, newest last, and an event for each change."""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass

from pydantic import BaseModel

from studio.engine.events import Event, Events

LENGTH = 500


class ServedRequest(BaseModel):
    """One request. `at` in UTC seconds, `status` 0 while it runs; `slot` counts from 0 and is None where a model has none,
    `inputs` the number of texts of an embedding or a ranking."""

    number: int
    at: float
    method: str
    path: str
    model: str = ""
    slot: int | None = None
    inputs: int | None = None
    streaming: bool = False
    status: int = 0
    seconds: float = 0.0
    first_token_seconds: float | None = None
    prompt_tokens: int = 0
    tokens: int = 0
    tokens_per_second: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class RequestChanged(Event):
    """A request to the local server began or ended."""

    request: ServedRequest


class RequestLog:
    """Requests change in place while they run; what is handed out is a copy."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._requests: deque[ServedRequest] = deque(maxlen=LENGTH)
        self._numbers = itertools.count(1)

    def begin(self, method: str, path: str, model: str = "") -> ServedRequest:
        """A request that runs from now on; end it with `end`."""
        request = ServedRequest(number=next(self._numbers), at=time.time(), method=method, path=path, model=model)
        self._requests.append(request)
        self._events.publish(RequestChanged(request.model_copy()))
        return request

    def end(self, request: ServedRequest, status: int, error: str = "") -> None:
        """It was answered; a second call changes nothing."""
        if request.status:
            return
        request.status, request.error = status, error
        request.seconds = time.time() - request.at
        self._events.publish(RequestChanged(request.model_copy()))

    def last(self, limit: int = LENGTH) -> list[ServedRequest]:
        """The newest first."""
        newest = itertools.islice(reversed(self._requests), limit)
        return [request.model_copy() for request in newest]

    def per_minute(self) -> int:
        """How many began within the last minute."""
        since = time.time() - 60
        return sum(1 for _ in itertools.takewhile(lambda request: request.at >= since, reversed(self._requests)))
