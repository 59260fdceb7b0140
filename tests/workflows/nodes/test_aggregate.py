from __future__ import annotations

from types import SimpleNamespace

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.aggregate import AggregateParams, aggregate
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.data_rows import ROWS

__all__ = ["rooms"]


class TestAggregate(NodeContract):
    name = "aggregate"

    async def test_groups_come_in_order_with_what_they_come_to(self, rooms: SimpleNamespace) -> None:
        context = Context(services=Services(sql=rooms.sql))
        params = AggregateParams(by=["region"], columns=["n"], function="sum")
        found = await aggregate(table_of(ROWS), context, params)
        assert found.to_pylist() == [{"region": "北", "n_sum": 3}, {"region": "南", "n_sum": 5}]
        assert (await aggregate(table_of(ROWS), context, AggregateParams())).to_pylist() == [{"count": 4}]

    async def test_a_column_that_looks_like_sql_is_only_a_name(self, rooms: SimpleNamespace) -> None:
        context = Context(services=Services(sql=rooms.sql))
        with pytest.raises(Invalid, match="no column"):
            await aggregate(table_of(ROWS), context, AggregateParams(by=['region"; DROP TABLE rows; --']))
