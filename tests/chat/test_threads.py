"""Threads: named, pinned, moved to the trash and back."""

from __future__ import annotations

import asyncio

import pytest

from studio.engine.errors import BadParameter, NotFound
from tests.chat.conftest import Place


async def test_a_thread_takes_its_first_questions_words_as_title(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("  How long\nis it?  ", thread)
    await place.ask("And then?", thread)
    assert (await place.chat.thread(thread)).title == "How long is it?"


async def test_a_long_question_makes_a_title_of_at_most_a_hundred_characters(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("word " * 40, thread)
    title = (await place.chat.thread(thread)).title
    assert len(title) <= 100
    assert title.endswith("…")


async def test_a_thread_that_a_person_named_keeps_its_name(place: Place) -> None:
    thread = (await place.chat.create("Pumps")).id
    await place.ask("Hello?", thread)
    assert (await place.chat.thread(thread)).title == "Pumps"


async def test_threads_are_renamed_pinned_and_remember_what_they_use(place: Place) -> None:
    thread = (await place.chat.create("One")).id
    changed = await place.chat.update(
        thread, title="保修", pinned=True, model="m", knowledge=["handbook"], datasets=["ds-001"]
    )
    assert changed == await place.chat.thread(thread)
    assert (changed.title, changed.pinned, changed.knowledge) == ("保修", True, ["handbook"])
    with pytest.raises(BadParameter, match="leaf_id"):
        await place.chat.update(thread, leaf_id="x")


async def test_changes_in_quick_succession_are_kept_in_their_order(place: Place) -> None:
    thread = (await place.chat.create("One")).id
    for _ in range(20):
        await asyncio.gather(*(place.chat.update(thread, title=f"{number}") for number in range(8)))
        assert (await place.chat.thread(thread)).title == "7"


async def test_a_deleted_thread_comes_back_with_its_messages(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("Hello?", thread)
    before = await place.chat.messages(thread)
    await place.chat.delete(thread)
    assert await place.chat.threads() == []
    with pytest.raises(NotFound) as gone:
        await place.chat.messages(thread)
    assert "trash" in gone.value.repair.en and "回收站" in gone.value.repair.zh  # type: ignore[union-attr]
    await place.chat.restore(thread)
    assert await place.chat.messages(thread) == before


async def test_the_thread_that_was_answered_last_comes_first(place: Place) -> None:
    first, second = (await place.chat.create("1")).id, (await place.chat.create("2")).id
    await place.ask("Hello?", first)
    assert [thread.id for thread in await place.chat.threads()] == [first, second]


async def test_everything_is_there_after_a_restart(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask(thread=thread, knowledge=["handbook"], datasets=["orders"])
    before = await place.chat.messages(thread)
    await place.close()
    chat = await place.open()
    assert await chat.messages(thread) == before
