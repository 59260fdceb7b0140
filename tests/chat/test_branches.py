"""Branches: versions of messages, edits, forks, answers again, side by side, and going on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from studio.engine.chat.message import Message, Step
from studio.engine.chat.service import Answered, Asked, Piece
from studio.engine.errors import BadParameter, BadState, NotFound
from tests.chat.conftest import QUESTION, Place


async def test_an_answer_made_again_is_a_version_and_the_old_one_comes_back(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("One?", thread)
    question, first = await place.chat.messages(thread)
    place.models.words = ["Another."]
    events = [event async for event in place.chat.answer_again(thread, first.id)]
    assert isinstance(events[-1], Answered)
    assert [message.content for message in await place.chat.messages(thread)] == ["One?", "Another."]
    versions = (await place.chat.versions(thread))[events[-1].message.id]
    assert versions == [first.id, events[-1].message.id]
    await place.chat.switch(thread, first.id)
    assert (await place.chat.messages(thread))[-1] == first
    assert (await place.chat.messages(thread))[0] == question


async def test_switching_shows_a_branch_as_far_as_it_was_written(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("One?", thread)
    await place.ask("Two?", thread)
    before = await place.chat.messages(thread)
    await place.ask("One, better?", thread, parent_id=None)
    assert len(await place.chat.messages(thread)) == 2
    await place.chat.switch(thread, before[0].id)
    assert await place.chat.messages(thread) == before
    assert await place.chat.branches(thread) == 2


async def test_an_edited_question_is_answered_anew_and_an_edited_answer_is_what_the_model_reads(place: Place) -> None:
    thread = (await place.chat.create()).id
    await place.ask("How long?", thread)
    question, answer = await place.chat.messages(thread)
    edited = await place.chat.edit(thread, answer.id, "It is exactly two years.")
    assert edited.edited
    await place.ask("Sure?", thread)
    told = [message["content"] for message in place.models.asked[-1]["messages"]]
    assert told == ["How long?", "It is exactly two years.", "Sure?"]
    better = await place.chat.edit(thread, question.id, "How long is it?")
    [event async for event in place.chat.answer_again(thread, better.id)]
    first, *_ = await place.chat.messages(thread)
    assert first.content == "How long is it?"
    assert (await place.chat.versions(thread))[better.id] == [question.id, better.id]


async def test_a_fork_is_a_thread_of_its_own_with_everything_up_to_a_message(place: Place) -> None:
    thread = (await place.chat.create("Pumps", knowledge=["handbook"])).id
    await place.ask("One?", thread)
    await place.ask("Two?", thread)
    first_answer = (await place.chat.messages(thread))[1]
    fork = await place.chat.fork(thread, first_answer.id)
    assert (fork.title, fork.knowledge) == ("Pumps (fork)", ["handbook"])
    copied = await place.chat.messages(fork.id)
    assert [message.content for message in copied] == ["One?", first_answer.content]
    await place.ask("Elsewhere?", fork.id)
    assert len(await place.chat.messages(thread)) == 4


async def test_two_models_answer_side_by_side_and_one_is_chosen(place: Place) -> None:
    thread = (await place.chat.create()).id
    place.models.stall_after = 1
    beside: list[object] = []
    async with aclosing(place.chat.ask(thread, "Which?")) as events:
        asked = await anext(events)
        assert isinstance(asked, Asked)
        other = asyncio.create_task(_all(beside, place, thread, asked.question.id))
        while len(await place.chat._threads.every(thread)) < 3:
            await asyncio.sleep(0.01)
        with pytest.raises(BadState):
            await place.ask("Something else?", thread)
        place.models.go_on.set()
        async for _ in events:
            pass
        await other
    shown = (await place.chat.messages(thread))[-1]
    [paired] = await place.chat.beside(thread)
    assert (paired.beside, paired.status) == (shown.id, "done")
    await place.chat.switch(thread, paired.id)
    assert (await place.chat.messages(thread))[-1] == paired
    assert await place.chat.beside(thread) == [shown]


async def _all(found: list[object], place: Place, thread: str, question: str) -> None:
    async for event in place.chat.answer_again(thread, question, model="other", beside=True):
        found.append(event)


async def test_a_stopped_answer_goes_on_from_its_words(place: Place) -> None:
    place.models.stall_after = 1
    thread = (await place.chat.create()).id
    async with aclosing(place.chat.ask(thread, "Hello?")) as events:
        async for event in events:
            if isinstance(event, Piece):
                break
    stopped = (await place.chat.messages(thread))[-1]
    assert (stopped.status, stopped.content) == ("stopped", "It ")
    place.models.stall_after, place.models.words = None, ["goes on."]
    last = [event async for event in place.chat.go_on(thread, stopped.id)][-1]
    assert isinstance(last, Answered)
    assert last.message.content == "It goes on."
    assert place.models.asked[-1]["messages"][-1] == {"role": "assistant", "content": "It "}
    assert (await place.chat.versions(thread))[last.message.id] == [stopped.id, last.message.id]


async def test_what_is_being_answered_is_not_switched_or_edited(place: Place) -> None:
    place.models.stall_after = 1
    thread = (await place.chat.create()).id
    async with aclosing(place.chat.ask(thread, "Hello?")) as events:
        asked = await anext(events)
        assert isinstance(asked, Asked)
        with pytest.raises(BadState):
            await place.chat.switch(thread, asked.question.id)
        with pytest.raises(BadState):
            await place.chat.edit(thread, asked.question.id, "Bye?")


async def test_a_message_of_another_thread_is_not_found(place: Place) -> None:
    one, two = (await place.chat.create()).id, (await place.chat.create()).id
    await place.ask("Hello?", one)
    message = (await place.chat.messages(one))[0]
    for work in (
        place.chat.switch(two, message.id),
        place.chat.fork(two, message.id),
        place.chat.edit(two, message.id, "x"),
    ):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(BadParameter):
        await place.chat.edit(one, message.id, " ")


async def test_earlier_messages_are_compacted_visibly_and_the_summary_is_used_again(place: Place) -> None:
    said = "The warranty on the pump is 24 months."
    place.models.context, place.models.summary = 1400, said
    thread = (await place.chat.create()).id
    place.models.words = [f"{said} " + "The pump is made of steel and brass. " * 25]
    for number in range(5):
        await place.ask(f"Question {number}?", thread)
    answers = [message for message in await place.chat.messages(thread) if message.role == "assistant"]
    compacted = _compacted(answers)
    assert compacted, "not all fits"
    assert compacted[-1].text == place.models.summary
    assert compacted[-1].title.en.startswith("Compacted ")
    assert place.models.summary in place.models.asked[-1]["messages"][0]["content"]
    assert len(await place.chat.messages(thread)) == 10, "nothing is gone from the thread"


@pytest.mark.parametrize(
    ("summary", "demo"),
    [
        ("The conversation has ended.", False), ("The warranty is 10 years.", False),
        ("- The pump is steel.\n" * 9, False), ("The warranty on the pump is 24 months.", True),
    ],
)  # fmt: skip
async def test_a_summary_that_does_not_hold_gives_way_to_the_conversations_own_sentences(
    place: Place, summary: str, demo: bool
) -> None:
    place.models.context, place.models.summary, place.models.demo = 1400, summary, demo
    place.models.words = ["The warranty is 24 months [1]. " + "The pump is made of steel and brass. " * 25]
    thread = (await place.chat.create()).id
    for number in range(5):
        await place.ask(f"Question {number} about the pump?", thread)
    answers = [message for message in await place.chat.messages(thread) if message.role == "assistant"]
    text = _compacted(answers)[-1].text
    assert "- The warranty is 24 months" in text.replace(".", "")
    assert "- Asked: Question 1 about the pump?" in text
    assert text in place.models.asked[-1]["messages"][0]["content"], "that is what the model reads"


def _compacted(answers: list[Message]) -> list[Step]:
    return [step for answer in answers for step in answer.steps if step.kind == "compact"]


async def test_a_thread_is_named_by_its_model_unless_a_person_did(place: Place) -> None:
    place.models.title = "Title: “Warranty of the K7 pump”\n"
    thread = (await place.chat.create()).id
    await place.ask(QUESTION, thread)
    await place.chat.titled()
    named = await place.chat.thread(thread)
    assert (named.title, named.title_by) == ("Warranty of the K7 pump", "model")
    await place.chat.update(thread, title="Mine")
    await place.ask("And?", thread)
    await place.chat.titled()
    assert (await place.chat.thread(thread)).title == "Mine"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        (QUESTION, "Warranty on the K7 pump, K7 returned in 华南"), ("K7 水泵保修多久？", "K7 水泵保修多久"),
        ("What does the handbook say about pump noise?", "Pump noise in handbook"), ("Hello!", "Hello!"),
        ("Please summarise the attached contract and list all the deadlines that the supplier has to keep",
         "Summarise the attached contract and list all the deadlines…"),
    ],
)  # fmt: skip
async def test_a_demo_models_thread_is_named_by_what_its_question_is_about(
    place: Place, question: str, title: str
) -> None:
    place.models.demo, place.models.title = True, "The warranty is 10 years"
    thread = (await place.chat.create()).id
    await place.ask(question, thread)
    await place.chat.titled()
    assert (await place.chat.thread(thread)).title == title


@pytest.mark.parametrize(
    "written",
    ["", "It is 10 years", "Certainly! Here is something completely different that is far too long " * 3, "Zebras"],
)
async def test_what_is_no_title_leaves_the_question(place: Place, written: str) -> None:
    place.models.title = written
    thread = (await place.chat.create()).id
    await place.ask("How long is it?", thread)
    await place.chat.titled()
    assert (await place.chat.thread(thread)).title == "How long is it?"
