"""The pages behind a table: fetched in the background, the newest wish first, with bounded memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from studio.ui.widgets.cells import Page

PAGE_ROWS = 500
MOST_BYTES = 64 << 20
MOST_PAGES = 128
FEWEST_PAGES = 6
AT_ONCE = 2
SMALL = 512 << 10
WISHES = 8
GROUP = 32  # columns that are fetched together where a source gives out single ones

Fetch = Callable[..., Awaitable[Any]]  # (offset, limit), or (offset, limit, columns) of a lazy source


class Handle(Protocol):
    def cancel(self) -> object: ...


class Runs(Protocol):
    """The part of the bridge that widgets need."""

    def run(self, owner: QObject, work: Coroutine[Any, Any, Any], done: Any = None, failed: Any = None) -> Handle: ...


class Pages(QObject):
    """`page(key)` answers at once, with None when the page has to be fetched; `arrived` tells when it is there.

    A page is `rows` rows of all columns, or with `columns` (a lazy source) of one group of them: see `key`.

    Memory is bounded by the bytes of the Arrow pages. At most two fetches run; those that nobody wants any more
    are cancelled when something newer is wished for.
    """

    arrived = Signal(int, float)  # page, seconds it took
    failed = Signal(object)  # StudioError

    def __init__(
        self,
        fetch: Fetch,
        bridge: Runs,
        parent: QObject | None = None,
        columns: Sequence[str] = (),
        rows: int = PAGE_ROWS,
    ) -> None:
        super().__init__(parent)
        self.rows = rows
        self.groups = [list(columns[start : start + GROUP]) for start in range(0, len(columns), GROUP)]
        self._fetch = fetch
        self._bridge = bridge
        self._kept: OrderedDict[int, Page] = OrderedDict()
        self._bytes = 0
        self._wishes: OrderedDict[int, None] = OrderedDict()
        self._running: dict[int, Handle] = {}
        self._broken: set[int] = set()
        self._closed = False
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._start)

    def key(self, row: int, column: int) -> tuple[int, int, int]:
        """Where a cell is: the page's key, and the row and column in it."""
        number, place = divmod(row, self.rows)
        if not self.groups:
            return number, place, column
        return number * len(self.groups) + column // GROUP, place, column % GROUP

    def span(self, key: int) -> tuple[int, int]:
        """A page's first row and first column."""
        number, group = divmod(key, len(self.groups) or 1)
        return number * self.rows, group * GROUP

    def page(self, number: int) -> Page | None:
        page = self._kept.get(number)
        if page is not None:
            self._kept.move_to_end(number)
            return page
        if number not in self._broken and not self._closed:
            self._wish(number)
        return None

    def peek(self, number: int) -> Page | None:
        """The page if it is there; wishes for nothing."""
        return self._kept.get(number)

    def close(self) -> None:
        """Cancel what runs and let go of everything."""
        self._closed = True
        self._timer.stop()
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()
        self._wishes.clear()
        self._kept.clear()

    def retry(self) -> None:
        """Forget which pages failed, so that they are fetched when they are next seen."""
        self._broken.clear()

    @property
    def count(self) -> int:
        return len(self._kept)

    def _wish(self, number: int) -> None:
        self._wishes[number] = None
        self._wishes.move_to_end(number)
        while len(self._wishes) > WISHES:
            self._wishes.popitem(last=False)
        if number in self._running or self._timer.isActive():
            return
        if self._running:
            self._timer.start()
        else:
            self._start()  # at once: the engine reads while the window paints what it has

    def _start(self) -> None:
        wanted = [number for number in reversed(self._wishes) if number not in self._running]
        if wanted and len(self._running) >= AT_ONCE:
            self._cancel_stale()
        for number in wanted[: AT_ONCE - len(self._running)]:
            self._begin(number)

    def _begin(self, number: int) -> None:
        began = perf_counter()
        self._running[number] = self._bridge.run(
            self,
            read_page(self._fetch, *self._wanted(number)),
            lambda page: self._keep(number, page, perf_counter() - began),
            lambda error: self._break(number, error),
        )

    def _wanted(self, key: int) -> tuple[Any, ...]:
        first = self.span(key)[0]
        return (first, self.rows, self.groups[key % len(self.groups)]) if self.groups else (first, self.rows)

    def _cancel_stale(self) -> None:
        newest = list(self._wishes)[-AT_ONCE:]
        for number in [number for number in self._running if number not in newest]:
            self._running.pop(number).cancel()
            self._wishes.pop(number, None)

    def _keep(self, number: int, page: Page, seconds: float) -> None:
        self._running.pop(number, None)
        self._wishes.pop(number, None)
        if self._closed:
            return
        self._kept[number] = page
        self._bytes += page.size
        self._shrink()
        self.arrived.emit(number, seconds)
        self._start()

    def _shrink(self) -> None:
        while len(self._kept) > FEWEST_PAGES and (self._bytes > MOST_BYTES or len(self._kept) > MOST_PAGES):
            self._bytes -= self._kept.popitem(last=False)[1].size

    def _break(self, number: int, error: object) -> None:
        self._running.pop(number, None)
        self._wishes.pop(number, None)
        if self._closed:
            return
        self._broken.add(number)
        self.failed.emit(error)
        self._start()


async def read_page(fetch: Fetch, *wanted: Any) -> Page:
    """One page, its columns joined off the window's thread and off the loop."""
    table = await fetch(*wanted)
    small = getattr(table, "nbytes", SMALL) < SMALL  # a change of threads would take longer
    return Page(table) if small else await asyncio.to_thread(Page, table)
