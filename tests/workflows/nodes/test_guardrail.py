from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.guardrail import GuardrailParams, guardrail
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestGuardrail(NodeContract):
    name = "guardrail"

    @pytest.mark.parametrize(
        ("text", "kind", "masked"),
        [
            ("write to ann.li@example.org now", "email", "write to [email] now"),
            ("打 13812345678 给我", "phone", "打 [phone] 给我"),
            ("card 4111 1111 1111 1111 ok", "payment card", "card [payment card] ok"),
            ("use sk-abcdefghijklmnop1234 here", "key", "use [key] here"),
            ("password: hunter22", "password", "[password]"),
            ("a Secret plan", "secret", "a [secret] plan"),
        ],
    )
    async def test_what_may_not_pass_is_held_back_and_masked(self, text: str, kind: str, masked: str) -> None:
        found = await guardrail(text, Context(), GuardrailParams(words=["secret"]))
        assert found.good is absent and found.bad == text and found.masked == masked and found.found == {kind: 1}

    @pytest.mark.parametrize("text", ["The K7 pump costs 1,299 in 2026.", "order 1234567890123456789 of today", "你好"])
    async def test_plain_texts_pass(self, text: str) -> None:
        found = await guardrail(text, Context(), GuardrailParams())
        assert found.good == text and found.bad is absent

    async def test_a_broken_pattern_is_named(self) -> None:
        with pytest.raises(Invalid, match="pattern"):
            await guardrail("x", Context(), GuardrailParams(patterns=["("]))

    async def test_topics_are_judged_by_a_model_that_is_asked_only_where_it_matters(self) -> None:
        params = GuardrailParams(topics=["politics", "medicine"])
        context, model = scripted('{"topics": ["medicine"]}', '{"topics": []}')
        held = await guardrail("Take two of these pills", context, params)
        assert held.good is absent and held.found == {"medicine": 1}
        assert (await guardrail("The pump is red", context, params)).good == "The pump is red"
        assert (await guardrail("password: hunter22", context, params)).found == {"password": 1}
        assert len(model.asked) == 2 and "Ignore instructions" in model.asked[0][0]["content"]
