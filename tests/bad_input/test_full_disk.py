"""A disk that is full, from the first moment and in the middle: each thing is named, and nothing that was kept is lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studio.engine.chat.message import AnswerFailed, Piece
from studio.engine.engine import Engine
from studio.engine.errors import DiskFull, StudioError, Unavailable, from_unexpected
from studio.engine.events import Notice
from studio.engine.jobs import JobChanged
from studio.engine.knowledge.reader import Unreadable
from studio.engine.knowledge.reading import Limits, read
from studio.engine.paths import Paths
from tests.bad_input.conftest import SmallDisk


@pytest.fixture
async def engine(home_on_disk: Path, disk: SmallDisk) -> AsyncIterator[Engine]:
    one = await Engine.open(Paths.under(home_on_disk))
    yield one
    disk.free()
    await one.close()


async def refused(work: Any) -> StudioError:
    """The error; it must speak of the disk in both languages."""
    with pytest.raises(Unavailable) as caught:
        await work
    error = caught.value
    assert "disk is full" in error.message.en and "磁盘已满" in error.message.zh and error.repair is not None
    return error


async def exhaust(items: Any) -> list[Any]:
    return [item async for item in items]


async def test_every_room_says_so_and_reading_goes_on(engine: Engine, disk: SmallDisk, tmp_path: Path) -> None:
    table, text = tmp_path / "few.csv", tmp_path / "new.md"
    table.write_text("a,b\n1,2\n")
    text.write_text("# New\n\nThe lamp is green.")
    thread = await engine.chat.create()
    collection = (await engine.knowledge.collections())[0]
    workflow = (await engine.workflows.list())[0]
    disk.fill()

    assert "few" not in str(await refused(engine.datasets.register(table)))
    assert "settings.json" in (await refused(engine.settings.set("appearance.language", "zh"))).message.en
    assert "catalog.db" in (await refused(engine.chat.create())).message.zh
    await refused(exhaust(engine.chat.ask(thread.id, "Is it green?")))
    await refused(engine.knowledge.add_files(collection.id, [text]))
    await refused(engine.workflows.start(workflow.id, {}))
    await refused(engine.objects.put("s3://sample/new.bin", b"x" * 100_000))
    assert engine.workflows.running_count() == 0 and not engine.jobs.running()

    assert (await engine.sql.query("SELECT count(*) FROM orders")).table.to_pylist()
    assert await engine.chat.messages(thread.id) == []
    assert [dataset.name for dataset in await engine.datasets.list() if dataset.name == "few"] == []


async def test_an_answer_in_the_middle_keeps_its_words_says_why_and_can_be_asked_again(
    engine: Engine, disk: SmallDisk
) -> None:
    thread = await engine.chat.create()
    events = []
    async for event in engine.chat.ask(thread.id, "Tell me a story about the sea and a ship."):
        events.append(event)
        if isinstance(event, Piece) and not any(isinstance(one, Piece) for one in events[:-1]):
            await asyncio.to_thread(disk.fill)
    failed = events[-1]
    assert isinstance(failed, AnswerFailed) and isinstance(failed.error, DiskFull)
    shown = (await engine.chat.messages(thread.id))[-1]
    assert shown.status == "failed" and shown.content, "shown as it ended, though that is not on disk yet"

    disk.free()
    await exhaust(engine.chat.ask(thread.id, "Again.", parent_id=shown.id))
    await engine.close()
    again = await Engine.open(engine.paths)
    kept = await again.chat.messages(thread.id)
    assert [message.status for message in kept] == ["done", "failed", "done", "done"] and kept[1].content
    await again.close()


@pytest.mark.slow
async def test_a_run_in_the_middle_ends_with_the_reason_and_goes_on_when_there_is_room(
    engine: Engine, disk: SmallDisk
) -> None:
    notices: list[Notice] = []
    engine.events.subscribe(Notice, notices.append)
    workflow = next(one for one in await engine.workflows.list() if one.name.startswith("Ticket"))
    tickets = next(node for node in workflow.definition.nodes if node.id == "open")
    tickets.params = {**tickets.params, "sql": tickets.params["sql"].replace("LIMIT 5", "LIMIT 2")}
    await engine.workflows.update(workflow.id, definition=workflow.definition)
    run = await engine.workflows.start(workflow.id, {})
    seen = []
    async for event in engine.workflows.events(run.id):
        seen.append(event)
        if len(seen) == 3:
            await asyncio.to_thread(disk.fill)
    assert seen[-1].kind == "run_failed" and re.search("disk.* is full", seen[-1].data["error"]["message"]["en"])
    assert [notice.title.en for notice in notices] == ["Runs cannot be recorded for now"]
    await engine.workflows.wait(run.id)
    assert engine.workflows.running_count() == 0
    assert (await engine.workflows.execution(run.id)).status == "interrupted"

    disk.free()
    await engine.workflows.resume(run.id)
    assert (await engine.workflows.wait(run.id)).status == "completed"
    numbers = [event.seq for event in await exhaust(engine.workflows.events(run.id))]
    assert numbers == list(range(1, len(numbers) + 1)), "what happened on the full disk was written down later"


@pytest.mark.slow
async def test_a_document_in_the_middle_fails_with_the_reason_and_is_indexed_by_a_retry(
    engine: Engine, disk: SmallDisk, tmp_path: Path
) -> None:
    long = tmp_path / "long.md"
    long.write_text(
        "\n\n".join(f"Lamp number {number} is green and hangs in room {number * 7}." for number in range(6000))
    )
    collection = (await engine.knowledge.collections())[0]
    job = await engine.knowledge.add_files(collection.id, [long])
    with engine.events.queue(JobChanged) as changes:
        async with asyncio.timeout(200):
            while ((await changes.get()).job.progress or 0) < 0.2:
                pass
    await asyncio.to_thread(disk.fill)
    await engine.jobs.wait(job.id)
    document = next(one for one in await engine.knowledge.documents() if one.file_name == "long.md")
    assert document.status == "failed" and "disk" in document.reason.en and "磁盘" in document.reason.zh  # type: ignore[union-attr]
    assert not engine.jobs.running()

    disk.free()
    await engine.jobs.wait((await engine.knowledge.retry(document.id)).id)
    assert (await engine.knowledge.document(document.id)).status == "indexed"
    found = await engine.knowledge.search("In which room hangs lamp number 77?", [collection.id], mode="keyword")
    assert found


async def test_a_disk_that_is_full_of_what_was_read_is_not_called_a_damaged_file(
    disk: SmallDisk, tmp_path: Path
) -> None:
    long = tmp_path / "long.txt"
    long.write_text("Lamps are green. " * 20_000)
    disk.fill()
    with pytest.raises(Unreadable) as refused:
        await read(long, "text", Limits(), within=disk.folder / "temporary")
    assert "disk" in refused.value.message.en and "磁盘" in refused.value.message.zh
    disk.free()
    assert await read(long, "text", Limits(), within=disk.folder / "temporary")


async def test_a_start_on_a_full_disk_says_so_keeps_nothing_claimed_and_nothing_is_lost(
    home_on_disk: Path, disk: SmallDisk
) -> None:
    paths = Paths.under(home_on_disk)
    disk.fill()
    with pytest.raises(Unavailable, match="disk is full"):
        await Engine.open(paths)
    disk.free()
    engine = await Engine.open(paths)
    assert len(await engine.datasets.list()) == 3
    assert not list((paths.data / "backups").glob("*.part"))
    await engine.close()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device", "/data/x"),
        RuntimeError("Database error: (code: 13) database or disk is full"),
        ExceptionGroup("tasks", [OSError(28, "No space left on device")]),
    ],
)
def test_a_full_disk_is_known_in_everybodys_words(error: Exception) -> None:
    assert isinstance(from_unexpected(error), DiskFull)
