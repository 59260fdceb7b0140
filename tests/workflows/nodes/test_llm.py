from __future__ import annotations

from typing import ClassVar

import pytest

from studio.engine.errors import Fix, Unavailable
from studio.engine.workflows import library
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.graph import Node
from studio.engine.workflows.node import Result
from studio.engine.workflows.nodes.llm import LlmParams, cited, llm, messages
from studio.engine.workflows.nodes.structured import EXAMPLE
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import EchoModels
from tests.workflows.nodes.scripted import Cut, Reasoned, scripted

PASSAGES = [
    {"number": 1, "text": "24 months", "title": "Handbook", "page": 7},
    {"number": 2, "text": "red", "title": "Handbook", "page": 8},
]


class TestLlm(NodeContract):
    name = "llm"
    example: ClassVar[dict[str, object]] = {"model": "default", "system": "Be brief."}

    async def test_text_comes_in_pieces_and_the_answer_last_with_citations_and_usage(self) -> None:
        context = Context(services=Services(models=EchoModels()))
        pieces = [piece async for piece in llm("How long?", context, LlmParams(), passages=PASSAGES)]
        *texts, last = pieces
        assert isinstance(last, Result) and "".join(texts) == last.value.text == "How long? [1]"
        assert [source["page"] for source in last.value.citations] == [7]
        assert last.value.usage == {"completion_tokens": 3}

    async def test_an_answer_about_pictures_is_given_anew_each_time(self) -> None:
        assert self.type.fingerprint is not None
        context = Context(services=Services(models=EchoModels()))
        for pictures, times in ((False, 1), (True, 2)):
            params = LlmParams(pictures=pictures)
            assert len({await self.type.fingerprint(context, params) for _ in range(2)}) == times

    def test_passages_stand_numbered_before_the_prompt(self) -> None:
        system, user = messages("How long?", "Be brief.", PASSAGES)
        assert system == {"role": "system", "content": "Be brief."}
        assert user["content"].startswith("[1] Handbook, page 7\n24 months") and user["content"].endswith(
            "\n\nHow long?"
        )

    def test_only_named_passages_are_citations(self) -> None:
        assert cited("see [2] and [9]", PASSAGES) == [PASSAGES[1]]
        assert cited("none", PASSAGES) == []

    async def test_an_answer_in_json_streams_holds_to_its_schema_and_is_asked_for_again(self) -> None:
        context, model = scripted('{"name": 1}', 'So: {"title": "K7"}')
        wanted = LlmParams(answer="schema", json_schema=EXAMPLE, temperature=0.5)
        *texts, last = [piece async for piece in llm("The pump", context, wanted)]
        assert isinstance(last, Result) and last.value.text == {"title": "K7"}
        assert last.value.usage == {"completion_tokens": 20}
        assert "".join(texts) == '{"name": 1}\nSo: {"title": "K7"}'
        assert model.options[0]["response_format"]["json_schema"]["schema"]["required"] == ["title"]
        assert model.options[1]["temperature"] == 0.5
        assert "'title' is a required property" in model.asked[1][-1]["content"]

    async def test_any_json_needs_no_schema_and_an_answer_cut_short_names_its_limit(self) -> None:
        context, model = scripted("[1, 2]")
        *_, last = [piece async for piece in llm("Numbers", context, LlmParams(answer="json", json_schema="nothing"))]
        assert isinstance(last, Result) and last.value.text == [1, 2]
        assert model.options[0]["response_format"] == {"type": "json_object"}
        context, _ = scripted(Cut('{"title": "K'))
        with pytest.raises(Unavailable, match="cut at 8 tokens") as caught:
            [piece async for piece in llm("x", context, LlmParams(answer="json", max_tokens=8))]
        assert caught.value.fix == Fix("edit", "max_tokens")

    def test_the_type_of_its_output_follows_the_answer_format(self) -> None:
        def types(**values: object) -> dict[str, str]:
            return {port.name: port.type for port in library.ports_of(Node(id="a", type="llm", params=values)).outputs}

        assert types() == {"text": "text", "citations": "chunks", "usage": "json"}
        assert types(answer="schema") == types(answer="json") == {**types(), "text": "json"}

    async def test_messages_before_and_reasoning_have_ports_where_they_are_wanted(self) -> None:
        params = LlmParams(history=True, reasoning=True, pictures=True, stop=["END"])
        ports = self.type.ports(params.model_dump())
        assert [port.name for port in ports.inputs] == ["prompt", "passages", "history", "pictures"]
        assert [port.name for port in ports.outputs] == ["text", "citations", "usage", "reasoning"]
        context, model = scripted("24 months.")
        before = [{"role": "user", "content": "The K7?"}]
        *_, last = [piece async for piece in llm("How long?", context, params, history=before)]
        assert isinstance(last, Result) and last.value["text"] == "24 months." and last.value["reasoning"] == ""
        assert model.asked[0] == [*before, {"role": "user", "content": "How long?"}] and model.options[0]["stop"] == [
            "END"
        ]

    async def test_the_reasoning_before_an_answer_in_json_is_given_too(self) -> None:
        context, _ = scripted(Reasoned('{"months": 24}'))
        *_, last = [piece async for piece in llm("How long?", context, LlmParams(answer="json", reasoning=True))]
        assert isinstance(last, Result)
        assert (last.value["text"], last.value["reasoning"]) == ({"months": 24}, "It says so.")
