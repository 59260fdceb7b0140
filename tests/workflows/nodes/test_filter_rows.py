from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.filter_rows import FilterParams, filter_rows
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.data_rows import ROWS


class TestFilterRows(NodeContract):
    name = "filter_rows"

    async def test_rows_are_kept_sorted_and_cut(self) -> None:
        params = FilterParams(where='region == "南"', sort_by=["n"], order="descending", limit=2)
        found = await filter_rows(table_of(ROWS), Context(), params)
        assert [row["id"] for row in found.to_pylist()] == [1, 3]
        none = await filter_rows(table_of(ROWS), Context(), FilterParams(where="id > 9"))
        assert none.column_names == ["id", "region", "n"] and none.num_rows == 0

    async def test_a_condition_cannot_reach_out_and_a_missing_column_is_named(self) -> None:
        with pytest.raises(Invalid):
            await filter_rows(table_of(ROWS), Context(), FilterParams(where="().__class__"))
        with pytest.raises(Invalid, match="nothing"):
            await filter_rows(table_of(ROWS), Context(), FilterParams(sort_by=["nothing"]))
