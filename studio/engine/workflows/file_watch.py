"""Files of a folder that came or changed, each told once, from a first look on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

Signs = tuple[int, int, int]  # a file's number, size and time of change, to tell a content from what it was

PAUSE = 0.2  # seconds without a change, after which a file counts as written
LONGEST_WRITE = 10.0  # seconds; what is written for longer, such as a log, is told as it is then


class FileWatch:
    """The files of a folder and of those within that a pattern names. What changes after `look` ended is told, whether or not anything
    listens yet; what lay there already is not."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = pattern
        self._known: dict[Path, Signs] = {}
        self._wanted = DefaultFilter()

    async def look(self) -> None:
        """See what lies there now. Costs a `stat` for each file."""
        self._known = await asyncio.to_thread(self._signs, [self._folder])

    async def changed(self) -> AsyncIterator[list[Path]]:
        """The files that came or changed since they were last told, those of one moment together, as soon as they are written."""
        events = awatch(self._folder, step=50, debounce=400, recursive=True)
        coming = asyncio.ensure_future(anext(events))
        try:
            await asyncio.sleep(0)  # its first step listens
            places: Iterable[Path] = [self._folder]  # what came between the look and that is seen by a second look
            while True:
                if found := await self._new(places):
                    yield found
                changes = await coming
                coming = asyncio.ensure_future(anext(events))
                places = [Path(path) for _, path in changes]
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            await events.aclose()

    async def _new(self, places: Iterable[Path]) -> list[Path]:
        """What is new or another at these places, once it rests."""
        end = asyncio.get_running_loop().time() + LONGEST_WRITE
        places = list(places)
        fresh = await asyncio.to_thread(self._differing, places)
        while fresh and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(PAUSE)
            before, fresh = fresh, await asyncio.to_thread(self._differing, places)
            if fresh == before:
                break
        await asyncio.to_thread(self._know, places, fresh)
        return sorted(fresh)

    def _know(self, places: Iterable[Path], fresh: dict[Path, Signs]) -> None:
        """A file that is gone is a new one when it comes back."""
        self._known |= fresh
        for gone in [path for path in places if path in self._known and not path.is_file()]:
            del self._known[gone]

    def _differing(self, places: Iterable[Path]) -> dict[Path, Signs]:
        return {path: signs for path, signs in self._signs(places).items() if self._known.get(path) != signs}

    def _signs(self, places: Iterable[Path]) -> dict[Path, Signs]:
        return {path: signs for place in places for path, signs in self._files(place)}

    def _files(self, place: Path) -> Iterator[tuple[Path, Signs]]:
        """The files at a place: itself, or where it is a folder what lies in it. One that vanishes meanwhile is left out."""
        if not place.is_dir():
            folders: Iterable[tuple[str, list[str], list[str]]] = [(str(place.parent), [], [place.name])]
        else:
            folders = os.walk(place)
        for folder, within, names in folders:
            within[:] = [name for name in within if self._wanted(Change.added, str(Path(folder, name)))]
            for name in names:
                path = Path(folder, name)
                if not path.match(self._pattern) or not self._wanted(Change.added, str(path)):
                    continue
                try:
                    stat = path.stat()
                except OSError:
                    continue
                yield path, (stat.st_ino, stat.st_size, stat.st_mtime_ns)
