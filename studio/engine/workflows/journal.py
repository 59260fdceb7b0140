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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic_core import PydanticSerializationError, to_json

from studio.engine.errors import StudioError, Unavailable, from_unexpected, says_full
from studio.engine.text import Text

log = logging.getLogger(__name__)
AGAIN = 1.0  # seconds between two tries to write what is held
TOGETHER = 0.002  # seconds for which what happens is gathered before the thread is given it
MOST = 500  # as many are given to it at once
BLOCKS = (128, 16, 4, 1)  # rows of one statement: the thread gives the interpreter up once for each

EventKind = Literal[
    "run_started",  # data: steps (ids), resumed
    "queued",  # the step is ready and waits for its turn, where a workflow bounds how many run at once
    "started",  # data: row, when it is in a map; pass, when it is in a loop
    "retry",  # data: attempt, of, wait, error
    "progress",  # data: done, total, failed; of a map, and of each step in it
    "token",  # data: text, a piece of what is being written; row in a map
    "output",  # data: port, ref, preview; of values that are too large to stand in "finished"
    "finished",  # data: seconds, cached, tokens, outputs {port: ref}; at, in a loop; from, where another run did it
    "failed",  # data: error (StudioError.as_dict), seconds; row in a map
    "skipped",  # its branch was not taken, or it is muted
    "log",  # data: line
    "rows",  # of a map: data: rows [[place, outputs]], those that were done meanwhile
    "row",  # the same of one row, as earlier journals have it
    "effect_started",  # a side effect may have happened from here on
    "effect",  # a side effect in a map has happened; data: row, outputs
    "asked",  # a person is waited for; data: question, at
    "answered",  # data: at, answer, by
    "exchange",  # what a model, a server or a tool said; data: at, number, kind, request, answer (ref)
    "called",  # a workflow was started by this one; data: at, execution
    "run_finished",  # data: outputs {name: ref}, seconds, tokens
    "run_failed",  # data: error, step, seconds
    "run_stopped",
    "run_interrupted",  # the studio ended in the middle; the run can go on
]
ENDS = frozenset({"run_finished", "run_failed", "run_stopped", "run_interrupted"})

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  execution TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (execution, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, outputs TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""


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
Deliver = Callable[[list[Row]], None]


class Journal:
    """The journal of one data folder. `deliver` is called on the loop with what has just become durable, `trouble` once
    each time when the disk begins to refuse."""

    def __init__(
        self, file: Path, deliver: Deliver | None = None, trouble: Callable[[StudioError], None] | None = None
    ) -> None:
        self._file = file
        self._deliver = deliver
        self._trouble = trouble
        self._held: list[Any] = []
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._fresh: list[Any] = []
        self._since = 0.0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchers: dict[str, list[asyncio.Queue[RunEvent]]] = {}
        self._numbers: dict[str, int] = {}
        self._reader: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Open or make the file, and begin to write."""
        self._loop = asyncio.get_running_loop()
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.to_thread(self._make)
        self._reader = _connect(self._file)
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

    def append(self, execution: str, kind: EventKind, step: str = "", data: dict[str, Any] | None = None) -> RunEvent:
        """Note what happened; it is on disk a moment later. `data` must not be changed afterwards."""
        number = self._numbers.get(execution)
        if number is None:
            number = self._last(execution)
        self._numbers[execution] = number + 1
        event = RunEvent(number + 1, time.time(), kind, step, data or {})
        self._keep((execution, event), event.at)
        return event

    def remember(self, key: str, outputs: dict[str, Any]) -> None:
        """Put an answer into the cache's table, with the same group commit."""
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

    async def history(self, execution: str, after: int = 0, kinds: tuple[str, ...] = ()) -> list[RunEvent]:
        """The events of an execution, in order."""
        await self.settle()
        held = [event for name, event in _events(self._held) if name == execution]
        known = await asyncio.to_thread(self._history, execution, after, kinds)
        last = known[-1].seq if known else after
        return known + [event for event in held if event.seq > last and (not kinds or event.kind in kinds)]

    async def tokens(self, executions: list[str]) -> dict[str, int]:
        """How many tokens each finished run wrote; its last event says so."""
        return await asyncio.to_thread(self._tokens, executions)

    async def ends_of_steps(self, limit: int) -> list[Row]:
        """The steps that finished, failed or were skipped, of all executions, the newest first."""
        await self.settle()
        return await asyncio.to_thread(self._ends_of_steps, limit)

    async def watch(self, execution: str, after: int, live: Callable[[], bool]) -> AsyncIterator[RunEvent]:
        """The events so far, then those to come while `live()` says that the run goes on; any number of readers."""
        incoming: asyncio.Queue[RunEvent] = asyncio.Queue()
        self._watchers.setdefault(execution, []).append(incoming)
        try:
            going = live()
            ended = not going
            for event in await self.history(execution, after):
                after = event.seq
                ended = event.kind in ENDS or not going
                yield event
            while not ended:
                event = await incoming.get()
                if event.seq > after:
                    yield event
                    ended = event.kind in ENDS
        finally:
            self._watchers[execution].remove(incoming)
            if not self._watchers[execution]:
                del self._watchers[execution]

    def forget(self, execution: str) -> None:
        """Drop what is held in memory about an execution that has ended."""
        self._numbers.pop(execution, None)

    def _last(self, execution: str) -> int:
        assert self._reader is not None
        found = self._reader.execute("SELECT max(seq) FROM events WHERE execution = ?", (execution,)).fetchone()
        held = (event.seq for name, event in _events(self._held) if name == execution)
        return max(int(found[0] or 0), max(held, default=0))

    def _history(self, execution: str, after: int, kinds: tuple[str, ...]) -> list[RunEvent]:
        connection = _connect(self._file)
        try:
            wanted = f" AND kind IN ({','.join('?' * len(kinds))})" if kinds else ""
            query = f"SELECT seq, at, kind, step, data FROM events WHERE execution = ? AND seq > ?{wanted} ORDER BY seq"
            rows = connection.execute(query, (execution, after, *kinds)).fetchall()
        finally:
            connection.close()
        return [RunEvent(seq, at, kind, step, json.loads(data)) for seq, at, kind, step, data in rows]

    def _ends_of_steps(self, limit: int) -> list[Row]:
        query = (
            "SELECT execution, seq, at, kind, step, data FROM events "
            "WHERE kind IN ('finished', 'failed', 'skipped') ORDER BY at DESC LIMIT ?"
        )
        with closing(_connect(self._file)) as connection:
            rows = connection.execute(query, (limit,)).fetchall()
        return [(run, RunEvent(seq, at, kind, step, json.loads(data))) for run, seq, at, kind, step, data in rows]

    def _tokens(self, executions: list[str]) -> dict[str, int]:
        query = "SELECT data FROM events WHERE execution = ? ORDER BY seq DESC LIMIT 1"
        connection = _connect(self._file)
        try:
            last = {name: connection.execute(query, (name,)).fetchone() for name in executions}
        finally:
            connection.close()
        return {name: int(json.loads(found[0]).get("tokens") or 0) for name, found in last.items() if found}

    def _make(self) -> None:
        try:
            with closing(_connect(self._file)) as connection:
                connection.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise _unusable(self._file, error) from error
        self._file.chmod(0o600)

    def _write(self) -> None:
        connection = _connect(self._file)
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
        flushes = [item for item in batch if isinstance(item, asyncio.Future)]
        try:
            self._insert(connection, [*self._held, *new])
        except (TypeError, ValueError) as error:  # a value that cannot be written down: never, so it is not held
            self._tell(flushes, [], from_unexpected(error))
        except sqlite3.Error as error:
            first = not self._held
            self._held = [*self._held, *new]
            self._tell(flushes, _events(new), from_unexpected(error), first)
        else:
            self._held = []
            self._tell(flushes, _events(new), None)

    def _insert(self, connection: sqlite3.Connection, items: list[Any]) -> None:
        now = time.time()
        answers = [(item[1], _dump(item[2]), now) for item in items if len(item) == 3]
        with connection:
            _insert_events(connection, [_as_row(*item) for item in _events(items)])
            connection.executemany("INSERT OR REPLACE INTO cache VALUES (?,?,?)", answers)

    def _tell(
        self, flushes: list[asyncio.Future[None]], events: list[Row], error: StudioError | None, trouble: bool = False
    ) -> None:
        assert self._loop is not None
        if flushes or events or trouble:
            try:
                self._loop.call_soon_threadsafe(self._told, flushes, events, error, trouble)
            except RuntimeError:  # the loop ended before us; nobody is left to be told
                pass

    def _told(
        self, flushes: list[asyncio.Future[None]], events: list[Row], error: StudioError | None, trouble: bool
    ) -> None:
        if trouble and error is not None and self._trouble is not None:
            self._trouble(error)
        for execution, event in events:
            for watcher in self._watchers.get(execution, ()):
                watcher.put_nowait(event)
        if events and self._deliver is not None:
            self._deliver(events)
        for done in flushes:
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)


