"""A chat on a real catalog, between small rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studio.engine.chat.service import Chat, ChatEvent
from studio.engine.engine import Engine
from studio.engine.events import Events
from studio.engine.paths import Paths
from tests.catalogs import catalog_at
from tests.chat.rooms import OnePage, OneTable, ScriptedModels
from tests.chat.workshop import ROWS, Workshop

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


class Place:
    """A chat that a test can close and open again on the same files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = ScriptedModels()
        self.knowledge = OnePage()
        self.events = Events()

    async def open(self) -> Chat:
        self.catalog = catalog_at(self.folder / "catalog.db")
        await self.catalog.start()
        self.table = OneTable()
        table: Any = self.table
        models: Any = self.models
        knowledge: Any = self.knowledge
        self.chat = Chat(self.catalog, self.events, models, knowledge, table, table, Paths.under(self.folder))
        await self.chat.start()
        return self.chat

    async def close(self) -> None:
        await self.chat.close()
        await self.catalog.close()

    async def ask(self, question: str = QUESTION, thread: str = "", **wishes: Any) -> list[ChatEvent]:
        """All events of one question about the handbook and the orders."""
        if not thread:
            thread = (await self.chat.create(knowledge=["handbook"], datasets=["orders"])).id
        return [event async for event in self.chat.ask(thread, question, **wishes)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    await place.open()
    yield place
    await place.close()


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    engine = await Engine.open(Paths.under(tmp_path / "home"))
    try:
        (tmp_path / "orders.csv").write_text(ROWS)
        await engine.datasets.register(tmp_path / "orders.csv", "orders")
        yield Workshop(engine)
    finally:
        await engine.close()
