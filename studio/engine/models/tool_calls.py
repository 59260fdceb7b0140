"""The tools that a model calls, put together from the pieces of its streamed answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class ToolCall:
    """One call; `arguments` as the model wrote them. The id may be empty: not every server gives one."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class ToolCalls:
    """The calls of one answer, in their order."""

    def __init__(self) -> None:
        self._calls: dict[int, ToolCall] = {}

    def take(self, deltas: Sequence[dict[str, Any]]) -> None:
        """What one piece says of them."""
        for delta in deltas:
            call = self._calls.setdefault(int(delta.get("index") or 0), ToolCall())
            function = delta.get("function") or {}
            call.id = delta.get("id") or call.id
            call.name += function.get("name") or ""
            call.arguments += function.get("arguments") or ""

    def all(self) -> list[ToolCall]:
        return [call for _, call in sorted(self._calls.items())]
