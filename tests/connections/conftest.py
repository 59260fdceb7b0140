from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.data_rooms import Rooms, open_rooms


@pytest.fixture
async def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    async with open_rooms(tmp_path / "home") as opened:
        yield opened
