from __future__ import annotations

import pytest

from studio.engine.errors import Invalid, Unavailable
from studio.engine.workflows.nodes.structured import StructuredParams, structured
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestStructured(NodeContract):
    name = "structured"

    async def test_an_answer_that_does_not_fit_is_asked_for_again_with_the_reason(self) -> None:
        context, model = scripted('{"name": 1}', 'So: {"title": "K7"}')
        done = await structured("The K7 pump", context, StructuredParams())
        assert done.value == {"title": "K7"} and done.usage == {"completion_tokens": 20}
        assert "'title' is a required property" in model.asked[1][-1]["content"]
        assert model.options[0]["response_format"]["type"] == "json_schema"

    async def test_three_bad_answers_are_the_end_and_a_bad_schema_the_beginning(self) -> None:
        context, _ = scripted("no", "no", "no")
        with pytest.raises(Unavailable, match="wanted shape"):
            await structured("x", context, StructuredParams())
        with pytest.raises(Invalid, match="schema does not hold"):
            await structured("x", context, StructuredParams(json_schema='{"type": "nothing"}'))
