from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.pivot import PivotParams, pivot
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms

__all__ = ["rooms"]

ROWS = [
    {"region": "南", "state": "kept", "n": 5}, {"region": "南", "state": "it's", "n": 2}, {"region": "北", "state": "kept", "n": 1},
    {"region": "南", "state": "kept", "n": 3}, {"region": "北", "state": None, "n": 9},
]  # fmt: skip


class TestPivot(NodeContract):
    name = "pivot"
    example: ClassVar[dict[str, object]] = {"column": "state"}

    async def pivoted(self, rooms: SimpleNamespace, rows: Any = ROWS, **params: Any) -> Any:
        return (
            await pivot(table_of(rows), Context(services=Services(sql=rooms.sql)), PivotParams(**params))
        ).to_pylist()

    async def test_values_become_columns(self, rooms: SimpleNamespace) -> None:
        assert await self.pivoted(rooms, column="state", by=["region"], value="n", function="sum") == [
            {"region": "北", "it's": None, "kept": 1}, {"region": "南", "it's": 2, "kept": 8},
        ]  # fmt: skip
        assert await self.pivoted(rooms, column="region") == [{"北": 2, "南": 3}]
        assert await self.pivoted(rooms, [{"a": None, "b": 1}], column="a", by=["b"]) == []

    async def test_too_many_values_and_a_wrong_column_are_named(self, rooms: SimpleNamespace) -> None:
        with pytest.raises(Invalid, match="more than 200"):
            await self.pivoted(rooms, [{"i": i} for i in range(300)], column="i")
        with pytest.raises(Invalid, match="no column “x”"):
            await self.pivoted(rooms, column="x")
