"""Tools for a model that calls none by itself: the real embedding model, over requests that nothing was tuned on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.engine.chat import choosing
from studio.engine.chat.phrases import Phrases
from tests.chat.workshop import Workshop

LABELLED = json.loads((Path(__file__).parents[2] / "benchmarks/data/chat_tools.json").read_text())["kept apart"]


async def test_small_talk_gets_no_tool_and_questions_get_theirs(workshop: Workshop) -> None:
    await workshop.engine.knowledge.create("Handbook")
    tools = await workshop.chat.toolbox.offered(["search", "query"], [], [])
    known = ("", "search", "query")
    phrases = Phrases(workshop.engine.models)
    found = [
        (wanted, tool.key if (tool := await choosing.nearest(phrases, words, tools)) else "")
        for wanted, _, words, *_ in LABELLED
        if wanted in known
    ]
    talk = [got for wanted, got in found if not wanted]
    asked = [(wanted, got) for wanted, got in found if wanted]
    assert len(talk) >= 20 and len(asked) >= 20
    assert talk.count("") >= 0.9 * len(talk), "small talk is left alone"
    assert sum(wanted == got for wanted, got in asked) >= 0.85 * len(asked)


async def test_phrases_are_embedded_once_however_many_requests_come(workshop: Workshop) -> None:
    embedded: list[str] = []

    class Counted:
        embedder = workshop.engine.models.embedder

        async def embed(self, model: str, texts: list[str], **purpose: str) -> Any:
            embedded.extend(texts)
            return await workshop.engine.models.embed(model, texts, **purpose)

    tools = await workshop.chat.toolbox.offered(["search", "query"], [], [])
    phrases = Phrases(Counted())
    for words in ("What does the handbook say about pumps?", "Hello there!", "多少订单？"):
        await choosing.nearest(phrases, words, tools)
        await phrases.is_small_talk(words)
    assert len(embedded) == len(set(embedded)) + 3, "each phrase once, and each request for tools and for small talk"


def test_the_arguments_of_a_call_are_parts_of_the_request() -> None:
    parts = choosing.spans("Remind Mr. Li to call the supplier.")
    assert {"Mr. Li", "call the supplier"} <= set(parts) and "call the supplier." not in parts
    assert {"小张", "给客户回电话"} <= set(choosing.spans("请提醒小张给客户回电话。"))
    assert not any("，" in part for part in choosing.spans("明天见，好吗？"))
    assert choosing.spans("word " * 100) == [], "of a long request there would be too many"


async def test_small_talk_is_not_searched_for_and_that_is_said(workshop: Workshop) -> None:
    chat = workshop.engine.chat  # without a chat model what is read is said all the same
    collection = await workshop.engine.knowledge.create("Handbook")
    await workshop.engine.knowledge.add_text(collection.id, "We thank every customer once. The pump has 7 bar.", "a.md")
    thread = (await chat.create(knowledge=[collection.id])).id
    steps = {}
    for words in (
        "Thank you so much!",
        "你今天过得怎么样？",
        "How many bar has the pump?",
        "Translate section 4.2 into German.",
    ):
        [*_, end] = [event async for event in chat.ask(thread, words)]
        steps[words] = end.message.steps[0].title.en.partition(":")[0]
    assert list(steps.values()) == [
        "Nothing was searched",
        "Nothing was searched",
        "Searched Handbook",
        "Searched Handbook",
    ]

    phrases = chat._desk.phrases
    left_out = [words for wanted, _, words, *_ in LABELLED if wanted and await phrases.is_small_talk(words)]
    assert left_out == [], "no question goes without its search"
