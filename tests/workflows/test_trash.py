"""Workflows in the trash: kept for 30 days, then gone with all that was theirs but their runs."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from studio.engine.catalog.tables import workflows as table
from studio.engine.errors import NotFound
from studio.engine.workflows.schedule import ScheduleSettings
from studio.engine.workflows.service import Workflows, WorkflowsChanged
from tests.workflows.graphs import field, graph, step

SHEET = graph(
    step("in", "start", fields=[field("x", "number", default=1)]),
    step("keep", "set_variable", name="seen", scope="workflow"),
    step("out", "output"),
    "in.x > keep.value",
    "keep.value > out.result",
)


async def put_away(workflows: Workflows, rooms: SimpleNamespace, name: str, days: float) -> str:
    """A workflow that was deleted so many days ago."""
    made = await workflows.create(name, SHEET)
    await workflows.delete(made.id)
    long_ago = update(table).where(table.c.id == made.id).values(deleted_at=time.time() - days * 86_400)
    await rooms.catalog.write(lambda connection: connection.execute(long_ago))
    return made.id


async def test_a_start_forgets_what_has_been_in_the_trash_for_longer_than_30_days(
    workflows: Workflows, rooms: SimpleNamespace
) -> None:
    old, young = [await put_away(workflows, rooms, name, days) for name, days in (("old", 30.1), ("young", 29.9))]
    kept = (await workflows.create("kept", SHEET)).id
    await workflows.close()
    later = Workflows(rooms)
    await later.open()
    try:
        assert [each.id for each in await later.trash()] == [young]
        assert [each.id for each in await later.list()] == [kept]
        with pytest.raises(NotFound, match="trash"):
            await later.restore(old)
        assert (await later.restore("young")).deleted_at is None
    finally:
        await later.close()


async def test_what_is_deleted_for_good_leaves_nothing_but_its_runs(
    workflows: Workflows, rooms: SimpleNamespace
) -> None:
    told: list[str] = []
    rooms.events.subscribe(WorkflowsChanged, lambda event: told.append(event.workflow_id))
    made, other = await workflows.create("gone", SHEET), await workflows.create("gone", SHEET)
    runs = [await workflows.end((await workflows.start(each.id, {"x": 7})).id) for each in (made, other)]
    await workflows.schedules.add(made.id, ScheduleSettings(kind="interval", seconds=3600))
    with pytest.raises(NotFound, match="trash"):
        await workflows.forget(made.id)
    await workflows.delete(made.id)
    assert (await workflows.trash())[0].deleted_at is not None
    told.clear()
    assert (await workflows.forget("gone")).id == made.id and told == [made.id]

    assert await workflows.trash() == [] and [each.id for each in await workflows.list()] == [other.id]
    assert await workflows.memory.get(f"workflow:{made.id}", "seen") is None
    assert await workflows.memory.get(f"workflow:{other.id}", "seen") == 7
    assert (await workflows.execution(runs[0].id)).status == "completed"
    await workflows.schedules.bring_back(made.id)
    assert workflows.schedules.list(made.id) == []
    await workflows.delete(other.id)
    await workflows.empty_trash()
    assert await workflows.trash() == []
