"""Watched folders: files that are added, changed and deleted are followed, also what happened while the studio was closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

log = logging.getLogger(__name__)
QUIET = 400  # milliseconds without a change before a folder is looked at
SOMETIMES = 60_000  # milliseconds between two looks without a change
AGAIN = 30.0  # seconds after which a folder that is gone is looked for


class Watching:
    """One task for each folder; `follow` is called with its key at the start, and after each change."""

    def __init__(self, follow: Callable[[str, str], Awaitable[None]]) -> None:
        self._follow = follow
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def watch(self, collection_id: str, folder: str) -> None:
        key = (collection_id, folder)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._watch(*key), name=f"watch {folder}")

    async def leave(self, collection_id: str, folder: str = "") -> None:
        """Stop watching a folder, or all of a collection."""
        keys = [key for key in self._tasks if key[0] == collection_id and folder in ("", key[1])]
        await self._end([self._tasks.pop(key) for key in keys])

    async def close(self) -> None:
        tasks, self._tasks = list(self._tasks.values()), {}
        await self._end(tasks)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _watch(self, collection_id: str, folder: str) -> None:
        while True:
            if await asyncio.to_thread(Path(folder).is_dir):
                try:
                    await self._watch_there(collection_id, folder)
                except (OSError, RuntimeError) as error:
                    log.warning("watching %s: %s", folder, error)
            await asyncio.sleep(AGAIN)

    async def _watch_there(self, collection_id: str, folder: str) -> None:
        """Look after each change, and once a while for what a network drive does not tell."""
        from watchfiles import awatch

        changes = awatch(
            folder,
            debounce=1600,
            step=QUIET,
            rust_timeout=SOMETIMES,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        looking = asyncio.create_task(self._look(collection_id, folder))
        try:
            async for _ in changes:
                await looking
                if not await asyncio.to_thread(Path(folder).is_dir):
                    return
                looking = asyncio.create_task(self._look(collection_id, folder))
        finally:
            looking.cancel()
            await asyncio.wait([looking])

    async def _look(self, collection_id: str, folder: str) -> None:
        try:
            await self._follow(collection_id, folder)
        except Exception:
            log.warning("following %s failed", folder, exc_info=True)
