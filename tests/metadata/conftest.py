from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.engine.metadata.service import Metadata
from tests.data_rooms import Rooms, open_rooms


@dataclass
class Known:
    """The rooms of data and what is known of them."""

    rooms: Rooms
    metadata: Metadata

    async def register(self, path: Path, name: str, text: str, **fields: object) -> str:
        path.write_text(text)
        dataset = await self.rooms.datasets.register(path, name)
        if fields:
            await self.rooms.datasets.update(dataset.id, **fields)
        await self.metadata.settled()
        return dataset.id


@pytest.fixture
async def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Known]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    async with open_rooms(tmp_path / "home") as rooms:
        metadata = Metadata(rooms.catalog, rooms.datasets, rooms.events, rooms.paths)
        await metadata.start()
        yield Known(rooms, metadata)
        await metadata.close()
