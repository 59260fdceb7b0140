"""What takes long is read in the background: first rows at once, progress, a way to stop it, and one copy for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from studio.engine.datasets import format
from studio.engine.datasets.dataset import Dataset
from studio.engine.errors import BadState
from studio.engine.jobs import Job, JobChanged
from tests.data_rooms import Rooms, held, open_rooms

ROWS = 200_000


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 6 MB: longer, with the threshold lowered, than what is read while one waits."""
    path = tmp_path_factory.mktemp("long") / "long.csv"
    path.write_text("id,name,amount\n" + "".join(f"{n},the name of {n:08},{n / 4}\n" * 2 for n in range(ROWS // 2)))
    return path


@pytest.fixture(autouse=True)
def small_files_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format, "SLOW", 1 << 20)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Readings of CSV files stand at 30 % until it is opened, so that nothing here is a race."""
    return held(monkeypatch)


async def until_read(rooms: Rooms, dataset: Dataset) -> Dataset:
    for job in rooms.jobs.running():
        await rooms.jobs.wait(job.id)
    return await rooms.datasets.get(dataset.id)


async def test_the_first_rows_are_there_at_once_and_the_count_when_all_is_read(
    rooms: Rooms, long: Path, gate: Event
) -> None:
    told: list[float | None] = []
    rooms.events.subscribe(JobChanged, lambda event: told.append(event.job.progress))
    dataset = await rooms.datasets.register(long)
    assert (dataset.status, dataset.row_count, dataset.statistics["reading"]) == ("active", None, "running")
    assert [column.name for column in dataset.columns] == ["id", "name", "amount"]
    [job] = rooms.jobs.running()
    assert job.payload["dataset"] == dataset.id
    page = await rooms.datasets.page(dataset.id, 0, 100)
    assert page.num_rows == 100 and rooms.jobs.running(), "the page did not wait"
    gate.set()
    whole = await until_read(rooms, dataset)
    assert (whole.row_count, whole.status) == (ROWS, "active") and "reading" not in whole.statistics
    assert any(fraction and fraction < 1 for fraction in told)


async def test_a_count_a_filter_and_rows_further_down_wait_for_the_whole(rooms: Rooms, long: Path) -> None:
    dataset = await rooms.datasets.register(long)
    count, last, some = await asyncio.gather(
        rooms.datasets.count(dataset.id),
        rooms.datasets.page(dataset.id, ROWS - 1, 5),
        rooms.datasets.count(dataset.id, "id < 10"),
    )
    assert (count, last.column("id").to_pylist(), some) == (ROWS, [ROWS // 2 - 1], 20)


async def test_two_datasets_over_one_file_share_the_reading_and_both_are_told(
    rooms: Rooms, long: Path, gate: Event
) -> None:
    one, two = await asyncio.gather(rooms.datasets.register(long, "one"), rooms.datasets.register(long, "two"))
    assert len(rooms.jobs.running()) == 1
    gate.set()
    await until_read(rooms, one)
    await rooms.datasets.count("two")
    while [each.row_count for each in await rooms.datasets.list()] != [ROWS, ROWS]:
        await asyncio.sleep(0.02)  # the time limit of the test ends it, where it never comes
    assert two.id != one.id
    assert len(list((rooms.paths.cache / "datasets").iterdir())) == 1


async def test_a_reading_that_is_stopped_keeps_its_first_rows_and_goes_on_when_asked(
    rooms: Rooms, long: Path, gate: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, wait = asyncio.Event(), Job.wait

    def noted(job: Job) -> Coroutine[Any, Any, Any]:
        asked.set()
        return wait(job)

    dataset = await rooms.datasets.register(long)
    monkeypatch.setattr(Job, "wait", noted)
    waiting = asyncio.ensure_future(rooms.datasets.count(dataset.id))
    await asked.wait()
    [job] = rooms.jobs.running()
    while not rooms.jobs.running()[0].progress:
        await asyncio.sleep(0.01)
    await rooms.jobs.cancel(job.id)
    with pytest.raises(BadState, match="stopped"):
        await waiting
    stopped = await rooms.datasets.get(dataset.id)
    assert stopped.statistics["reading"] == "stopped" and not rooms.jobs.running()
    assert (await rooms.datasets.page(dataset.id, 0, 10)).num_rows == 10 and not rooms.jobs.running()
    assert not list(rooms.paths.cache.rglob("*.part")), "nothing half-written is left"
    gate.set()
    await rooms.datasets.refresh(dataset.id)
    assert (await until_read(rooms, dataset)).row_count == ROWS


async def test_a_stopped_reading_stays_stopped_after_a_restart(tmp_path: Path, long: Path, gate: Event) -> None:
    async with open_rooms(tmp_path / "home") as rooms:
        dataset = await rooms.datasets.register(long)
        await rooms.jobs.cancel(rooms.jobs.running()[0].id)
        assert (await rooms.datasets.get(dataset.id)).statistics["reading"] == "stopped"
    async with open_rooms(tmp_path / "home") as rooms:
        assert (await rooms.datasets.get(dataset.id)).statistics["reading"] == "stopped" and not rooms.jobs.running()


async def test_a_studio_that_closes_while_it_reads_reads_on_at_the_next_start(
    tmp_path: Path, long: Path, gate: Event
) -> None:
    async with open_rooms(tmp_path / "home") as rooms:
        dataset = await rooms.datasets.register(long)
    async with open_rooms(tmp_path / "home") as rooms:
        assert (await rooms.datasets.get(dataset.id)).statistics["reading"] == "running"
        gate.set()
        assert (await until_read(rooms, dataset)).row_count == ROWS


async def test_removing_a_dataset_stops_its_reading(rooms: Rooms, long: Path, gate: Event) -> None:
    dataset = await rooms.datasets.register(long)
    await rooms.datasets.delete(dataset.id)
    assert not rooms.jobs.running()
    gate.set()
    await rooms.datasets.restore(dataset.id)
    assert await rooms.datasets.count(dataset.id) == ROWS


async def test_what_breaks_while_it_is_read_is_broken_until_it_is_refreshed(rooms: Rooms, tmp_path: Path) -> None:
    path = tmp_path / "late.jsonl"
    path.write_text('{"a": 1, "b": "some words"}\n' * 60_000)
    dataset = await rooms.datasets.register(path)
    await until_read(rooms, dataset)
    path.write_text('[{"a": 1, "b": "some words"}' + ',{"a": 1, "b": "some words"}' * 60_000)
    await rooms.datasets.get(dataset.id)
    for job in rooms.jobs.running():
        await asyncio.gather(rooms.jobs.wait(job.id), return_exceptions=True)
    broken = await rooms.datasets.get(dataset.id)
    assert broken.status == "broken" and "late.jsonl" in broken.status_reason.en and not rooms.jobs.running()
    path.write_text('[{"a": 1, "b": "some words"}' + ',{"a": 1, "b": "some words"}' * 60_000 + "]")
    await rooms.datasets.refresh(dataset.id)
    assert (await until_read(rooms, dataset)).row_count == 60_001


async def test_other_columns_are_told_as_soon_as_the_first_rows_show_them(rooms: Rooms, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n" + "1,some name\n" * 200_000)
    dataset = await until_read(rooms, await rooms.datasets.register(path))
    path.write_text("id,title\n" + "1,some name\n" * 200_000)
    changed = await rooms.datasets.get(dataset.id)
    assert changed.status == "changed" and "title" in changed.status_reason.en and changed.statistics["reading"]
    read = await until_read(rooms, dataset)
    assert (read.status, read.row_count) == ("changed", 200_000)
    assert (await rooms.datasets.refresh(dataset.id)).status == "active"


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with open_rooms(tmp_path / "rooms") as opened:
        yield opened
