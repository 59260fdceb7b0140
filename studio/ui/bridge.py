"""The one place where threads meet: the engine's asyncio loop on a thread of its own, the window on the main one.

The engine's side never holds a callback, an owner or any other thing of Qt, only the number of an entry that the window's
side keeps: a widget whose last reference is dropped on another thread, while Qt destroys it on this one, ends the process.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.loop import new_loop

log = logging.getLogger(__name__)
Done = Callable[[Any], Any]
Failed = Callable[[StudioError], Any]
SLICE = 0.008  # seconds of callbacks before the window may paint again


class Handle:
    """Work under way for one owner. After `cancel`, or once the owner is gone, nobody is called back.

    It lives on the window's side, and there until the engine says that the work has ended.
    """

    def __init__(self, bridge: Bridge, owner: QObject, number: int) -> None:
        self.number = number
        self.each: Done | None = None
        self.done: Done | None = None
        self.failed: Failed | None = None
        self.of = ""
        self.kept: Any = None  # what the engine's side works with: let go of here, not there
        self._bridge = bridge
        self._owner = owner
        self._over = False

    @property
    def running(self) -> bool:
        return not self._over

    def cancel(self) -> None:
        """End the work. Call it on the window's thread; may be called twice."""
        if not self._over:
            self.forget()
            self._bridge.end(self.number)

    def forget(self) -> None:
        self._over = True
        self._bridge.release(self._owner, self)

    def ended(self) -> None:
        """The engine's side has let go of everything: now it may go here too."""
        self.forget()
        if asyncio.iscoroutine(self.kept):
            self.kept.close()  # one that never began

    def deliver(self, kind: str, value: Any) -> None:
        """What the engine's side says: an item, the result, or an error."""
        if self._over:
            return
        call = {"each": self.each, "done": self.done, "failed": self.failed or self._bridge.unhandled}[kind]
        if kind != "each":
            self.forget()
            self._bridge.overtake(self._owner, self)
        if call is not None and shiboken6.isValid(self._owner):
            call(value)


class _Relay(QObject):
    """Carries calls to the window's thread: a queue that is emptied in slices, so a flood never stops the painting."""

    woken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._calls: deque[Callable[[], Any]] = deque()
        self._lock = threading.Lock()
        self._due = False
        self.woken.connect(self._work, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], Any]) -> None:
        with self._lock:
            self._calls.append(call)
        self._wake()

    def _wake(self) -> None:
        """Ask for a slice, unless one is due already."""
        with self._lock:
            due, self._due = self._due, True
        if not due:
            self.woken.emit()

    def _work(self) -> None:
        self._due = False
        until = time.monotonic() + SLICE
        while self._calls and time.monotonic() < until:
            call = self._calls.popleft()
            if self._calls:
                self._wake()  # before the call: one that opens a dialog must not hold up the others
            call()


