from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.dedupe import DedupeParams, dedupe
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.data_rows import ROWS


class TestDedupe(NodeContract):
    name = "dedupe"

    async def test_equal_rows_become_one(self) -> None:
        assert (await dedupe(table_of(ROWS), Context(), DedupeParams())).num_rows == 3
        first = await dedupe(table_of(ROWS), Context(), DedupeParams(by=["region"]))
        assert [row["id"] for row in first.to_pylist()] == [1, 2]
        last = await dedupe(table_of(ROWS), Context(), DedupeParams(by=["region"], keep="last"))
        assert [row["id"] for row in last.to_pylist()] == [2, 3]
        with pytest.raises(Invalid, match="nothing"):
            await dedupe(table_of(ROWS), Context(), DedupeParams(by=["nothing"]))
