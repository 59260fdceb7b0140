from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.node import Result
from studio.engine.workflows.nodes.rag_answer import RagAnswerParams, rag_answer
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import Handbook
from tests.workflows.nodes.scripted import scripted


class TestRagAnswer(NodeContract):
    name = "rag_answer"
    example: ClassVar = {"collection": "handbook"}

    async def test_the_answer_names_its_passages(self) -> None:
        context, model = scripted("保修 24 个月 [2]", knowledge=Handbook())
        pieces = [piece async for piece in rag_answer("保修多久？", context, RagAnswerParams(collection="handbook"))]
        done = pieces[-1]
        assert isinstance(done, Result) and done.value.text == "保修 24 个月 [2]" == pieces[0]
        assert [chunk["page"] for chunk in done.value.citations] == [2]
        assert "[1] Handbook, page 1" in model.asked[0][1]["content"]
