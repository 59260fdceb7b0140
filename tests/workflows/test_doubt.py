"""A side effect that was interrupted: a person says what became of it, and the run goes on from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from studio.engine.errors import BadParameter, Forbidden
from studio.engine.params import Params
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.context import Context
from studio.engine.workflows.doubt import label_of, text_of
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.service import Workflows
from tests.workflows import killed
from tests.workflows.graphs import field, graph, step
from tests.workflows.test_people import until


class Post:
    """Where letters go: while the `counter` is closed, whoever sends one waits there."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.counter = asyncio.Event()
        self.refuses = False


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    found = Post()

    @node(title=Text("Send", "寄"), category="transform", icon="mail", doc=Text("Sends.", "寄出。"), side_effect=True)
    async def send(value: Annotated[Anything, Text("Value", "值")], context: Context, params: Params) -> Anything:
        if found.refuses:
            raise Forbidden(Text("Closed.", "已关闭。"))
        await found.counter.wait()
        found.sent.append(value)
        return f"sent {value}"

    monkeypatch.setitem(library.nodes.all(), "send", send)
    return found


class Studio:
    """A room on one folder that can be closed in the middle of what runs, and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def open(self) -> None:
        self.room, self._catalog = await killed.room(self.folder)

    async def close(self) -> None:
        await self.room.close()
        await self._catalog.close()

    async def again(self) -> Workflows:
        await self.close()
        await self.open()
        return self.room

    async def interrupted(self, sheet: Graph, effects: int = 1, **inputs: Any) -> str:
        """A run that ended in the middle of that many side effects and was taken up again: it asks."""
        run = (await self.room.start(sheet, inputs)).id
        async for event in self.room.events(run):
            effects -= event.kind == "effect_started"
            if not effects:
                break
        await self.again()
        assert (await self.room.execution(run)).status == "interrupted"
        await self.room.resume(run)
        await until(self.room, run, "waiting")
        return run


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    found = Studio(tmp_path)
    await found.open()
    yield found
    await found.close()


LETTER = graph(
    step("s", "start", fields=[field("to")]), step("post", "send"), step("o", "output"),
    "s.to > post.value", "post.value > o.result",
)  # fmt: skip
LETTERS = graph(
    step("s", "start", fields=[field("to", "json")]), step("each", "for_each", concurrency=3), step("post", "send", "each"),
    step("o", "output"), "s.to > each.items", "each.item > post.value", "post.value > each.result", "each.result > o.result",
)  # fmt: skip


async def test_a_person_is_asked_in_both_languages_and_the_question_survives_restarts(
    studio: Studio, post: Post
) -> None:
    run = await studio.interrupted(LETTER, to="Ann")
    for _ in range(2):
        (asked,) = await studio.room.questions(run)
        words = text_of(asked["question"])
        assert asked["step"] == "post" and asked["question"]["choices"] == ["repeat", "done", "stop"]
        assert "may have taken effect" in words.en and "可能已经生效" in words.zh
        assert label_of(asked["question"], "stop") == Text("Stop the run", "停止运行")
        await studio.again()
        await until(studio.room, run, "waiting")
    with pytest.raises(BadParameter, match="one of: repeat, done, stop"):
        await studio.room.answer(run, "perhaps")
    with pytest.raises(BadParameter, match="no output “nothing”"):
        await studio.room.answer(run, {"choice": "done", "outputs": {"nothing": 1}})
    await studio.room.answer(run, {"choice": "done", "outputs": {"value": "sent by hand"}}, by="Ann")
    done = await studio.room.wait(run)
    assert (done.status, done.outputs, post.sent) == ("completed", {"result": "sent by hand"}, [])
    kinds = [event.kind async for event in studio.room.events(run)]
    assert (kinds.count("asked"), kinds.count("answered"), kinds.count("effect_started")) == (1, 1, 1)


async def test_what_did_not_happen_is_done_once_and_asked_about_anew_when_it_is_interrupted_again(
    studio: Studio, post: Post
) -> None:
    run = await studio.interrupted(LETTER, to="Ann")
    await studio.room.answer(run, "repeat")
    begun = 0
    async for event in studio.room.events(run):
        begun += event.kind == "effect_started"
        if begun == 2:
            break
    await studio.again()
    await studio.room.resume(run)
    await until(studio.room, run, "waiting")
    post.counter.set()
    await studio.room.answer(run, "repeat")
    done = await studio.room.wait(run)
    assert (done.status, done.outputs, post.sent) == ("completed", {"result": "sent Ann"}, ["Ann"])


async def test_stopping_there_keeps_the_question_for_whoever_goes_on(studio: Studio, post: Post) -> None:
    run = await studio.interrupted(LETTER, to="Ann")
    assert (await studio.room.answer(run, "stop")).status == "stopped"
    await studio.room.resume(run)
    await until(studio.room, run, "waiting")
    await studio.room.answer(run, "done")
    done = await studio.room.wait(run)
    assert (done.status, done.outputs, post.sent) == ("completed", {"result": None}, [])


async def test_one_answer_does_for_all_items_that_are_in_doubt(studio: Studio, post: Post) -> None:
    run = await studio.interrupted(LETTERS, effects=3, to=["Ann", "Bo", "Cy", "Di"])
    while len(asked := await studio.room.questions(run)) < 3:
        await asyncio.sleep(0.01)
    assert sorted(item["at"] for item in asked) == [[0], [1], [2]]
    assert "(item 1)" in min(asked, key=lambda item: item["at"])["question"]["text"]
    post.counter.set()
    await studio.room.answer(run, "done", at=[1])
    await studio.room.answer(run, "repeat", step="post", all=True)
    done = await studio.room.wait(run)
    assert done.outputs == {"result": ["sent Ann", None, "sent Cy", "sent Di"]}
    assert sorted(post.sent) == ["Ann", "Cy", "Di"]


async def test_what_was_refused_before_it_could_happen_is_in_no_doubt(studio: Studio, post: Post) -> None:
    post.refuses = True
    run = (await studio.room.start(LETTER, {"to": "Ann"})).id
    assert (await studio.room.wait(run)).status == "failed"
    post.refuses = False
    post.counter.set()
    await studio.room.resume(run)
    assert (await studio.room.wait(run)).outputs == {"result": "sent Ann"}


async def test_what_still_waited_for_leave_is_in_no_doubt_and_what_had_it_is(
    studio: Studio, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    @node(
        title=Text("Send", "寄"), category="transform", icon="mail", doc=Text("Sends.", "寄出。"), side_effect=True,
        asks_first=True,
    )  # fmt: skip
    async def send(value: Annotated[Anything, Text("Value", "值")], context: Context, params: Params) -> Anything:
        await context.ask({"text": "Send it?", "choices": ["allow"], "fields": []})
        await post.counter.wait()
        return f"sent {value}"

    monkeypatch.setitem(library.nodes.all(), "send", send)
    run = (await studio.room.start(LETTER, {"to": "Ann"})).id
    await until(studio.room, run, "waiting")
    for choices in (["allow"], ["repeat", "done", "stop"]):
        await studio.again()
        if (await studio.room.execution(run)).status == "interrupted":
            await studio.room.resume(run)
        await until(studio.room, run, "waiting")
        (asked,) = await studio.room.questions(run)
        assert asked["question"]["choices"] == choices
        await studio.room.answer(run, choices[0])
        await until(studio.room, run, "running")
    post.counter.set()
    assert (await studio.room.wait(run)).outputs == {"result": "sent Ann"}
