"""Workflows that start by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.errors import BadParameter, Forbidden, NotFound
from studio.engine.objects.service import Objects
from studio.engine.workflows import schedules
from studio.engine.workflows.cron import Cron
from studio.engine.workflows.file_watch import PAUSE, FileWatch
from studio.engine.workflows.schedule import ScheduleSettings
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket"]

SHEET = graph(
    step("s", "start", fields=[field(name, "any", required=False) for name in ("body", "files", "scheduled_at", "late", "dataset")]),
    step("o", "output", names=["body", "files", "scheduled_at", "late", "dataset"]),
    *[f"s.{name} > o.{name}" for name in ("body", "files", "scheduled_at", "late", "dataset")],
)  # fmt: skip


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("line", "zone", "after", "wanted"),
    [
        ("30 8 * * *", "UTC", "2026-01-01 08:30", "2026-01-02 08:30"),
        ("*/15 * * * *", "UTC", "2026-01-01 08:31", "2026-01-01 08:45"),
        ("0 9 * * mon-fri", "Asia/Shanghai", "2026-01-02 10:00", "2026-01-05 09:00"),
        ("0 0 1 jan,jul *", "UTC", "2026-02-01 00:00", "2026-07-01 00:00"),
        ("0 0 29 2 *", "UTC", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("0 0 13 * 5", "UTC", "2026-01-01 00:00", "2026-01-02 00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-30 02:30"),
        ("@daily", "UTC", "2026-01-01 08:31", "2026-01-02 00:00"),
    ],
)
def test_cron_lines_say_when(line: str, zone: str, after: str, wanted: str) -> None:
    assert Cron.read(line, zone).after(at(after, zone)) == at(wanted, zone)


@pytest.mark.parametrize("line", ["", "* * * *", "61 * * * *", "* * * * xyz", "*/0 * * * *", "5-1 * * * *"])
def test_a_line_that_is_none_says_why(line: str) -> None:
    with pytest.raises(BadParameter, match="cron line"):
        Cron.read(line)
    with pytest.raises(BadParameter, match="never comes"):
        Cron.read("0 0 31 2 *").after(0)
    with pytest.raises(BadParameter, match="time zone"):
        Cron.read("* * * * *", "Mars/Base")


async def ended(workflows: Workflows, workflow: str, count: int) -> list[Any]:
    """The runs of a workflow when that many have completed."""
    while True:
        runs = [run for run in await workflows.executions(workflow) if run.status == "completed"]
        if len(runs) >= count:
            return runs
        await asyncio.sleep(0.01)


async def test_an_interval_starts_runs_until_it_is_paused(workflows: Workflows) -> None:
    made = await workflows.create("by itself", SHEET)
    schedule = await workflows.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=0.05))
    runs = await ended(workflows, made.id, 2)
    assert runs[0].source == schedule.id and runs[0].outputs["scheduled_at"]
    paused = await workflows.schedules.pause(schedule.id, True)
    assert paused.state["next_at"] is None and paused.state["runs"] >= 2


@pytest.mark.parametrize(("policy", "made_up"), [("skip", 0), ("once", 1), ("all", 3)])
async def test_times_that_were_missed_are_made_up_for_as_wanted(
    rooms: SimpleNamespace, policy: Any, made_up: int
) -> None:
    first = Workflows(rooms)
    await first.open()
    made = await first.create("by itself", SHEET)
    schedule = await first.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=1000, missed=policy))
    await first.close()  # its clock rests, or it would not miss them
    schedule.state["next_at"] = time.time() - 2500
    await first.schedules._keep(schedule)
    second = Workflows(rooms)
    await second.open()
    runs = await ended(second, made.id, made_up)
    assert len(runs) == made_up and all(run.outputs["late"] for run in runs)
    again = second.schedules.get(schedule.id)
    assert again.state["next_at"] > time.time() and again.state["skipped"] == 3 - made_up
    await second.close()


async def test_what_began_before_a_kill_is_not_begun_again_by_its_schedule(rooms: SimpleNamespace) -> None:
    first = Workflows(rooms)
    await first.open()
    made = await first.create("by itself", SHEET)
    schedule = await first.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=1000, missed="all"))
    due = time.time() - 2500
    await first.schedules._start(made.id, {"scheduled_at": due}, schedule.id)  # killed before the schedule noted it
    await ended(first, made.id, 1)
    await first.close()
    schedule.state["next_at"] = due
    await first.schedules._keep(schedule)
    second = Workflows(rooms)
    await second.open()
    runs = await ended(second, made.id, 3)
    assert sorted(run.inputs["scheduled_at"] for run in runs) == [due, due + 1000, due + 2000]
    await second.close()


async def test_a_hook_needs_its_token_and_hands_on_what_was_sent(workflows: Workflows) -> None:
    made = await workflows.create("hooked", SHEET)
    schedule = await workflows.schedules.add(made.id, ScheduleSettings(kind="webhook"))
    for token in ("", "wrong"):
        with pytest.raises(NotFound):
            await workflows.schedules.call(schedule.id, token, {})
    await workflows.schedules.call(schedule.id, schedule.state["token"], {"body": {"n": 1}})
    assert (await ended(workflows, made.id, 1))[0].outputs["body"] == {"n": 1}
    with pytest.raises(Forbidden, match="not given"):  # whoever calls from outside names no file of this computer
        await workflows.schedules.call(schedule.id, schedule.state["token"], {"body": {"file": __file__}})


async def named(workflows: Workflows, workflow: str, names: set[str]) -> list[str]:
    """The names of the files that runs of a workflow were given, once they have all these."""
    while True:
        runs = [run for run in await workflows.executions(workflow) if run.status == "completed"]
        found = [Path(path).name for run in runs for path in run.outputs["files"]]
        if names <= set(found):
            return found
        await asyncio.sleep(0.01)


async def test_files_that_come_together_start_one_run_from_the_first_moment_on(
    workflows: Workflows, tmp_path: Path
) -> None:
    (folder := tmp_path / "inbox").mkdir()
    (folder / "old.csv").write_text("was here before")
    made = await workflows.create("files", SHEET)
    await workflows.schedules.add(made.id, ScheduleSettings(kind="file", folder=str(folder), pattern="*.csv"))
    for name in ("a.csv", "b.csv", "c.txt"):  # at once, before anything can listen
        (folder / name).write_text("x")
    assert sorted(await named(workflows, made.id, {"a.csv", "b.csv"})) == ["a.csv", "b.csv"]
    (folder / "a.csv").write_text("another content")
    (folder / "within").mkdir()
    (folder / "within" / "d.csv").write_text("x")
    found = await named(workflows, made.id, {"d.csv"})
    (folder / "last.csv").write_text("x")
    found = await named(workflows, made.id, {"last.csv"})
    assert sorted(found) == ["a.csv", "a.csv", "b.csv", "d.csv", "last.csv"], "each content once"
    with pytest.raises(BadParameter, match="no folder"):
        await workflows.schedules.add(made.id, ScheduleSettings(kind="file", folder="/nowhere"))


async def test_a_file_that_comes_as_the_studio_starts_is_not_missed_and_starts_one_run(
    rooms: SimpleNamespace, tmp_path: Path
) -> None:
    (folder := tmp_path / "inbox").mkdir()
    first = Workflows(rooms)
    await first.open()
    made = await first.create("files", SHEET)
    schedule = await first.schedules.add(made.id, ScheduleSettings(kind="file", folder=str(folder)))
    await first.close()
    second = Workflows(rooms)
    await second.open()
    try:
        (folder / "new.csv").write_text("x")
        assert await named(second, made.id, {"new.csv"}) == ["new.csv"]
        (folder / "next.csv").write_text("x")
        assert await named(second, made.id, {"next.csv"}) == ["next.csv", "new.csv"]
        assert second.schedules.get(schedule.id).state["skipped"] == 0
    finally:
        await second.close()


async def test_a_file_that_is_still_written_starts_its_run_when_it_is_whole(
    workflows: Workflows, tmp_path: Path
) -> None:
    (folder := tmp_path / "inbox").mkdir()
    watch = FileWatch(folder, "*.csv")
    await watch.look()
    with (folder / "slow.csv").open("w") as file:
        file.write("first,")
        file.flush()
        told = asyncio.ensure_future(anext(watch.changed()))
        for _ in range(5):
            await asyncio.sleep(PAUSE / 4)
            file.write("more,")
            file.flush()
    assert await told == [folder / "slow.csv"]


async def test_files_that_come_while_a_run_goes_on_start_the_next(workflows: Workflows, tmp_path: Path) -> None:
    (folder := tmp_path / "inbox").mkdir()
    waits = graph(
        step("s", "start", fields=[field("files", "any")]), step("w", "wait", seconds=1), step("o", "output", names=["files"]),
        "s.files > w.value", "w.value > o.files",
    )  # fmt: skip
    made = await workflows.create("slow", waits)
    schedule = await workflows.schedules.add(made.id, ScheduleSettings(kind="file", folder=str(folder)))
    (folder / "first.csv").write_text("x")
    while not await workflows.executions(made.id):
        await asyncio.sleep(0.01)
    (folder / "second.csv").write_text("x")
    assert await named(workflows, made.id, {"second.csv"}) == ["second.csv", "first.csv"]
    assert workflows.schedules.get(schedule.id).state["skipped"] == 0


async def test_a_folder_that_is_gone_is_told_with_the_schedule(rooms: SimpleNamespace, tmp_path: Path) -> None:
    (folder := tmp_path / "inbox").mkdir()
    first = Workflows(rooms)
    await first.open()
    made = await first.create("files", SHEET)
    schedule = await first.schedules.add(made.id, ScheduleSettings(kind="file", folder=str(folder)))
    await first.close()
    folder.rmdir()
    second = Workflows(rooms)
    await second.open()
    try:
        while "error" not in second.schedules.get(schedule.id).state:
            await asyncio.sleep(0.01)
        assert "inbox" in str(second.schedules.get(schedule.id).state["error"])
    finally:
        await second.close()


async def test_a_clock_that_is_set_back_delays_no_interval(
    workflows: Workflows, rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await workflows.create("by itself", SHEET)
    room = workflows.schedules
    clock = await room.add(made.id, ScheduleSettings(kind="interval", seconds=1000))
    daily = await room.add(made.id, ScheduleSettings(kind="cron"))
    due, morning = clock.state["next_at"], daily.state["next_at"]
    monkeypatch.setattr(schedules, "time", SimpleNamespace(time=lambda: time.time() - 7200, monotonic=time.monotonic))
    room._changed.set()
    while room.get(clock.id).state["next_at"] > due - 7100:
        await asyncio.sleep(0.01)
    assert (
        abs(room.get(clock.id).state["next_at"] - (due - 7200)) < 60 and room.get(daily.id).state["next_at"] == morning
    )
    await room.change(clock.id, ScheduleSettings(kind="interval", seconds=0.05))
    assert (await ended(workflows, made.id, 2))[0].source == clock.id


async def test_a_clock_that_was_set_back_while_the_studio_was_closed_delays_no_interval(
    rooms: SimpleNamespace,
) -> None:
    first = Workflows(rooms)
    await first.open()
    made = await first.create("by itself", SHEET)
    schedule = await first.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=1000))
    await first.close()
    schedule.state["next_at"] = time.time() + 7200  # as the clock showed then
    await first.schedules._keep(schedule)
    second = Workflows(rooms)
    await second.open()
    try:
        assert second.schedules.get(schedule.id).state["next_at"] <= time.time() + 1000
    finally:
        await second.close()


async def test_a_new_file_is_copied_for_a_field_that_takes_files(
    rooms: SimpleNamespace, bucket: Objects, tmp_path: Path
) -> None:
    rooms.objects = bucket
    workflows = Workflows(rooms)
    await workflows.open()
    (folder := tmp_path / "inbox").mkdir()
    sheet = graph(step("s", "start", fields=[field("files", "files")]), step("o", "output"), "s.files > o.result")
    made = await workflows.create("copies", sheet)
    await workflows.schedules.add(made.id, ScheduleSettings(kind="file", folder=str(folder)))
    (folder / "a note.csv").write_text("n\n1\n")
    (address,) = (await ended(workflows, made.id, 1))[0].outputs["result"]
    assert address.startswith("s3://run-files/") and address.endswith("/a note.csv")
    (folder / "a note.csv").unlink()
    assert await bucket.get(address) == b"n\n1\n"
    await workflows.close()


async def test_a_dataset_with_another_content_starts_a_run(workflows: Workflows, rooms: SimpleNamespace) -> None:
    from studio.engine.workflows.values import table_of

    saved = await rooms.sql.save_rows(table_of([{"n": 1}]), "watched", "", origin={"kind": "workflow", "step": "a"})
    made = await workflows.create("data", SHEET)
    await workflows.schedules.add(made.id, ScheduleSettings(kind="dataset", dataset=saved.id))
    rooms.events.publish(DatasetsChanged(saved.id))
    await asyncio.sleep(0.1)
    assert await workflows.executions(made.id) == [], "the same content starts nothing"
    await rooms.sql.save_rows(table_of([{"n": 2}]), "watched", "", origin={"kind": "workflow", "step": "a"})
    rooms.events.publish(DatasetsChanged(saved.id))
    assert (await ended(workflows, made.id, 1))[0].outputs["dataset"] == saved.id


async def test_a_workflow_in_the_trash_starts_nothing_and_comes_back_with_its_schedules(
    workflows: Workflows, rooms: SimpleNamespace, tmp_path: Path
) -> None:
    made = await workflows.create("away", SHEET)
    room = workflows.schedules
    clock = await room.add(made.id, ScheduleSettings(kind="interval", seconds=3600))
    hook = await room.add(made.id, ScheduleSettings(kind="webhook"))
    rests = await room.pause((await room.add(made.id, ScheduleSettings(kind="cron"))).id, True)
    (tmp_path / "inbox").mkdir()
    files = await room.add(made.id, ScheduleSettings(kind="file", folder=str(tmp_path / "inbox")))
    await workflows.delete(made.id)
    assert room.list() == [] and [item.id for item in await workflows.trash()] == [made.id]
    with pytest.raises(NotFound):
        await room.call(hook.id, hook.state["token"], {})
    clock.state["next_at"] = time.time() - 7200  # the hours go by
    (tmp_path / "inbox").rmdir()
    await workflows.close()
    second = Workflows(rooms)
    await second.open()
    try:
        assert second.schedules.list() == []
        back = await second.restore("away")
        assert back.id == made.id and await second.trash() == []
        found = {item.id: item for item in second.schedules.list(made.id)}
        assert set(found) == {clock.id, hook.id, rests.id, files.id}
        assert found[clock.id].state["next_at"] > time.time() and found[rests.id].paused
        assert found[files.id].paused and "folder" in found[files.id].state["error"]["message"]["en"]
        begun = await second.schedules.call(hook.id, hook.state["token"], {"body": 1})
        await second.end(begun.id)
        assert [run.id for run in await second.executions(made.id)] == [begun.id], "what was missed is not made up for"
        with pytest.raises(NotFound, match="trash"):
            await second.restore(made.id)
    finally:
        await second.close()


async def test_a_run_that_fails_is_tried_again(workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = graph(
        step("p", "parse", mode="json"), step("s", "start", fields=[field("x", default="no")]), "s.x > p.value"
    )
    made = await workflows.create("broken", broken)
    settings = ScheduleSettings(kind="interval", seconds=3600, retries=2, retry_wait=0.01)
    schedule = await workflows.schedules.add(made.id, settings)
    workflows.schedules._launch(schedule, {})
    failures: Callable[[], int] = lambda: workflows.schedules.get(schedule.id).state["failures"]  # noqa: E731
    while failures() < 3:
        await asyncio.sleep(0.01)
    assert failures() == 3 and len(await workflows.executions(made.id)) == 3
    await workflows.delete(made.id)
    assert workflows.schedules.list() == []
