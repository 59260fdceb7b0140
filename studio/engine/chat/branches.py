"""The tree of a thread's messages: who stands beside whom, and where a branch ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leafed:
    """A message's place in the tree. Times are UTC seconds."""

    id: str
    parent_id: str | None
    created_at: float
    beside: str = ""


class Tree:
    """All messages of one thread. Children are in the order they were written."""

    def __init__(self, places: Iterable[Leafed]) -> None:
        self.places: Mapping[str, Leafed] = {place.id: place for place in places}
        self._children: dict[str | None, list[str]] = defaultdict(list)
        for place in sorted(self.places.values(), key=lambda each: each.created_at):
            self._children[place.parent_id].append(place.id)

    def siblings(self, message_id: str) -> list[str]:
        """The versions of a message, itself among them."""
        return list(self._children[self.places[message_id].parent_id])

    def path(self, leaf_id: str | None) -> list[str]:
        """From the first message to this one; empty when there is no such message."""
        path: list[str] = []
        while leaf_id in self.places:
            path.append(leaf_id or "")
            leaf_id = self.places[path[-1]].parent_id
        return path[::-1]

    def newest_leaf(self, message_id: str) -> str:
        """The end of the branch below a message that was written to last."""
        below = self._below(message_id)
        return max(below, key=lambda each: (self.places[each].created_at, len(self.path(each))))

    def branches(self) -> int:
        """How many ends there are."""
        return sum(not self._children.get(each) for each in self.places)

    def _below(self, message_id: str) -> list[str]:
        found, waiting = [], [message_id]
        while waiting:
            found.append(waiting.pop())
            waiting += self._children.get(found[-1], [])
        return found