class Bridge:
    """Runs coroutines on the engine's thread and brings their results back to the window's thread."""

    def __init__(self) -> None:
        self.engine: Any = None
        self.unhandled: Failed = lambda error: log.error("%s", error, exc_info=error)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._relay: _Relay | None = None
        self._numbers = itertools.count(1)
        self._entries: dict[int, Handle] = {}  # the window's side
        self._tasks: dict[int, asyncio.Task[None]] = {}  # the engine's side
        self._owners: dict[int, tuple[weakref.ref[QObject], set[Handle]]] = {}
        self._waiting: list[tuple[Handle, type[Any]]] = []

    def start(self) -> None:
        """Start the engine's thread; done by itself at the first work. Call it on the window's thread."""
        if self._thread is not None:
            return
        self._relay = _Relay()
        started = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(started,), name="engine", daemon=True)
        self._thread.start()
        started.wait()

    def stop(self, seconds: float = 20) -> None:
        """Cancel what runs and end the thread."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)
        self._thread, self._loop, self.engine = None, None, None
        for handle in list(self._entries.values()):
            handle.forget()  # what is on its way arrives nowhere
        self._entries.clear()
        self._owners.clear()

    def run(
        self, owner: QObject, work: Coroutine[Any, Any, Any], done: Done | None = None, failed: Failed | None = None,
        *, of: str = "",
    ) -> Handle:  # fmt: skip
        """Run a coroutine of the engine. `done` and `failed` are called on the window's thread, while `owner` lives.

        `of` names what it reads: once it has answered, an older reading of the same by the same owner is not heard any more.
        On a crowded computer that one may come last, and what is shown would stay as it was.
        """
        handle = self._handle(owner)
        handle.done, handle.failed, handle.kept, handle.of = done, failed, work, of
        self._begin(handle.number, self._run(handle.number, work))
        return handle

    def stream(
        self,
        owner: QObject,
        items: AsyncIterator[Any],
        each: Done,
        done: Callable[[], Any] | None = None,
        failed: Failed | None = None,
    ) -> Handle:
        """Call `each` on the window's thread for every item, in order; `done` without arguments at the end."""
        handle = self._handle(owner)
        handle.each, handle.done, handle.failed, handle.kept = each, lambda _: done and done(), failed, items
        self._begin(handle.number, self._stream(handle.number, items))
        return handle

    def listen(self, owner: QObject, kind: type[Any], react: Done) -> Handle:
        """Call `react` on the window's thread for every engine event of that kind, while `owner` lives."""
        handle = self._handle(owner)
        handle.each = react
        if self.engine is None:
            self._waiting.append((handle, kind))
        else:
            self._begin(handle.number, self._hear(handle.number, self.engine.events, kind))
        return handle

    def opened(self, engine: Any) -> None:
        """The engine is there: views may use it, and who listened early hears from now on."""
        self.engine = engine
        waiting, self._waiting = self._waiting, []
        for handle, kind in waiting:
            if handle.running:
                self._begin(handle.number, self._hear(handle.number, engine.events, kind))

    def post(self, call: Callable[[], Any]) -> None:
        """From any thread: call this on the window's thread."""
        if self._relay is not None:
            self._relay.post(call)

    def on_loop(self, call: Callable[[], Any]) -> None:
        """From any thread: call this on the engine's thread."""
        self.start()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call)

    def end(self, number: int) -> None:
        """Cancel the work of an entry. Its handle stays until the engine says that it ended."""
        if self._loop is None or self._loop.is_closed():
            self._entries.pop(number, None)
            return
        self._loop.call_soon_threadsafe(self._cancel, number)

    def release(self, owner: QObject, handle: Handle) -> None:
        known = self._owners.get(id(owner))
        if known and known[0]() is owner:
            known[1].discard(handle)

    def overtake(self, owner: QObject, handle: Handle) -> None:
        known = self._owners.get(id(owner))
        for older in list(known[1]) if handle.of and known else ():
            if older.of == handle.of and older.number < handle.number:
                older.forget()

    # The engine's side: numbers and plain values only

    async def _run(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        self._say(number, "done", await work)

    async def _stream(self, number: int, items: AsyncIterator[Any]) -> None:
        try:
            async for item in items:
                self._say(number, "each", item)
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
        self._say(number, "done", None)

    async def _hear(self, number: int, events: Any, kind: type[Any]) -> None:
        unsubscribe = events.subscribe(kind, lambda event: self._say(number, "each", event))
        try:
            await asyncio.Event().wait()
        finally:
            unsubscribe()

    async def _guarded(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            shown = from_unexpected(error)
            if shown is not error:
                log.exception("work for the window failed")
            self._say(number, "failed", shown)

    def _start(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        task = self._tasks[number] = self._loop.create_task(self._guarded(number, work))
        task.add_done_callback(lambda _: self._ended(number, work))

    def _ended(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        work.close()  # one that was cancelled before it began
        del self._tasks[number]
        self._say(number, "ended", None)

    def _cancel(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None:
            task.cancel()

    def _say(self, number: int, kind: str, value: Any) -> None:
        self.post(lambda: self._heard(number, kind, value))

    # The window's side

    def _begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        self.start()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._start, number, work)

    def _heard(self, number: int, kind: str, value: Any) -> None:
        handle = self._entries.get(number)
        if handle is None:
            return
        if kind == "ended":
            del self._entries[number]
            handle.ended()
        else:
            handle.deliver(kind, value)

    def _handle(self, owner: QObject) -> Handle:
        self.start()
        key = id(owner)
        if key not in self._owners or self._owners[key][0]() is not owner:
            entry: tuple[weakref.ref[QObject], set[Handle]] = (weakref.ref(owner), set())
            self._owners[key] = entry
            owner.destroyed.connect(lambda: self._gone(key, entry))
        handle = Handle(self, owner, next(self._numbers))
        self._owners[key][1].add(handle)
        self._entries[handle.number] = handle
        return handle

    def _gone(self, key: int, entry: tuple[weakref.ref[QObject], set[Handle]]) -> None:
        """An owner was destroyed. Its id may belong to another by now, whose work goes on."""
        if self._owners.get(key) is entry:
            del self._owners[key]
        for handle in list(entry[1]):
            handle.cancel()

    def _live(self, started: threading.Event) -> None:
        loop = new_loop()
        asyncio.set_event_loop(loop)
        self._loop = loop
        loop.call_soon(started.set)
        try:
            loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.wait(tasks, timeout=3))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


bridge = Bridge()
