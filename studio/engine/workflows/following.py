"""Whoever follows a run: fed as things happen, or by the journal's file where it cannot keep up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")
BEHIND = 256  # as many may wait for a reader; then it reads them from disk


class Follower(Generic[T]):
    """What came and was not read yet, a few at most: whoever is slow costs no memory. `behind`: some of it was dropped."""

    def __init__(self, most: int = BEHIND) -> None:
        self._most = most
        self._new: deque[T] = deque()
        self._came = asyncio.Event()
        self.behind = False

    def put(self, item: T) -> None:
        if len(self._new) >= self._most:
            self.behind = True
            self._new.clear()
        if not self.behind:
            self._new.append(item)
        self._came.set()

    def catch_up(self) -> None:
        """What comes from now on is wanted again."""
        self._new.clear()
        self.behind = False

    async def next(self) -> T | None:
        """What came next; None when it fell behind."""
        while not self._new and not self.behind:
            self._came.clear()
            await self._came.wait()
        return None if self.behind else self._new.popleft()


class Followers(Generic[T]):
    """The followers by what they follow."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Follower[T]]] = {}

    def tell(self, name: str, item: T) -> None:
        for follower in self._by_name.get(name, ()):
            follower.put(item)

    def add(self, name: str) -> Follower[T]:
        found: Follower[T] = Follower()
        self._by_name.setdefault(name, []).append(found)
        return found

    def remove(self, name: str, follower: Follower[T]) -> None:
        self._by_name[name].remove(follower)
        if not self._by_name[name]:
            del self._by_name[name]
