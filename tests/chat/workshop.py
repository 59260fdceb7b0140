"""A real engine whose chat speaks with a model that does as it is told."""

from __future__ import annotations

from typing import Any

from studio.engine.chat.service import Answered, ApprovalWanted, Chat
from studio.engine.engine import Engine
from tests.chat.rooms import ScriptedModels

ROWS = "region,amount\n华南,3\n华南,4\n华东,5\n"


class Workshop:
    """A real engine whose chat speaks with a model that calls what it is told to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.use(ScriptedModels())

    def use(self, speaking: ScriptedModels) -> None:
        """Speak with another model from now on."""
        self.models, engine = speaking, self.engine
        models: Any = speaking
        self.chat = Chat(
            engine.catalog, engine.events, models, engine.knowledge, engine.datasets, engine.sql, engine.paths,
            engine.workflows,
        )  # fmt: skip

    async def ask(self, tools: list[str], decisions: tuple[str, ...] = (), thread: str = "", **along: Any) -> list[Any]:
        """All events of one question; approvals are decided in order."""
        thread = thread or (await self.chat.create(tools=tools)).id
        left, events = list(decisions), []
        async for event in self.chat.ask(thread, "Do it.", **along):
            events.append(event)
            if isinstance(event, ApprovalWanted):
                decision: Any = left.pop(0)
                self.chat.decide(event.id, decision)
        assert isinstance(events[-1], Answered), events[-1]
        return events
