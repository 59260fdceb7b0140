from __future__ import annotations

from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.classify import ClassifyParams, classify
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestClassify(NodeContract):
    name = "classify"

    async def test_the_text_leaves_by_its_class(self) -> None:
        context, model = scripted('{"class": "other"}', '{"class": "question"}')
        params = ClassifyParams(examples=["question: how long?"])
        found = await classify(context, params, text="What does it cost?")
        assert found == {"complaint": absent, "question": "What does it cost?", "label": "question"}
        assert "Example of question: how long?" in model.asked[0][0]["content"]
