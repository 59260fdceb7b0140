"""What a run asks people: what a step wants to know, and what became of a side effect that was interrupted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from studio.engine.workflows.desk import Desk, Where
from studio.engine.workflows.doubt import DONE, question_about
from studio.engine.workflows.replay import Recorded

Tell = Callable[[Any, str, dict[str, Any]], None]


class People:
    """The questions of one run. `flush` waits until what was told is on disk."""

    def __init__(
        self, execution: str, recorded: Recorded, desk: Desk, tell: Tell, flush: Callable[[], Awaitable[None]]
    ) -> None:
        self._execution = execution
        self._recorded = recorded
        self._desk = desk
        self._tell = tell
        self._flush = flush

    async def ask(self, where: Where, question: dict[str, Any], seconds: float | None) -> Any:
        """Wait for a person. What was answered before a restart is not asked again; the clock goes on from the first asking."""
        known = self._recorded.take_answer(where, question)
        if known is not None:
            return known
        earlier = self._recorded.asked.get(where)
        if earlier is None or earlier.data["question"] != question:
            earlier = None
            await self._announce(where, question)
        since = earlier.at if earlier else time.time()
        left = None if seconds is None else max(0.0, since + seconds - time.time())
        return await self._desk.wait(self._execution, where, question, left)

    async def settle(self, where: Where, title: str, ports: list[str]) -> dict[str, Any] | None:
        """Ask what became of a side effect that was interrupted. None: it has to be done (again). Otherwise it is taken as
        done with these values; a port without one gives nothing (null)."""
        answer = self._recorded.settled.get(where) or self._desk.standing(self._execution, where[0])
        if answer is None:
            question = question_about(title, ports, where[1])
            if where not in self._recorded.doubts:
                await self._announce(where, question)
            answer = await self._desk.wait(self._execution, where, question, None)
        if answer["choice"] != DONE:
            return None
        return {**dict.fromkeys(ports), **answer["outputs"]}

    async def _announce(self, where: Where, question: dict[str, Any]) -> None:
        self._tell("asked", where[0], {"question": question, "at": list(where[1])})
        await self._flush()
