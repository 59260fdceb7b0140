"""The one place where threads meet: the engine's asyncio loop on a thread of its own, the window on the main one."""

from __future__ import annotations

import asyncio
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

log = logging.getLogger(__name__)
Done = Callable[[Any], Any]
Failed = Callable[[StudioError], Any]
SLICE = 0.008  # seconds of callbacks before the window may paint again


class Handle:
    """Work under way for one owner. After `cancel`, or once the owner is gone, nobody is called back."""

    def __init__(self, bridge: Bridge, owner: QObject) -> None:
        self._bridge = bridge
        self._owner = owner
        self._task: asyncio.Task[None] | None = None
        self._over = False

    @property
    def running(self) -> bool:
        return not self._over

    def cancel(self) -> None:
        """End the work. Call it on the window's thread; may be called twice."""
        if not self._over:
            self.forget()
            self._bridge.on_loop(self._end_task)

    def forget(self) -> None:
        self._over = True
        self._bridge.release(self._owner, self)

    def post(self, call: Callable[[], Any], last: bool = False) -> None:
        """From the engine's thread: call this on the window's thread, unless the owner no longer listens."""
        self._bridge.post(lambda: self._deliver(call, last))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._over:
            work.close()
            return
        self._task = asyncio.get_running_loop().create_task(work)

    def _deliver(self, call: Callable[[], Any], last: bool) -> None:
        if self._over:
            return
        if last:
            self.forget()
        if shiboken6.isValid(self._owner):
            call()

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()


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
        self._handles: dict[int, tuple[weakref.ref[QObject], set[Handle]]] = {}
        self._waiting: list[tuple[Handle, type[Any], Callable[[Any], Any]]] = []

    def start(self) -> None:
        """Start the engine's thread; done by itself at the first work. Call it on the window's thread."""
        if self._thread is not None:
            return
        self._relay = _Relay()
        started = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(started,), name="engine", daemon=True)
        self._thread.start()
        started.wait()

    def stop(self, seconds: float = 5) -> None:
        """Cancel what runs and end the thread."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)
        self._thread, self._loop, self.engine = None, None, None
        for _, handles in list(self._handles.values()):
            for handle in list(handles):
                handle.forget()  # what is on its way arrives nowhere
        self._handles.clear()

    def run(
        self, owner: QObject, work: Coroutine[Any, Any, Any], done: Done | None = None, failed: Failed | None = None
    ) -> Handle:
        """Run a coroutine of the engine. `done` and `failed` are called on the window's thread, while `owner` lives."""
        handle = self._handle(owner)

        async def go() -> None:
            try:
                result = await work
            except Exception as error:
                self._fail(handle, error, failed)
            else:
                handle.post(lambda: done and done(result), last=True)

        self.on_loop(lambda: handle.start(go()))
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

        async def go() -> None:
            try:
                async for item in items:
                    handle.post(lambda item=item: each(item))  # type: ignore[misc]
            except Exception as error:
                self._fail(handle, error, failed)
            else:
                handle.post(lambda: done and done(), last=True)
            finally:
                close = getattr(items, "aclose", None)
                if close is not None:
                    await close()

        self.on_loop(lambda: handle.start(go()))
        return handle

    def listen(self, owner: QObject, kind: type[Any], react: Done) -> Handle:
        """Call `react` on the window's thread for every engine event of that kind, while `owner` lives."""
        handle = self._handle(owner)
        if self.engine is None:
            self._waiting.append((handle, kind, react))
        else:
            self.on_loop(lambda: handle.start(self._hear(handle, kind, react)))
        return handle

    def opened(self, engine: Any) -> None:
        """The engine is there: views may use it, and who listened early hears from now on."""
        self.engine = engine
        waiting, self._waiting = self._waiting, []
        for handle, kind, react in waiting:
            self.on_loop(lambda handle=handle, kind=kind, react=react: handle.start(self._hear(handle, kind, react)))  # type: ignore[misc]

    def post(self, call: Callable[[], Any]) -> None:
        """From any thread: call this on the window's thread."""
        if self._relay is not None:
            self._relay.post(call)

    def on_loop(self, call: Callable[[], Any]) -> None:
        """From any thread: call this on the engine's thread."""
        self.start()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call)

    def release(self, owner: QObject, handle: Handle) -> None:
        known = self._handles.get(id(owner))
        if known and known[0]() is owner:
            known[1].discard(handle)

    async def _hear(self, handle: Handle, kind: type[Any], react: Done) -> None:
        unsubscribe = self.engine.events.subscribe(kind, lambda event: handle.post(lambda: react(event)))
        try:
            await asyncio.Event().wait()
        finally:
            unsubscribe()

    def _fail(self, handle: Handle, error: Exception, failed: Failed | None) -> None:
        shown = from_unexpected(error)
        if shown is not error:
            log.exception("work for the window failed")
        handle.post(lambda: (failed or self.unhandled)(shown), last=True)

    def _handle(self, owner: QObject) -> Handle:
        self.start()
        key = id(owner)
        if key not in self._handles or self._handles[key][0]() is not owner:
            entry: tuple[weakref.ref[QObject], set[Handle]] = (weakref.ref(owner), set())
            self._handles[key] = entry
            owner.destroyed.connect(lambda: self._gone(key, entry))
        handle = Handle(self, owner)
        self._handles[key][1].add(handle)
        return handle

    def _gone(self, key: int, entry: tuple[weakref.ref[QObject], set[Handle]]) -> None:
        """An owner was destroyed. Its id may belong to another by now, whose work goes on."""
        if self._handles.get(key) is entry:
            del self._handles[key]
        for handle in list(entry[1]):
            handle.cancel()

    def _live(self, started: threading.Event) -> None:
        loop = asyncio.new_event_loop()
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
