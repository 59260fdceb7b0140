from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.nodes.llm_column import LlmColumnParams, llm_column
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted

ROWS = table_of([{"text": "泵"}, {"text": "阀"}, {"text": "管"}])


class TestLlmColumn(NodeContract):
    name = "llm_column"

    async def test_every_row_gets_its_answer_in_order(self) -> None:
        context, model = scripted("pump", "valve", "hose")
        told: list[tuple[int, int | None]] = []
        context.on_progress = lambda done, total, more: told.append((done, total))
        found = await llm_column(ROWS, context, LlmColumnParams(concurrency=1, column="english"))
        assert found.column("english").to_pylist() == ["pump", "valve", "hose"]
        assert model.asked[0][0]["content"] == "Translate into English: 泵" and told[-1] == (3, 3)

    async def test_a_bad_row_keeps_its_reason_or_stops_the_run(self) -> None:
        context, _ = scripted("pump")
        kept = await llm_column(ROWS, context, LlmColumnParams(prompt="{{nothing}}", sample=2))
        assert kept.num_rows == 2 and all("nothing" in reason for reason in kept.column("error").to_pylist())
        with pytest.raises(Invalid, match="nothing"):
            await llm_column(ROWS, context, LlmColumnParams(prompt="{{nothing}}", on_row_error="stop"))
