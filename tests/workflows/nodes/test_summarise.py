from __future__ import annotations

from studio.engine.workflows.nodes.summarise import SummariseParams, summarise
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted

LONG = " ".join(f"Sentence number {number} says something." for number in range(20))


class TestSummarise(NodeContract):
    name = "summarise"

    async def test_a_short_text_is_asked_about_once(self) -> None:
        context, model = scripted(" short ")
        assert await summarise([{"text": "one"}, {"text": "two"}], context, SummariseParams()) == "short"
        assert model.asked[0][1]["content"] == "one\n\ntwo"

    async def test_every_part_of_a_long_text_is_read(self) -> None:
        context, model = scripted(*["gist"] * 10)
        assert await summarise(LONG, context, SummariseParams(characters=200)) == "gist"
        read = " ".join(asked[1]["content"] for asked in model.asked)
        assert all(f"number {number} " in read for number in range(20))

    async def test_part_after_part_goes_on_from_what_was_said(self) -> None:
        context, model = scripted(*["gist"] * 10)
        await summarise(LONG, context, SummariseParams(characters=200, way="refine"))
        assert model.asked[1][1]["content"].startswith("So far:\ngist")
