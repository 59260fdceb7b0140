"""The pages behind a table: fetched in the background, the newest wish first, with bounded memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from studio.ui.widgets.cells import Page

PAGE_ROWS = 500
MOST_BYTES = 64 << 20
MOST_PAGES = 128
FEWEST_PAGES = 6
AT_ONCE = 2
WISHES = 6

Fetch = Callable[[int, int], Awaitable[Any]]


class Handle(Protocol):
    def cancel(self) -> object: ...


class Runs(Protocol):
    """The part of the bridge that widgets need."""

    def run(self, owner: QObject, work: Coroutine[Any, Any, Any], done: Any = None, failed: Any = None) -> Handle: ...


class Pages(QObject):
    """`page(number)` answers at once, with None when the page has to be fetched; `arrived` tells when it is there.

    Memory is bounded by the bytes of the Arrow pages. At most two fetches run; those that nobody wants any more
    are cancelled when something newer is wished for.
    """

    arrived = Signal(int, float)  # page, seconds it took
    failed = Signal(object)  # StudioError

    def __init__(self, fetch: Fetch, bridge: Runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
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
        if number not in self._running and not self._timer.isActive():
            self._timer.start()

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
            read_page(self._fetch, number),
            lambda page: self._keep(number, page, perf_counter() - began),
            lambda error: self._break(number, error),
        )

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


async def read_page(fetch: Fetch, number: int) -> Page:
    """One page, its columns joined off the window's thread and off the loop."""
    table = await fetch(number * PAGE_ROWS, PAGE_ROWS)
    return await asyncio.to_thread(Page, table)


async def read_lines(fetch: Fetch, first: int, count: int, columns: list[int]) -> str:
    """Rows as tab-separated lines, for the clipboard; tabs and line breaks inside values become spaces."""
    table = await fetch(first, count)
    return await asyncio.to_thread(lines_of, table, columns)


def lines_of(table: Any, columns: list[int]) -> str:
    page = Page(table)
    return "\n".join("\t".join(_flat(page.raw(row, column)) for column in columns) for row in range(page.rows))


def _flat(text: str) -> str:
    return " ".join(text.replace("\t", " ").splitlines()) if "\t" in text or "\n" in text or "\r" in text else text
