"""What the API answers, taken apart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

Told = tuple[str, Any, str]


def data(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def read(answer: httpx.Response) -> Iterator[Told]:
    """The events of a stream as they come."""
    event = _Event()
    for line in answer.iter_lines():
        if event.takes(line):
            yield event.told()


async def read_as_it_comes(answer: httpx.Response) -> AsyncIterator[Told]:
    """The same, of an answer that does not hold up its loop."""
    event = _Event()
    async for line in answer.aiter_lines():
        if event.takes(line):
            yield event.told()


class _Event:
    """One event, line by line."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}

    def takes(self, line: str) -> bool:
        """Whether it is whole with this line."""
        kind, _, rest = line.partition(": ")
        self._parts[kind] = rest
        return kind == "data"

    def told(self) -> Told:
        return self._parts.get("event", ""), json.loads(self._parts["data"]), self._parts.get("id", "")
