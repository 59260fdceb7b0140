"""What several people do to one run or one workflow in the same moment: each is heard or told why not, nothing happens twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from studio.engine.errors import BadState
from studio.engine.workflows.run_event import ENDS
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import graph, step
from tests.workflows.test_people import APPROVE, until, waiting
from tests.workflows.test_versions import saying

FAILS = graph(step("p", "python", code="return 1 / 0", inputs=[]), step("o", "output"), "p.value > o.result")


async def kinds_of(workflows: Workflows, run: str) -> Counter[str]:
    return Counter(event.kind for event in await workflows.history(run))


async def test_a_run_that_ten_resume_at_once_goes_on_once(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=12)
    await workflows.stop(run)
    resumed = await asyncio.gather(*(workflows.resume(run) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, BadState) for one in resumed) == 9
    assert (await kinds_of(workflows, run))["run_started"] == 2
    await until(workflows, run, "waiting")
    await workflows.answer(run, "buy")
    assert (await workflows.wait(run)).status == "completed"
    assert (await kinds_of(workflows, run))["run_finished"] == 1


async def test_a_run_that_is_stopped_while_it_is_taken_up_is_stopped(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=12)
    await workflows.stop(run)
    resuming = asyncio.create_task(workflows.resume(run))
    await asyncio.sleep(0)
    assert (await workflows.stop(run)).status == "stopped"
    await resuming
    assert (await workflows.execution(run)).status == "stopped" and not workflows.running_count()


async def test_a_run_that_is_stopped_before_its_first_step_has_an_end(workflows: Workflows) -> None:
    started = await workflows.start(APPROVE, {"price": 12})
    assert (await workflows.stop(started.id)).status == "stopped"
    assert [event.kind async for event in workflows.events(started.id)][-1] == "run_stopped"
    assert not workflows.running_count()


async def test_a_run_that_is_stopped_by_two_at_once_ends_once(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=12)

    async def stop() -> str:
        return (await workflows.stop(run)).status

    async def stop_a_moment_later(turns: int) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await stop()

    assert set(await asyncio.gather(stop(), *map(stop_a_moment_later, range(1, 12)))) == {"stopped"}
    assert [event.kind for event in await workflows.history(run)].count("run_stopped") == 1


async def test_a_run_that_is_stopped_while_its_end_is_written_keeps_that_end(
    workflows: Workflows, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes, written = asyncio.Event(), asyncio.Event()
    change = workflows._records.change_execution

    async def slowly(execution_id: str, **values: Any) -> None:
        writes.set()
        await written.wait()
        await change(execution_id, **values)

    monkeypatch.setattr(workflows._records, "change_execution", slowly)
    started = await workflows.start(saying("one"))
    await writes.wait()
    stopping = asyncio.create_task(workflows.stop(started.id))
    for _ in range(3):
        await asyncio.sleep(0)
    written.set()
    stopped = await stopping
    assert (stopped.status, stopped.outputs) == ("completed", {"result": "one"})
    assert [event.kind async for event in workflows.events(started.id)][-1] == "run_finished"
    assert await workflows.digests(started.id)


async def test_of_two_who_answer_at_once_one_is_heard(workflows: Workflows) -> None:
    run = await waiting(workflows, APPROVE, price=12)
    said = await asyncio.gather(workflows.answer(run, "buy"), workflows.answer(run, "leave"), return_exceptions=True)
    assert [isinstance(one, BadState) for one in said] == [False, True]
    assert (await workflows.wait(run)).outputs["result"] == "bought at 12"
    assert (await kinds_of(workflows, run))["answered"] == 1


async def test_who_hears_that_a_run_failed_may_resume_it_at_once(workflows: Workflows) -> None:
    started = await workflows.start(FAILS)
    async for event in workflows.events(started.id):
        if event.kind in ENDS:
            assert (await workflows.resume(started.id)).status in ("running", "failed")
    assert (await workflows.wait(started.id)).status == "failed"
    assert (await kinds_of(workflows, started.id))["run_failed"] == 2


async def test_a_workflow_that_ten_change_at_once_keeps_ten_versions(workflows: Workflows) -> None:
    made = await workflows.create("w", saying("one"))
    words = [f"word {number}" for number in range(10)]
    await asyncio.gather(*(workflows.update(made.id, definition=saying(word)) for word in words))
    kept = [item.definition.node("p").params["template"] for item in await workflows.versions(made.id)]
    assert sorted(kept) == sorted(["one", *words])
    assert (await workflows.get(made.id)).definition.node("p").params["template"] == kept[0]


async def test_a_name_and_a_drawing_that_are_changed_at_once_are_both_kept(workflows: Workflows) -> None:
    made = await workflows.create("w", saying("one"))
    await asyncio.gather(
        workflows.update(made.id, description="What it does."),
        workflows.update(made.id, definition=saying("two"), draft=True),
        workflows.update(made.id, name="v"),
    )
    found = await workflows.get(made.id)
    assert (found.name, found.description) == ("v", "What it does.")
    assert found.definition.node("p").params["template"] == "two" and found.definition.name == "v"
