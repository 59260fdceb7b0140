from __future__ import annotations

from studio.engine.workflows.nodes.judge import JudgeParams, judge
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


class TestJudge(NodeContract):
    name = "judge"

    async def test_a_score_has_its_reason_and_its_bounds(self) -> None:
        context, model = scripted('{"reason": "x", "score": 7}', '{"reason": "half of it", "score": 0.5}')
        assert await judge("24", context, JudgeParams(), "24 months") == (0.5, "half of it")
        assert "<reference>\n24 months\n</reference>" in model.asked[0][1]["content"]
