"""What happened in each run, on disk: the truth for the run panel, for resume and for event streams.

One SQLite file in WAL mode per data folder. Events are appended without waiting; what came within two milliseconds goes to a
thread that writes it in one transaction (group commit), then whoever watches is told. So a watcher never sees what a crash could take back,
and a cheap step costs microseconds. `flush` waits until everything so far is on disk; steps with side effects do.

While the disk takes nothing (it is full), what happens is held in memory, told all the same, and written as soon as there is
room; only `flush` fails then, so no side effect begins that nobody would remember.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.workflows.following import Followers
from studio.engine.workflows.journal_file import JournalFile, events_of, insert
from studio.engine.workflows.run_event import ENDS, EventKind, Row, RunEvent

log = logging.getLogger(__name__)
AGAIN = 1.0  # seconds between two tries to write what is held
TOGETHER = 0.002  # seconds for which what happens is gathered before the thread is given it
MOST = 500  # as many are given to it at once
CROWDED = 4_000  # events and rows that may wait for the disk before runs wait for it
Deliver = Callable[[list[Row]], None]


class Journal:
    """The journal of one data folder. `deliver` is called on the loop with what has just become durable, `trouble` once
    each time when the disk begins to refuse."""

    def __init__(
        self, file: Path, deliver: Deliver | None = None, trouble: Callable[[StudioError], None] | None = None
    ) -> None:
        self._path, self._file = file, JournalFile(file)
        self._deliver = deliver
        self._trouble = trouble
        self._held: list[Any] = []
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._fresh: list[Any] = []
        self._since = 0.0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._followers: Followers[RunEvent] = Followers()
        self._behind = 0
        self._room = asyncio.Event()
        self._numbers: dict[str, int] = {}
        self._reader: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Open or make the file, and begin to write."""
        self._loop = asyncio.get_running_loop()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.to_thread(self._file.make)
        self._reader = self._file.connect()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Write what is left and end."""
        if self._thread is not None:
            self._hand_over()
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def append(
        self, execution: str, kind: EventKind, step: str = "", data: dict[str, Any] | None = None, at: float = 0
    ) -> RunEvent:
        """Note what happened (now, or `at`); it is on disk a moment later. `data` must not be changed afterwards."""
        number = self._numbers.get(execution)
        if number is None:
            number = self._last(execution)
        self._numbers[execution] = number + 1
        self._behind += len(data["rows"]) if kind == "rows" and data else 1
        event = RunEvent(number + 1, at or time.time(), kind, step, data or {})
        self._keep((execution, event), event.at)
        return event

    def remember(self, key: str, outputs: dict[str, Any]) -> None:
        """Put an answer into the cache's table, with the same group commit."""
        self._behind += 1
        self._keep(("", key, outputs), time.time())

    def _keep(self, item: Any, now: float) -> None:
        """Gather it. The first of a batch sets the clock; a loop that never turns hands over by itself."""
        fresh = self._fresh
        fresh.append(item)
        if len(fresh) == 1:
            self._since = now
            assert self._loop is not None
            self._loop.call_later(TOGETHER, self._hand_over)
        elif now - self._since > TOGETHER * 2 or len(fresh) >= MOST:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._fresh:
            self._waiting.put(self._fresh)
            self._fresh = []

    def remembered(self, key: str) -> dict[str, Any] | None:
        """A point query of some ten microseconds, so it is made on the loop."""
        assert self._reader is not None
        found = self._reader.execute("SELECT outputs FROM cache WHERE key = ?", (key,)).fetchone()
        return json.loads(found[0]) if found else None

    async def flush(self) -> None:
        """Wait until everything so far is on disk."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hand_over()
        self._waiting.put(done)
        await done

    async def settle(self) -> None:
        """Wait until everything so far is on disk, or held because the disk takes nothing."""
        try:
            await self.flush()
        except StudioError as problem:
            log.warning("the journal waits for room: %s", problem)

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the disk that runs had better wait for `room`."""
        return self._behind > CROWDED

    async def room(self) -> None:
        """Wait until the disk has caught up by half."""
        while self.crowded:
            self._room.clear()
            await self._room.wait()

    async def history(self, execution: str, after: int = 0, kinds: tuple[str, ...] = ()) -> list[RunEvent]:
        """The events of an execution, in order."""
        return [event async for page in self.pages(execution, after, kinds) for event in page]

    async def pages(self, execution: str, after: int = 0, kinds: tuple[str, ...] = ()) -> AsyncIterator[list[RunEvent]]:
        """The same a page at a time: a long run's history does not need its memory."""
        await self.settle()
        page = await asyncio.to_thread(self._file.page, execution, after, kinds)
        while page:
            yield page
            after = page[-1].seq
            page = await asyncio.to_thread(self._file.page, execution, after, kinds)
        held = [event for name, event in events_of(self._held) if name == execution and event.seq > after]
        if held := [event for event in held if not kinds or event.kind in kinds]:
            yield held

    async def tokens(self, executions: list[str]) -> dict[str, int]:
        """How many tokens each finished run wrote; its last event says so."""
        return await asyncio.to_thread(self._file.tokens, executions)

    async def ends_of_steps(self, limit: int) -> list[Row]:
        """The steps that finished, failed or were skipped, of all executions, the newest first."""
        await self.settle()
        return await asyncio.to_thread(self._file.ends_of_steps, limit)

    async def watch(self, execution: str, after: int, live: Callable[[], bool]) -> AsyncIterator[RunEvent]:
        """The events so far, then those to come while `live()` says that the run goes on; any number of readers."""
        follower = self._followers.add(execution)
        try:
            going = live()
            while True:
                follower.catch_up()
                ended = not going
                async for page in self.pages(execution, after):
                    for event in page:
                        after = event.seq
                        ended = event.kind in ENDS or not going
                        yield event
                while not ended and (came := await follower.next()) is not None:
                    if came.seq > after:
                        after = came.seq
                        ended = came.kind in ENDS
                        yield came
                if ended:
                    return
        finally:
            self._followers.remove(execution, follower)

    def forget(self, execution: str) -> None:
        """Drop what is held in memory about an execution that has ended."""
        self._numbers.pop(execution, None)

    def last_moment(self, execution: str) -> float:
        """When its last event that is on disk came; now, where it has none."""
        assert self._reader is not None
        return self._file.last_moment(self._reader, execution) or time.time()

    def _last(self, execution: str) -> int:
        assert self._reader is not None
        held = (event.seq for name, event in events_of(self._held) if name == execution)
        return max(self._file.last(self._reader, execution), max(held, default=0))

    def _write(self) -> None:
        connection = self._file.connect()
        ended = False
        while not ended:
            batch = self._next_batch()
            ended = batch[-1] is None
            self._commit(connection, [item for item in batch if item is not None])
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            log.warning("the journal was not tidied: %s", error)
        connection.close()

    def _next_batch(self) -> list[Any]:
        try:
            batch = [self._waiting.get(timeout=AGAIN if self._held else None)]
        except queue.Empty:
            return [[]]
        while batch[-1] is not None and len(batch) < 5_000:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: list[Any]) -> None:
        """Write what was held and what came; hold it (again) when the disk refuses."""
        new = [item for part in batch if isinstance(part, list) for item in part]
        told = Told([item for item in batch if isinstance(item, asyncio.Future)], [], sum(map(_weight, new)))
        try:
            insert(connection, [*self._held, *new])
        except sqlite3.Error as error:
            told.events, told.error, told.trouble = events_of(new), from_unexpected(error), not self._held
            self._held = [*self._held, *new]
        except Exception as error:  # a value that cannot be written down: never, so it is not held; the thread goes on
            told.error = from_unexpected(error)
        else:
            self._held, told.events = [], events_of(new)
        self._tell(told)

    def _tell(self, told: Told) -> None:
        assert self._loop is not None
        if told.flushes or told.weight or told.trouble:
            try:
                self._loop.call_soon_threadsafe(self._told, told)
            except RuntimeError:  # the loop ended before us; nobody is left to be told
                pass

    def _told(self, told: Told) -> None:
        self._behind -= told.weight
        if self._behind <= CROWDED // 2:
            self._room.set()
        if told.trouble and told.error is not None and self._trouble is not None:
            self._trouble(told.error)
        for execution, event in told.events:
            self._followers.tell(execution, event)
        if told.events and self._deliver is not None:
            self._deliver(told.events)
        for done in told.flushes:
            if not done.done():
                done.set_exception(told.error) if told.error else done.set_result(None)


@dataclass(slots=True)
class Told:
    """What the loop hears of a batch: who waited for it, what is durable now, how much it was, and what went wrong."""

    flushes: list[asyncio.Future[None]]
    events: list[Row]
    weight: int
    error: StudioError | None = None
    trouble: bool = False


def _weight(item: Any) -> int:
    return len(item[1].data["rows"]) if len(item) == 2 and item[1].kind == "rows" else 1
