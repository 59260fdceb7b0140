"""What is written stays written: the catalog, its backups, and jobs that outlive a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from studio.engine.catalog import Catalog, backup
from studio.engine.catalog.tables import metadata, notes
from studio.engine.errors import BadParameter, BadState, NotFound
from studio.engine.events import Events, Notice
from studio.engine.jobs import Job, JobChanged, Jobs
from studio.engine.project import UNTITLED, Project, ProjectRenamed
from studio.engine.text import Text

TITLE = Text("Work", "工作")


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.db")
    await catalog.start()
    yield catalog
    await catalog.close()


async def note(catalog: Catalog, name: str) -> None:
    await catalog.write(lambda connection: connection.execute(insert(notes).values(name=name, value=1)))


async def names(catalog: Catalog) -> list[str]:
    return await catalog.read(lambda connection: list(connection.execute(select(notes.c.name)).scalars()))


async def test_a_change_that_fails_half_way_did_not_happen(catalog: Catalog) -> None:
    def half(connection: object) -> None:
        connection.execute(insert(notes).values(name="a", value=1))  # type: ignore[attr-defined]
        raise BadState(TITLE)

    with pytest.raises(BadState):
        await catalog.write(half)
    assert await names(catalog) == []


async def test_the_migrations_make_exactly_the_declared_tables(catalog: Catalog) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    assert catalog.engine is not None

    def declared(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not str(name).startswith("message_words")  # SQLite's own tables of a full-text index

    with catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": declared})
        assert compare_metadata(context, metadata) == []


WRITER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import insert
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
async def main():
    catalog = Catalog(Path(sys.argv[1])); await catalog.start()
    for number in range(100000):
        await catalog.write(lambda c: c.execute(insert(notes).values(name=str(number), value=1)))
        print(number, flush=True)
asyncio.run(main())
"""


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    file = tmp_path / "catalog.db"
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().strip() for _ in range(50)]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    catalog = Catalog(file)
    await catalog.start()
    assert set(acknowledged) <= set(await names(catalog))
    await catalog.close()


async def test_a_damaged_catalog_offers_the_last_good_backup_and_restores_it(tmp_path: Path) -> None:
    file = tmp_path / "catalog.db"
    first = Catalog(file)
    await first.start()
    await note(first, "kept")
    await first.close()
    second = Catalog(file)
    await second.start()  # makes the backup that holds "kept"
    await second.close()
    content = bytearray(file.read_bytes())
    content[4096:16384] = os.urandom(12288)
    file.write_bytes(content)

    with pytest.raises(backup.CatalogDamaged) as caught:
        await Catalog(file).start()
    assert caught.value.backup is not None and "Restore the backup" in caught.value.repair.en  # type: ignore[union-attr]
    backup.restore(file)
    restored = Catalog(file)
    await restored.start()
    assert await names(restored) == ["kept"]
    assert list(tmp_path.glob("catalog.damaged-*.db"))
    await restored.close()


async def test_a_job_tells_its_progress_and_its_result(catalog: Catalog) -> None:
    events, heard = Events(), []
    events.subscribe(JobChanged, lambda event: heard.append((event.job.status, event.job.progress)))
    jobs = Jobs(catalog, events)

    async def work(job: Job) -> str:
        job.progress(0.5)
        return "done"

    job = await jobs.start("test", TITLE, work)
    assert await job.wait() == "done"
    assert heard[0][0] == "running" and ("running", 0.5) in heard and heard[-1] == ("done", 1.0)
    assert [state.status for state in await jobs.list()] == ["done"]


async def test_a_failed_job_keeps_its_reason_and_is_noticed(catalog: Catalog) -> None:
    events, notices = Events(), []
    events.subscribe(Notice, notices.append)
    jobs = Jobs(catalog, events)

    async def work(job: Job) -> None:
        raise NotFound(Text("The file is gone.", "文件不见了。"))

    job = await jobs.start("test", TITLE, work)
    with pytest.raises(NotFound):
        await job.wait()
    state = (await jobs.list())[0]
    assert state.status == "failed" and state.error is not None and state.error["message"]["zh"] == "文件不见了。"
    assert notices[0].body.en == "The file is gone."


async def test_a_cancelled_job_is_over_when_cancel_returns(catalog: Catalog) -> None:
    jobs = Jobs(catalog, Events())
    ended = []

    async def work(job: Job) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(job.id)

    job = await jobs.start("test", TITLE, work)
    await asyncio.sleep(0)
    await jobs.cancel(job.id)
    assert ended == [job.id] and (await jobs.list())[0].status == "cancelled"


async def test_a_job_that_the_end_of_the_program_cut_off_goes_on_at_the_next_start(catalog: Catalog) -> None:
    before = Jobs(catalog, Events())

    async def endless(job: Job) -> None:
        await asyncio.Event().wait()

    await before.start("resumable", TITLE, endless, {"at": 3})
    await before.start("other", TITLE, endless)
    await before.close()

    after, resumed = Jobs(catalog, Events()), asyncio.Event()

    async def resume(payload: dict[str, object], job: Job) -> None:
        assert payload == {"at": 3}
        resumed.set()

    after.on_resume("resumable", resume)
    await after.start_interrupted()
    await asyncio.wait_for(resumed.wait(), 60)
    statuses = {state.kind: state.status for state in await after.list()}
    assert statuses["other"] == "interrupted"
    await after.close()


async def test_work_that_is_asked_for_while_the_program_ends_waits_for_the_next_start(catalog: Catalog) -> None:
    began: list[str] = []

    async def work(job: Job) -> None:
        began.append(job.id)

    before = Jobs(catalog, Events())
    await before.close()
    late = await before.start("count", TITLE, work, {"to": 3})
    with pytest.raises(asyncio.CancelledError):
        await late.wait()
    assert began == [] and before.running() == []

    after = Jobs(catalog, Events())
    after.on_resume("count", lambda payload, job: work(job))
    await after.start_interrupted()
    await after.wait(late.id)
    assert began == [late.id]
    await after.close()


async def test_a_project_keeps_the_name_it_was_given(catalog: Catalog) -> None:
    events, heard = Events(), []
    events.subscribe(ProjectRenamed, heard.append)
    project = Project(catalog, events)
    assert await project.name() == UNTITLED
    await project.rename(Text("Pumps", "水泵"))
    assert await Project(catalog, events).name() == Text("Pumps", "水泵") == heard[0].name
    with pytest.raises(BadParameter):
        await project.rename(Text(" ", " "))
