"""What happened, told to whoever listens. Rooms call each other directly; events only tell the outside."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

from studio.engine.text import Text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events. Names are in the past tense."""


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something a person should know, shown in the window's notices. `repair` names an action id, if one helps."""

    level: Literal["info", "success", "warning", "error"]
    title: Text
    body: Text | None = None
    repair: str = ""

    def whole(self) -> Text:
        """What it is and what to do, in one text."""
        if self.body is None:
            return self.title
        mark = "" if self.title.en.endswith((".", "!", "?")) else ". "
        return Text(
            f"{self.title.en}{mark or ' '}{self.body.en}",
            f"{self.title.zh}{'' if self.title.zh.endswith(('。', '？')) else '。'}{self.body.zh}",
        )


E = TypeVar("E", bound=Event)
Listener = Callable[[Event], None]


class Events:
    """One bus per engine. Listeners are called at once, on the engine's loop, and must not block."""

    def __init__(self) -> None:
        self._listeners: list[tuple[type[Event], Callable[..., None]]] = []
        self._unheard: deque[Notice] = deque(maxlen=20)  # what the start had to say before the window listened

    def publish(self, event: Event) -> None:
        if isinstance(event, Notice) and all(kind is not Notice for kind, _ in self._listeners):
            self._unheard.append(event)
        for kind, listener in list(self._listeners):
            if isinstance(event, kind):
                try:
                    listener(event)
                except Exception:
                    log.exception("a listener of %s failed", type(event).__name__)

    def heard(self, kind: type[Event]) -> bool:
        """Whether anybody listens to events of that kind: what is told very often need not be made for nobody."""
        return any(issubclass(kind, wanted) for wanted, _ in self._listeners)

    def subscribe(self, kind: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
        """Call `listener` for every event of that kind or below; the answer ends the subscription.

        The first who listens to notices also hears those that nobody has heard.
        """
        entry = (kind, listener)
        self._listeners.append(entry)
        if kind is Notice:
            while self._unheard:
                self.publish(self._unheard.popleft())

        def unsubscribe() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)

        return unsubscribe

    @contextmanager
    def queue(self, kind: type[E], size: int = 10_000) -> Iterator[asyncio.Queue[E]]:
        """A queue that fills with events of that kind while the block runs; when full, the oldest goes."""
        events: asyncio.Queue[E] = asyncio.Queue(size)

        def put(event: E) -> None:
            if events.full():
                events.get_nowait()
            events.put_nowait(event)

        unsubscribe = self.subscribe(kind, put)
        try:
            yield events
        finally:
            unsubscribe()

    async def stream(self, kind: type[E]) -> AsyncIterator[E]:
        """Every event of that kind from now on."""
        with self.queue(kind) as events:
            while True:
                yield await events.get()
