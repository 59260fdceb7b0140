"""What is told often is told together: text every 50 ms, progress ten times a second, rows that are done every 5 ms or 500 at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.engine.text import Text

TEXT_SECONDS = 0.05
PROGRESS_SECONDS = 0.1
ROWS_SECONDS = 0.005
MOST_ROWS = 500

Where = tuple[str, tuple[int, ...]]
Tell = Callable[[Any, str, dict[str, Any]], None]


@dataclass(slots=True, eq=False)
class Count:
    """How many rows went through one step in a frame."""

    total: int | None = None
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    told: int = -1

    def add(self, seconds: float, failed: bool = False) -> None:
        self.done += 1
        self.failed += failed
        self.seconds += seconds

    def as_dict(self) -> dict[str, Any]:
        said = {"done": self.done, "failed": self.failed, "seconds": round(self.seconds, 6)}
        return said if self.total is None else said | {"total": self.total}


def logged(line: str | Text) -> dict[str, Any]:
    """A line of the log as its event holds it: `line`, and `text` where it is in both languages."""
    return {"line": line.en, "text": line.as_dict()} if isinstance(line, Text) else {"line": line}


def line_of(data: dict[str, Any]) -> Text:
    """The line that such an event holds."""
    return Text(**data["text"]) if "text" in data else Text.same(str(data["line"]))


class Teller:
    """Gathers pieces of text, counts and finished rows of one run. `tell(kind, step, data)` writes them into the journal."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._texts: dict[Where, list[str]] = {}
        self._counts: dict[str, Count] = {}
        self._waiting: dict[str, dict[str, Any]] = {}
        self._rows: dict[str, list[Any]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def text(self, step: str, rows: tuple[int, ...], text: str) -> None:
        if text:
            self._texts.setdefault((step, rows), []).append(text)
            self._wake("texts", TEXT_SECONDS, self._tell_texts)

    def progress(self, step: str, rows: tuple[int, ...], data: dict[str, Any]) -> None:
        """The progress of a step on the sheet; inside a map, rows are counted instead."""
        if not rows:
            self._waiting[step] = data
            self._wake("counts", PROGRESS_SECONDS, self._tell_counts)

    def frame(self, steps: list[str], total: int | None) -> None:
        """The steps in a frame have that many rows to do."""
        for step in steps:
            self.count(step).total = total

    def count(self, step: str) -> Count:
        found = self._counts.get(step)
        if found is None:
            found = self._counts[step] = Count()
        return found

    def counted(self, step: str, seconds: float = 0.0, failed: bool = False) -> None:
        """One more row went through a step in a frame: told soon, however long the rest of the row takes."""
        self.count(step).add(seconds, failed)
        self._wake("counts", PROGRESS_SECONDS, self._tell_counts)

    def row(self, step: str, rows: tuple[int, ...], outputs: dict[str, Any]) -> None:
        """One row of a frame is done; a moment later it is in the journal."""
        waiting = self._rows.get(step)
        if waiting is None:
            self._rows[step] = [[rows, outputs]]
            self._wake("rows", ROWS_SECONDS, self._tell_rows)
        else:
            waiting.append([rows, outputs])
            if len(waiting) >= MOST_ROWS:
                self._tell_rows()

    def frame_done(self, step: str, steps: list[str]) -> dict[str, dict[str, Any]]:
        """Tell the last rows and progress of a frame and of the steps in it; the answer has their counts."""
        self._tell_rows()
        self._tell_counts()
        return {name: self._counts.pop(name).as_dict() for name in steps if name in self._counts}

    def flush(self, step: str, rows: tuple[int, ...]) -> None:
        """Tell what text of this step is waiting."""
        pieces = self._texts.pop((step, rows), None) if self._texts else None
        if pieces:
            self._tell("token", step, {"text": "".join(pieces), **({"row": rows[-1]} if rows else {})})

    def close(self) -> None:
        """Tell everything that waits, and stop the clocks."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._tell_texts()
        self._tell_rows()
        self._tell_counts()

    def _wake(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        if name not in self._timers:
            self._timers[name] = asyncio.get_running_loop().call_later(seconds, self._woken, name, work)

    def _woken(self, name: str, work: Callable[[], None]) -> None:
        self._timers.pop(name, None)
        work()

    def _tell_texts(self) -> None:
        for step, rows in list(self._texts):
            self.flush(step, rows)

    def _tell_rows(self) -> None:
        waiting, self._rows = self._rows, {}
        for step, rows in waiting.items():
            self._tell("rows", step, {"rows": rows})

    def _tell_counts(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for step, data in waiting.items():
            self._tell("progress", step, dict(data))
        for step, count in self._counts.items():
            if count.done != count.told:
                count.told = count.done
                self._tell("progress", step, count.as_dict())
