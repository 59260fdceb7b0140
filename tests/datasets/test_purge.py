"""The trash of datasets is emptied after thirty days, and copies that nobody shows go with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio.engine.datasets.purge import DAY, purge
from studio.engine.errors import NotFound
from tests.data_rooms import Rooms


async def test_what_was_trashed_long_ago_goes_with_its_copies_and_nothing_else(rooms: Rooms, tmp_path: Path) -> None:
    files = [tmp_path / "old.csv", tmp_path / "kept.csv", tmp_path / "recent.csv"]
    for number, file in enumerate(files):
        file.write_text(f"a,b\n{number},2\n")
    old, kept, recent = [await rooms.datasets.register(file) for file in files]
    await rooms.datasets.history.settled()
    copies = [rooms.paths.cache / "datasets" / each.fingerprint for each in (old, kept, recent)]
    assert all(copy.exists() for copy in copies)
    await rooms.datasets.delete(old.id)
    assert await purge(rooms.catalog, rooms.paths, time.time() + 29 * DAY) == []
    await rooms.datasets.restore(old.id)  # it was all there
    await rooms.datasets.delete(old.id)
    assert await purge(rooms.catalog, rooms.paths, time.time() + 31 * DAY) == [old.id]
    assert [copy.exists() for copy in copies] == [False, True, True]
    assert all(file.exists() for file in files)  # a person's own
    with pytest.raises(NotFound):
        await rooms.datasets.restore(old.id)
    assert (await rooms.datasets.page(kept.id, 0, 1)).num_rows == 1


async def test_a_copy_that_is_being_made_is_left_alone(rooms: Rooms) -> None:
    making = rooms.paths.cache / "datasets" / "0123456789abcdef"
    making.mkdir(parents=True)
    await purge(rooms.catalog, rooms.paths)
    assert making.exists()
    await purge(rooms.catalog, rooms.paths, time.time() + 2 * DAY)
    assert not making.exists()
