"""Words are found in all messages of all threads, and threads are kept in folders and in the trash."""

from __future__ import annotations

import time

from tests.chat.conftest import Place

DAY = 86_400


async def test_words_are_found_in_questions_and_answers_of_all_threads(place: Place) -> None:
    one, two = (await place.chat.create("Pumps")).id, (await place.chat.create("Filters")).id
    place.models.words = ["The Pressure is ", "seven bar."]
    await place.ask("What of the pump?", one)
    place.models.words = ["It holds a year."]
    await place.ask("And the filter?", two)
    [hit] = await place.chat.find("pressure")
    assert (hit.thread_id, hit.title, hit.role) == (one, "Pumps", "assistant")
    assert [hit.snippet[slice(*span)] for span in hit.spans] == ["Pressure"]
    assert [hit.thread_id for hit in await place.chat.find("the")] == [two, one, one], "the newest first"
    assert await place.chat.find("pressure filter") == []
    assert len(await place.chat.find('"seven bar"')) == 1
    assert await place.chat.find('"bar seven"') == []


async def test_chinese_words_of_any_length_are_found(place: Place) -> None:
    thread = (await place.chat.create()).id
    place.models.words = ["水泵自购买之日起保修 24 个月。"]
    await place.ask("保修多久？", thread)
    for words in ("保修", "水泵自购", "泵", "24 个月", "保修 24"):
        assert "assistant" in [hit.role for hit in await place.chat.find(words)], words
    assert len(await place.chat.find("保修")) == 2
    assert await place.chat.find("退货") == []


async def test_marks_that_mean_something_to_a_database_are_only_letters(place: Place) -> None:
    thread = (await place.chat.create()).id
    place.models.words = ["100% of C++ and a_b."]
    await place.ask('Is "it" so?', thread)
    assert len(await place.chat.find("0%")) == 1
    assert len(await place.chat.find("%")) == 1
    assert len(await place.chat.find("_b")) == 1
    for odd in ('"', "*", "a OR b NEAR(", "'; DROP", "", "  "):
        await place.chat.find(odd)


async def test_what_is_edited_stopped_or_deleted_is_found_as_it_is_now(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("Where is the lighthouse?", thread)
    answer = (await place.chat.messages(thread))[-1]
    await place.chat.edit(thread, answer.id, "On the northern peninsula.")
    assert len(await place.chat.find("peninsula")) == 1
    await place.chat.delete(thread)
    assert await place.chat.find("peninsula") == []
    await place.chat.restore(thread)
    assert len(await place.chat.find("peninsula")) == 1


async def test_words_of_a_cut_off_answer_are_found_after_the_restart(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("Hello?", thread)
    answer = (await place.chat.messages(thread))[-1]
    await place.chat._threads.keep(answer.model_copy(update={"status": "streaming", "content": "unfinished symphony"}))
    await place.close()
    await place.open()
    assert len(await place.chat.find("symphony")) == 1


async def test_threads_are_kept_in_folders(place: Place) -> None:
    thread = (await place.chat.create("One", folder="Work")).id
    await place.chat.create("Two")
    await place.chat.update(thread, folder="售后")
    assert await place.chat.folders() == ["售后"]


async def test_the_trash_keeps_threads_for_thirty_days(place: Place) -> None:
    old, new = (await place.chat.create("Old")).id, (await place.chat.create("New")).id
    await place.ask("Hello?", old)
    await place.chat._threads.change(old, deleted_at=time.time() - 31 * DAY)  # as if deleted then
    await place.chat.delete(new)
    assert [thread.title for thread in await place.chat.trash()] == ["New", "Old"]
    await place.close()
    chat = await place.open()
    assert [thread.title for thread in await chat.trash()] == ["New"], "after thirty days it is gone for good"
    assert await chat._threads.every(old) == []
    await chat.empty_trash()
    assert await chat.trash() == []
