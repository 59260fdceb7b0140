from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.answer import AnswerParams, answer
from tests.contracts.node_contract import NodeContract


class TestAnswer(NodeContract):
    name = "answer"

    async def test_the_text_stands_under_its_name_with_its_sources_beside_it(self) -> None:
        assert await answer("24 months", Context(), AnswerParams()) == {"answer": "24 months"}
        assert await answer("yes", Context(), AnswerParams(name="reply"), [{"page": 1}]) == {
            "reply": "yes",
            "sources": [{"page": 1}],
        }

    async def test_a_template_sets_the_text_and_its_other_names_are_inputs(self) -> None:
        params = AnswerParams(template="{{text}} ({{product}})", citations=False)
        assert [port.name for port in self.type.ports(params.model_dump()).inputs] == ["text", "sources", "product"]
        assert await answer("24 months", Context(), params, [{"page": 1}], product="K7") == {"answer": "24 months (K7)"}
        odd = await answer("{{ not a template", Context(), AnswerParams())
        assert odd == {"answer": "{{ not a template"}
