from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.node import Result
from studio.engine.workflows.nodes.llm import LlmParams, cited, llm, messages
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import EchoModels

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

    def test_passages_stand_numbered_before_the_prompt(self) -> None:
        system, user = messages("How long?", "Be brief.", PASSAGES)
        assert system == {"role": "system", "content": "Be brief."}
        assert user["content"].startswith("[1] Handbook, page 7\n24 months") and user["content"].endswith(
            "\n\nHow long?"
        )

    def test_only_named_passages_are_citations(self) -> None:
        assert cited("see [2] and [9]", PASSAGES) == [PASSAGES[1]]
        assert cited("none", PASSAGES) == []
