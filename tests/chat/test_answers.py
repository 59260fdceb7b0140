"""From a question to a checked answer, with everything on disk before it is told."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import pytest

from studio.engine.chat.service import (
    Answered,
    AnswerFailed,
    Asked,
    Piece,
    SourcesFound,
    ThreadsChanged,
    Worked,
    Working,
)
from studio.engine.errors import BadParameter, BadState, NotFound
from tests.chat.conftest import QUESTION, Place


async def test_a_question_is_told_as_asked_worked_sources_pieces_and_answered(place: Place) -> None:
    events = await place.ask()
    kinds = [type(event) for event in events if not isinstance(event, Working)]
    assert kinds[:4] == [Asked, Worked, Worked, SourcesFound]
    assert set(kinds[4:-1]) == {Piece}
    assert kinds[-1] is Answered


async def test_a_search_and_a_query_have_their_cards_from_the_moment_they_begin(place: Place) -> None:
    place.knowledge.ready.clear()
    thread = (await place.chat.create(knowledge=["handbook"], datasets=["orders"])).id
    place.models.words = ["```sql\n", "SELECT 1", "\n```"]
    cards: list[tuple[str, str, str]] = []
    async with aclosing(place.chat.ask(thread, QUESTION)) as events:
        async for event in events:
            if isinstance(event, Working | Worked):
                detail = event.step.detail.en if event.step.detail else ""
                cards.append((type(event).__name__, event.step.title.en, detail))
                place.knowledge.ready.set()
            if isinstance(event, Working) and event.step.text:
                assert event.step.text.startswith("```sql"), "the query can be read while it is written"
    assert cards[:3] == [
        ("Working", "Searching After-sales handbook", "among 212 chunks"),
        ("Worked", "Searched After-sales handbook", "1 chunk from handbook.pdf"),
        ("Working", "Asking orders", ""),
    ]
    assert ("Working", "Asking orders", "writing the query") in cards
    assert cards[-1] == ("Worked", "Queried orders", "1 row")


async def test_what_is_being_written_when_the_studio_ends_keeps_its_words_and_ends_the_models_work(
    place: Place,
) -> None:
    place.models.stall_after = 1
    thread = (await place.chat.create()).id
    begun = asyncio.Event()

    async def read() -> None:
        async for event in place.chat.ask(thread, QUESTION):
            if isinstance(event, Piece):
                begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    await place.chat.close()
    kept = (await place.chat.messages(thread))[-1]
    assert (kept.status, kept.content, place.models.closed) == ("stopped", "It ", True)
    await reading


async def test_a_search_that_is_stopped_says_so(place: Place) -> None:
    place.knowledge.ready.clear()
    thread = (await place.chat.create(knowledge=["handbook"])).id
    async for event in place.chat.ask(thread, QUESTION):
        if isinstance(event, Working):
            await place.chat.stop((await place.chat.messages(thread))[-1].id)
    answer = (await place.chat.messages(thread))[-1]
    assert answer.status == "stopped"
    assert [step.title.en for step in answer.steps] == ["Searching After-sales handbook was stopped"]
    assert isinstance(event, Answered) and event.message == answer, "who had it written hears of the end too"


async def test_an_answer_is_whole_checked_and_says_what_it_cost(place: Place) -> None:
    message = _last(await place.ask()).message
    assert message.status == "done"
    assert message.content == "It is 24 months. [1]"
    assert message.usage["completion_tokens"] == 5
    assert message.usage["tokens_per_second"] == 50.0
    assert message.usage["first_token_seconds"] >= 0
    assert [(source.kind, source.page) for source in message.sources] == [("page", 13), ("rows", None)]
    assert message.sources[0].cited
    assert message.sources[1].quote == (
        "The number of orders where product is K7 咖啡机 Espresso, region is 华南 and status is returned is 47."
    )


async def test_every_event_is_on_disk_before_it_is_told(place: Place) -> None:
    place.models.words = [f"word{number} " for number in range(8)]
    thread = await place.chat.create(knowledge=["handbook"], datasets=["orders"])
    told, pieces = "", 0
    async for event in place.chat.ask(thread.id, QUESTION):
        question, answer = await place.chat.messages(thread.id)
        assert question.content == QUESTION
        if isinstance(event, SourcesFound):
            assert answer.sources == event.sources
        if isinstance(event, Piece):
            told, pieces = told + event.text, pieces + 1
            assert answer.content == told
            assert answer.status == "streaming"
        if isinstance(event, Answered):
            assert answer == event.message
    assert pieces >= 1


async def test_stopping_by_cancelling_the_reader_keeps_what_was_written(place: Place) -> None:
    place.models.stall_after = 3
    thread = await place.chat.create()
    told: list[str] = []
    written = asyncio.Event()

    async def read() -> None:
        async for event in place.chat.ask(thread.id, "Hello?"):
            if isinstance(event, Piece):
                told.append(event.text)
                written.set()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(written.wait(), 60)
    reader.cancel()
    with suppress(asyncio.CancelledError):
        await reader
    await _is_stopped(place, thread.id, "".join(told))


async def test_a_reader_that_is_cancelled_twice_leaves_an_answer_that_ended(place: Place) -> None:
    place.models.stall_after = 3
    thread = await place.chat.create()
    written, ending, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    ids: list[str] = []

    async def read() -> None:
        async for event in place.chat.ask(thread.id, "Hello?"):
            if isinstance(event, Asked):
                ids.append(event.answer.id)
            elif isinstance(event, Piece):
                written.set()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(written.wait(), 60)
    writing = place.chat._tellings._writing[ids[0]]
    stop = writing.stop

    async def slowly() -> None:
        ending.set()
        await may_end.wait()
        await stop()

    writing.stop = slowly  # type: ignore[method-assign]
    reader.cancel()
    await asyncio.wait_for(ending.wait(), 60)
    reader.cancel()
    with suppress(asyncio.CancelledError):
        await reader
    telling = place.chat._tellings.get(ids[0])
    assert telling is not None and telling.ended and not place.chat._tellings._writing
    assert (await place.chat.messages(thread.id))[-1].status == "stopped"
    may_end.set()
    await asyncio.wait([writing._task])
    assert place.models.closed


async def test_stopping_by_closing_the_generator_keeps_what_was_written(place: Place) -> None:
    place.models.stall_after = 3
    thread = await place.chat.create()
    told = ""
    async with aclosing(place.chat.ask(thread.id, "Hello?")) as events:
        async for event in events:
            if isinstance(event, Piece):
                told = event.text
                break
    await _is_stopped(place, thread.id, told)


async def test_a_stop_while_words_go_to_disk_loses_none_of_them(place: Place) -> None:
    thread = await place.chat.create()
    reaching, append = asyncio.Event(), place.chat._threads.append

    async def slow(message_id: str, words: str) -> None:
        reaching.set()
        await append(message_id, words)

    place.chat._threads.append = slow  # type: ignore[method-assign]
    reader = asyncio.create_task(place.ask("Hello?", thread.id))
    await asyncio.wait_for(reaching.wait(), 60)
    reader.cancel()
    with suppress(asyncio.CancelledError):
        await reader
    answer = (await place.chat.messages(thread.id))[-1]
    assert answer.status == "stopped"
    assert answer.content.startswith("It ")


async def test_without_a_model_the_question_and_the_sources_stay_and_the_way_out_is_told(place: Place) -> None:
    place.models.there = False
    events = await place.ask()
    failed = events[-1]
    assert isinstance(failed, AnswerFailed)
    assert failed.error.repair is not None
    assert failed.error.repair.en == "Add one under Models."
    kept = await place.chat.messages(failed.message.thread_id)
    assert [message.role for message in kept] == ["user", "assistant"]
    assert kept[1].status == "failed"
    assert len(kept[1].sources) == 2
    assert kept[1].error is not None
    assert kept[1].error["repair"]["zh"] == "请在“模型”中添加。"


async def test_a_model_that_dies_in_mid_answer_leaves_its_words(place: Place) -> None:
    place.models.break_after = 3
    failed = (await place.ask())[-1]
    assert isinstance(failed, AnswerFailed)
    kept = (await place.chat.messages(failed.message.thread_id))[-1]
    assert (kept.status, kept.content[:3]) == ("failed", "It ")


async def test_figures_that_no_source_has_are_said(place: Place) -> None:
    place.models.words = ["The pump is covered for 58 months. [1]"]
    message = _last(await place.ask()).message
    checks = [step for step in message.steps if step.kind == "check"]
    assert [step.title.en for step in checks] == ["Not in the sources: 58"]
    assert message.sources[0].flagged is not None


async def test_an_answer_that_was_cut_off_says_so(place: Place) -> None:
    place.models.finish_reason = "length"
    message = _last(await place.ask()).message
    assert "cut off" in message.steps[-1].title.en


async def test_what_does_not_fit_the_context_is_said(place: Place) -> None:
    place.models.context = 900
    place.knowledge.count = 4
    events = await place.ask()
    steps = [event.step for event in events if isinstance(event, Worked) and event.step.kind == "context"]
    assert len(steps) == 1
    assert steps[0].title.en.startswith("Left out ")
    told = place.models.asked[-1]["messages"][0]["content"]
    assert "[5]" in told, "the rows are the last to go"
    assert "[4]" not in told


async def test_earlier_messages_go_before_sources_do(place: Place) -> None:
    place.models.context = 1200
    thread = (await place.chat.create()).id
    place.models.words = ["word " * 500]
    await place.ask("First?", thread)
    await place.ask(QUESTION, thread, knowledge=["handbook"])
    answer = (await place.chat.messages(thread))[-1]
    said = [step.title.en for step in answer.steps if step.kind in ("context", "compact")]
    assert said == ["Compacted 2 earlier messages"]
    assert [source.kind for source in answer.sources] == ["page"]


async def test_a_demo_model_is_given_the_best_page_and_the_rows_only(place: Place) -> None:
    place.models.demo = True
    place.knowledge.count = 3
    message = _last(await place.ask()).message
    asked = place.models.asked[-1]
    assert asked["temperature"] == 0.0
    last = asked["messages"][-1]["content"]
    assert "[1]" in last
    assert "[4]" in last
    assert "[2]" not in last
    assert "Scripted was given [1] and [4] only" in [step.title.en for step in message.steps]


async def test_a_question_that_is_not_about_the_data_gets_no_rows(place: Place) -> None:
    message = _last(await place.ask("How long is the warranty?")).message
    assert [source.kind for source in message.sources] == ["page"]


async def test_a_capable_model_writes_the_query_and_a_demo_model_does_not(place: Place) -> None:
    await place.ask()
    assert place.table.written == "It is 24 months. [1]"
    place.table.written, place.models.demo = "", True
    await place.ask()
    assert place.table.written == ""


async def test_chunks_that_have_nothing_to_do_with_the_question_are_no_sources(place: Place) -> None:
    place.knowledge.dense = 0.12
    message = _last(await place.ask("Tell me a story.")).message
    assert message.sources == []
    assert message.steps[0].detail is not None
    assert message.steps[0].detail.en == "0 chunks from 0 documents"


async def test_a_collection_that_is_gone_is_said_and_the_rest_is_answered(place: Place) -> None:
    message = _last(await place.ask(knowledge=["vanished"])).message
    assert message.steps[0].failed
    assert "vanished" in str(message.steps[0].detail)
    assert [source.kind for source in message.sources] == ["rows"]


async def test_a_thread_answers_one_question_at_a_time(place: Place) -> None:
    place.models.stall_after = 1
    thread = (await place.chat.create()).id
    async with aclosing(place.chat.ask(thread, "Hello?")) as events:
        await anext(events)
        with pytest.raises(BadState, match="still being answered"):
            await place.ask("Again?", thread)
    assert not place.chat.answering(thread)


async def test_whoever_hears_the_end_of_an_answer_asks_on_at_once(place: Place) -> None:
    thread = (await place.chat.create()).id
    async with aclosing(place.chat.ask(thread, "One?")) as events:
        async for event in events:
            if isinstance(event, Answered):
                break
        question = (await place.chat.messages(thread))[0].id
        async with aclosing(place.chat.answer_again(thread, question)) as again:
            await anext(again)
            await events.aclose()
            with pytest.raises(BadState, match="still being answered"):
                await place.ask("Two?", thread)
    assert not place.chat.answering(thread)


async def test_asking_again_under_the_same_parent_is_a_branch_and_the_old_answer_stays_on_disk(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("One?", thread)
    await place.ask("Two?", thread)
    before = await place.chat.messages(thread)
    await place.ask("Two?", thread, parent_id=before[2].parent_id)
    after = await place.chat.messages(thread)
    assert [message.content for message in after][:3] == ["One?", before[1].content, "Two?"]
    assert after[2].id != before[2].id
    assert len(await place.chat._threads.branch(thread, before[3].id)) == 4


async def test_an_empty_question_or_an_unknown_place_asks_nothing(place: Place) -> None:
    thread = (await place.chat.create()).id
    with pytest.raises(BadParameter):
        await place.ask("  ", thread)
    with pytest.raises(NotFound):
        await place.ask("Hello?", "conv-00000000")
    with pytest.raises(NotFound):
        await place.ask("Hello?", thread, parent_id="msg-nowhere")
    assert await place.chat.messages(thread) == []
    assert not place.chat.answering(thread)


async def test_closing_the_studio_in_mid_answer_keeps_the_words(place: Place) -> None:
    place.models.stall_after = 2
    thread = (await place.chat.create()).id
    async with aclosing(place.chat.ask(thread, "Hello?")) as events:
        async for event in events:
            if isinstance(event, Piece):
                break
        await place.chat.close()
        answer = (await place.chat.messages(thread))[-1]
    assert (answer.status, answer.content[:3]) == ("stopped", "It ")


async def test_listeners_hear_that_a_thread_changed(place: Place) -> None:
    heard: list[str] = []
    place.events.subscribe(ThreadsChanged, lambda event: heard.append(event.thread_id))
    thread = (await place.chat.create()).id
    await place.ask("Hello?", thread)
    assert heard == [thread] * 3


def _last(events: list[Any]) -> Answered:
    assert isinstance(events[-1], Answered), events[-1]
    return events[-1]


async def _is_stopped(place: Place, thread: str, told: str) -> None:
    answer = (await place.chat.messages(thread))[-1]
    assert told
    assert (answer.status, answer.content) == ("stopped", told)
    assert place.models.closed, "the model is told to stop"
    assert not place.chat.answering(thread)
