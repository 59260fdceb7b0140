from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy
import pyarrow
import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes import qa_pairs as room
from studio.engine.workflows.nodes.qa_pairs import QaPairsParams, qa_pairs
from tests.contracts.node_contract import NodeContract
from tests.knowledge.conftest import _model

PAIRS = {
    "question": ["How long is the warranty of a pump?", "How do I send something back?", "水泵的保修期多长？"],
    "answer": ["24 months.", "Ask for a label.", "24 个月。"],
}


class Counting:
    """The bundled embedder, which counts the texts that it was given."""

    def __init__(self) -> None:
        self.texts = 0

    async def get(self, name: str) -> Any:
        return SimpleNamespace(id="usem3")

    async def embed(self, model: str, texts: list[str], purpose: str) -> Any:
        self.texts += len(texts)
        await asyncio.sleep(0)  # others go on meanwhile, as with a real one
        return numpy.asarray(_model().encode(texts))


@pytest.fixture
async def desk(rooms: SimpleNamespace) -> AsyncIterator[Any]:
    await rooms.sql.save_rows(pyarrow.table(PAIRS), "faq", origin={"kind": "workflow"})
    models = Counting()
    yield SimpleNamespace(
        context=Context(services=Services(models=models, datasets=rooms.datasets)), models=models, sql=rooms.sql
    )


class TestQaPairs(NodeContract):
    name = "qa_pairs"
    example: ClassVar = {"dataset": "faq"}

    async def test_the_answer_of_the_nearest_question_is_given_in_both_languages(self, desk: Any) -> None:
        params = QaPairsParams(dataset="faq", threshold=0.5)
        done = await qa_pairs("what warranty does the pump have", desk.context, params)
        assert (done.text, done.none) == ("24 months.", absent) and 0.5 <= done.score < 1
        assert done.pairs[0]["row"] == 0 and len(done.pairs) == 3
        chinese = await qa_pairs("水泵保修多久", desk.context, params)
        assert (chinese.text, chinese.pairs[0]["row"]) == ("24 个月。", 2)

    async def test_the_same_words_are_sure_and_what_is_far_goes_another_way(self, desk: Any) -> None:
        sure = await qa_pairs("水泵的保修期多长", desk.context, QaPairsParams(dataset="faq", threshold=1))
        assert (sure.text, sure.score) == ("24 个月。", 1.0)
        far = await qa_pairs("Who won the race?", desk.context, QaPairsParams(dataset="faq", threshold=0.9))
        assert (far.text, far.none) == (absent, "Who won the race?") and far.score < 0.9

    async def test_questions_are_embedded_once_for_each_version(self, desk: Any) -> None:
        params = QaPairsParams(dataset="faq")
        for _ in range(2):
            await qa_pairs("x", desk.context, params)
        assert desk.models.texts == 3 + 2
        await desk.sql.save_rows(
            pyarrow.table({"question": ["x"], "answer": ["y"]}), "faq", origin={"kind": "workflow"}
        )
        assert (await qa_pairs("X!", desk.context, params)).text == "y"

    async def test_rows_that_ask_at_once_embed_the_questions_once_whatever_else_is_asked(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(room, "KEPT", 1)
        sets = [QaPairsParams(dataset="faq", question=column) for column in ("question", "answer")]
        done = await asyncio.gather(*(qa_pairs("24 months", desk.context, each) for each in sets + sets[:1] * 2))
        assert len({answer.score for answer in (done[0], *done[2:])}) == 1 and done[1].score == 1
        assert desk.models.texts <= 3 * 3 + 4, "the second set may have pushed the first out once"

    async def test_pairs_past_the_most_are_said_to_be_left_out(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(room, "MOST", 2)
        said: list[str] = []
        desk.context.on_log = said.append
        for _ in range(2):
            await qa_pairs("x", desk.context, QaPairsParams(dataset="faq"))
        assert said == ["Only the first 2 of 3 pairs are looked at."]

    async def test_a_column_that_is_not_there_is_named(self, desk: Any) -> None:
        with pytest.raises(Invalid, match="no column “ask”") as raised:
            await qa_pairs("x", desk.context, QaPairsParams(dataset="faq", question="ask"))
        assert raised.value.fix is not None and raised.value.fix.target == "question"