def _events(items: list[Any]) -> list[Row]:
    return [item for item in items if len(item) == 2]


def _unusable(file: Path, error: sqlite3.DatabaseError) -> StudioError:
    if says_full(error):
        return from_unexpected(error)
    return Unavailable(
        Text(f"The history of runs {file} is damaged.", f"运行记录 {file} 已损坏。"),
        Text(
            "Move that file away to start with an empty history; workflows, data and threads stay.",
            "请移走该文件，从空的运行记录开始；工作流、数据和对话都会保留。",
        ),
        details=str(error),
    )


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _insert_events(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    """Write rows in blocks: between two statements the thread would wait for the interpreter, up to 5 ms each time."""
    start = 0
    for size in BLOCKS:
        statement = f"INSERT OR REPLACE INTO events VALUES {','.join(['(?,?,?,?,?,?)'] * size)}"
        while len(rows) - start >= size:
            connection.execute(statement, [value for row in rows[start : start + size] for value in row])
            start += size


def _dump(data: Any) -> str:
    """Compact JSON. pydantic's encoder is ten times as fast; what it refuses (half a character) the standard one takes."""
    try:
        return to_json(data, inf_nan_mode="null").decode()
    except (PydanticSerializationError, UnicodeError):
        return json.dumps(data, separators=(",", ":"), default=str)


def _as_row(execution: str, event: RunEvent) -> tuple[Any, ...]:
    return (execution, event.seq, event.at, event.kind, event.step, _dump(event.data))
