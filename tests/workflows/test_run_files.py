"""Files that runs are given: kept as long as something names them, and for a while after that."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import insert

from studio.engine.catalog.tables import notes
from studio.engine.objects.service import Objects
from studio.engine.workflows.run_files import BUCKET, DAY, KEPT_DAYS
from studio.engine.workflows.schedule import ScheduleSettings
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket"]

LATER = (KEPT_DAYS + 1) * DAY
SHEET = graph(step("s", "start", fields=[field("paper", "file")]), step("o", "output"), "s.paper > o.result")


def written(folder: Path, name: str) -> Path:
    (folder / name).write_text(f"what stands in {name}")
    return folder / name


async def names(objects: Objects) -> set[str]:
    return {Path(info.key).name for info in await objects.list(f"s3://{BUCKET}/")}


async def test_what_nothing_names_any_more_goes_thirty_days_after_it_was_given(
    rooms: SimpleNamespace, bucket: Objects, tmp_path: Path
) -> None:
    rooms.objects = bucket
    workflows = Workflows(rooms)
    await workflows.open()
    kept = {
        name: await workflows.files.keep(written(tmp_path, name))
        for name in ("loose", "run", "schedule", "version", "trash", "said")
    }
    await workflows.end((await workflows.start(SHEET, {"paper": kept["run"]})).id)
    made = await workflows.create("fixed", graph(step("p", "prompt", template=kept["version"])))
    await workflows.update(made.id, definition=graph(step("p", "prompt", template="another")))
    await workflows.schedules.add(made.id, ScheduleSettings(kind="webhook", inputs={"paper": kept["schedule"]}))
    await workflows.delete((await workflows.create("away", graph(step("p", "prompt", template=kept["trash"])))).id)
    note = {"name": "of somebody", "value": {"papers": f"论文 see {kept['said']}"}}
    await rooms.catalog.write(lambda connection: connection.execute(insert(notes).values(**note)))
    now = time.time()
    assert await workflows.files.purge(rooms.catalog, now + LATER - 2 * DAY) == []
    gone = await workflows.files.purge(rooms.catalog, now + LATER)
    assert [Path(key).name for key in gone] == ["loose"]
    assert await names(bucket) == set(kept) - {"loose"}
    await workflows.forget("away")
    assert [Path(key).name for key in await workflows.files.purge(rooms.catalog, now + LATER)] == ["trash"]
    await workflows.close()


async def test_a_file_that_is_given_again_begins_its_days_anew_and_is_the_same(
    rooms: SimpleNamespace, bucket: Objects, tmp_path: Path
) -> None:
    rooms.objects = bucket
    workflows = Workflows(rooms)
    file = written(tmp_path, "paper")
    address = await workflows.files.keep(file)
    [before] = await bucket.list(address)
    kept = await bucket.paths(address)
    first = kept[0].stat().st_ctime
    while time.time() < first + 0.05:  # the clock of files is a coarse one
        await asyncio.sleep(0.01)
    while kept[0].stat().st_ctime <= first:
        assert await workflows.files.keep(file) == address
    assert await workflows.files.keep(file) == address
    assert await bucket.list(address) == [before], "whoever reads it at this moment finds it unchanged"
    assert await workflows.files.purge(rooms.catalog, first + 0.04 + KEPT_DAYS * DAY) == []
    assert len(await workflows.files.purge(rooms.catalog, time.time() + LATER)) == 1


async def test_no_purge_takes_a_file_from_a_run_that_has_begun(
    rooms: SimpleNamespace, bucket: Objects, tmp_path: Path
) -> None:
    rooms.objects = bucket
    workflows = Workflows(rooms)
    await workflows.open()

    purge = partial(workflows.files.purge, rooms.catalog, time.time() + LATER)
    for number in range(20):
        address = await workflows.files.keep(written(tmp_path, f"{number}.txt"))
        begins = asyncio.ensure_future(workflows.start(SHEET, {"paper": address}))
        await asyncio.gather(begins, purge())  # one of them is first
        there = await names(bucket)
        await purge()
        assert await names(bucket) == there
    await workflows.close()


async def test_what_never_opened_because_the_catalog_is_damaged_closes(rooms: SimpleNamespace) -> None:
    await Workflows(rooms).close()
