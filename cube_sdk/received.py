"""Bytes that come over a network, as a file that Arrow reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class Received:
    """Gives out what has come in, in the lengths that are asked for; only what was asked for is held."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held: deque[memoryview] = deque()

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join([*self._held, *self._pieces])
        taken: list[memoryview] = []
        while size > 0:
            if not self._held:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._held.append(memoryview(piece))
            first = self._held.popleft()
            if len(first) > size:
                self._held.appendleft(first[size:])
                first = first[:size]
            taken.append(first)
            size -= len(first)
        return b"".join(taken)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
