"""What happens to one thread in the same moment: one answer is written, nothing that a person did is lost."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from studio.engine.chat.service import Asked
from studio.engine.errors import BadState, StudioError
from tests.chat.conftest import QUESTION, Place
from tests.chat.workshop import Workshop
from tests.workflows.test_versions import saying


async def heard(events: Any) -> Any:
    """The last event, or why there was none."""
    try:
        return [event async for event in events][-1]
    except StudioError as error:
        return error


async def test_an_answer_that_ten_go_on_with_at_once_goes_on_once(place: Place) -> None:
    done = (await place.ask("Hello?"))[-1].message
    ended = await asyncio.gather(*(heard(place.chat.go_on(done.thread_id, done.id)) for _ in range(10)))
    assert sum(isinstance(one, BadState) for one in ended) == 9
    versions = await place.chat.versions(done.thread_id)
    assert [len(one) for one in versions.values()] == [1, 2]


async def test_a_workflow_that_is_run_twice_at_once_in_a_thread_runs_once(workshop: Workshop) -> None:
    made = await workshop.engine.workflows.create("w", saying("one"))
    thread = (await workshop.chat.create()).id
    ended = await asyncio.gather(*(heard(workshop.chat.run_workflow(thread, made.id)) for _ in range(2)))
    assert sum(isinstance(one, BadState) for one in ended) == 1
    assert len(await workshop.chat.messages(thread)) == 2
    assert len(await workshop.engine.workflows.executions(made.id)) == 1


async def test_a_question_that_is_asked_while_another_branch_is_chosen_is_the_one_that_is_shown(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await place.ask("Hello?"))[-1].message
    [event async for event in place.chat.answer_again(first.thread_id, first.id)]
    looks, looked = asyncio.Event(), asyncio.Event()
    tree = place.chat._threads.tree

    async def slowly(thread_id: str) -> Any:
        looks.set()
        await looked.wait()
        return await tree(thread_id)

    monkeypatch.setattr(place.chat._threads, "tree", slowly)
    place.models.stall_after = 1
    switching = asyncio.create_task(place.chat.switch(first.thread_id, first.id))
    await looks.wait()
    async with aclosing(place.chat.ask(first.thread_id, "And?")) as events:
        asked = await anext(events)
        looked.set()
        with pytest.raises(BadState):
            await switching
        assert isinstance(asked, Asked)
        assert (await place.chat.messages(first.thread_id))[-1].id == asked.answer.id


async def test_what_a_person_thinks_of_an_answer_while_its_query_runs_again_is_kept(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.models.calls = [("query_data", '{"sql": "SELECT count(*) AS n FROM orders"}')] * 2
    answer = (await workshop.ask(["query"]))[-1].message
    assert [step.kind for step in answer.steps][:2] == ["query"] * 2
    begun, ready = asyncio.Event(), asyncio.Event()
    query = workshop.engine.sql.query

    async def slowly(sql: str) -> Any:
        begun.set()
        await ready.wait()
        return await query(sql)

    monkeypatch.setattr(workshop.engine.sql, "query", slowly)
    again = [
        asyncio.create_task(workshop.chat.rerun(answer.thread_id, answer.id, step, f"SELECT {step} AS n FROM orders"))
        for step in (0, 1)
    ]
    await begun.wait()
    await workshop.chat.rate(answer.thread_id, answer.id, "up")
    ready.set()
    await asyncio.gather(*again)
    kept = (await workshop.chat.messages(answer.thread_id))[-1]
    assert kept.feedback == "up"
    assert [step.sql for step in kept.steps][:2] == ["SELECT 0 AS n FROM orders", "SELECT 1 AS n FROM orders"]


async def test_a_file_that_is_brought_in_twice_at_once_is_there_once(place: Place) -> None:
    await place.ask(QUESTION)
    [thread] = await place.chat.threads()
    kept = (await place.chat.export(thread.id, "json")).encode()
    await place.chat.delete(thread.id)
    await place.chat.empty_trash()
    added = await asyncio.gather(*(place.chat.import_threads(kept) for _ in range(4)))
    assert sum(len(one) for one in added) == 1
    assert len(await place.chat.messages(thread.id)) == 2
