"""Long reading: how far it is, and how it is stopped from another thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

PROGRESS = ("enable_progress_bar=true", "enable_progress_bar_print=false", "progress_bar_time=0")
EVERY = 0.2  # seconds between two looks at DuckDB's progress


class Stopped(Exception):
    """The reading was stopped; nobody waits for its result."""


class Watch:
    """Given to what reads for long. `report` hears fractions of 1 on the reading's thread."""

    def __init__(self, report: Callable[[float], None] = lambda _fraction: None) -> None:
        self._report = report
        self._stopped = Event()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        """End the reading soon; it raises `Stopped` on its own thread."""
        self._stopped.set()

    def step(self, fraction: float) -> None:
        """Say how far it is. Raises `Stopped` once nobody wants it any more."""
        if self.stopped:
            raise Stopped
        self._report(min(max(fraction, 0.0), 1.0))

    @contextmanager
    def over(self, database: Any, start: float = 0.0, end: float = 1.0) -> Iterator[None]:
        """Report a DuckDB statement's progress as the part from `start` to `end`, and interrupt it when stopped."""
        import duckdb

        self.step(start)
        for setting in PROGRESS:
            database.execute(f"SET {setting}")
        done = Event()
        looker = Thread(target=self._look, args=(database, done, start, end), name="watch", daemon=True)
        looker.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise Stopped from error
        finally:
            done.set()
            looker.join()

    def part(self, start: float, end: float) -> Watch:
        """The same watch for one of several steps: its 0 to 1 is `start` to `end` here."""
        inner = Watch(lambda fraction: self._report(start + (end - start) * fraction))
        inner._stopped = self._stopped
        return inner

    def _look(self, database: Any, done: Event, start: float, end: float) -> None:
        while not done.wait(EVERY):
            if self.stopped:
                database.interrupt()
                continue
            percent = database.query_progress()
            if percent > 0:
                self._report(start + (end - start) * min(percent, 100.0) / 100)
