"""Fetching one file from a hub in ranges: what is there is kept, so that it goes on after a break or a kill."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from studio.engine.errors import DiskFull, RateLimited, StudioError, Unavailable, says_full
from studio.engine.files import cannot_write
from studio.engine.models.hub_client import refusal, unreachable

if TYPE_CHECKING:
    import httpx

CHUNK = 1024 * 1024
TRIES = 6  # in a row without a single byte
LONGEST_WAIT = 30.0
LONGEST_ASKED = 120.0  # seconds that a hub's Retry-After is waited for
Progress = Callable[[int], object]


class Broken(Exception):
    """The connection broke, or the hub was busy; `wait` is what it asked for."""

    def __init__(self, error: StudioError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


async def fetch(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], part: Path, size: int, thing: str, progress: Progress
) -> None:
    """Fill `part` up to `size` bytes. `progress` hears the bytes that are there. Raises `Unavailable`, `NotFound`, `Gated`
    or `RateLimited` when the hub does not give it, and `DiskFull`."""
    failures = 0
    while True:
        before = _length(part)
        if before == size:
            progress(size)
            return
        try:
            await _once(client, url, headers, part, size, thing, progress)
        except Broken as broken:
            failures = failures + 1 if _length(part) == before else 1
            if failures >= TRIES:
                raise broken.error from broken
            await asyncio.sleep(broken.wait or min(0.5 * 2 ** (failures - 1), LONGEST_WAIT))


async def _once(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], part: Path, size: int, thing: str, progress: Progress
) -> None:
    import httpx

    start = _length(part)
    if start > size:
        part.unlink()
        start = 0
    asked = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        async with client.stream("GET", url, headers=asked, follow_redirects=True) as answer:
            _judge(answer, thing)
            keeps = answer.status_code == 206 and _begins(answer) == start
            with await asyncio.to_thread(part.open, "ab" if keeps else "wb") as file:
                await _write(answer, file, start if keeps else 0, size, progress)
    except httpx.HTTPError as error:
        raise Broken(unreachable(httpx.URL(url).host, error)) from error
    except Unavailable as error:  # the name was not resolved
        raise Broken(error) from error
    except OSError as error:
        raise DiskFull(part.name, str(error)) if says_full(error) else cannot_write(part, error) from error
    if _length(part) < size:
        raise Broken(unreachable(httpx.URL(url).host, EOFError("the answer ended early")))


async def _write(answer: httpx.Response, file: BinaryIO, at: int, size: int, progress: Progress) -> None:
    """What comes beyond the size that was announced is not written: the checksum would tell anyway."""
    async for chunk in answer.aiter_raw(CHUNK):
        await asyncio.to_thread(file.write, chunk[: size - at])
        at = min(size, at + len(chunk))
        progress(at)
    await asyncio.to_thread(file.flush)


def _judge(answer: httpx.Response, thing: str) -> None:
    """A busy hub is asked again; one that refuses is not."""
    if answer.status_code in (200, 206):
        return
    error = refusal(answer.status_code, dict(answer.headers), answer.request.url.host, thing)
    wait = _asked_to_wait(answer)
    if isinstance(error, RateLimited) and wait is not None and wait > LONGEST_ASKED:
        raise error
    if answer.status_code in (408, 416, 425, 429) or answer.status_code >= 500:
        raise Broken(error, wait)
    raise error


def _asked_to_wait(answer: httpx.Response) -> float | None:
    with suppress(ValueError):
        return max(0.0, float(answer.headers.get("retry-after", "")))
    return None


def _begins(answer: httpx.Response) -> int:
    """The first byte that a partial answer brings."""
    try:
        return int(answer.headers["content-range"].removeprefix("bytes ").partition("-")[0])
    except (KeyError, ValueError):
        return -1


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


class Speed:
    """Bytes a second over the last seconds."""

    SPAN = 5.0

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def note(self, done: int) -> None:
        now = time.monotonic()
        if self._marks and now - self._marks[-1][0] < 0.1:
            return
        self._marks = [mark for mark in self._marks if now - mark[0] <= self.SPAN] + [(now, done)]

    def read(self) -> float | None:
        """None before two marks, and when nothing came for a while."""
        if len(self._marks) < 2 or time.monotonic() - self._marks[-1][0] > self.SPAN:
            return None
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return (after - before) / (last - first) if last > first else None
