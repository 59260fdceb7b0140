from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.join import JoinParams, join
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms

__all__ = ["rooms"]
LEFT = table_of([{"id": 1, "n": 10}, {"id": 2, "n": 20}])
RIGHT = table_of([{"id": 2, "n": "two"}, {"id": 3, "n": "three"}])


class TestJoin(NodeContract):
    name = "join"

    @pytest.mark.parametrize(
        ("kind", "rows"),
        [
            ("inner", [{"id": 2, "n": 20, "n_right": "two"}]),
            ("left", [{"id": 1, "n": 10, "n_right": None}, {"id": 2, "n": 20, "n_right": "two"}]),
            ("anti", [{"id": 1, "n": 10}]),
        ],
    )
    async def test_rows_find_their_partners(self, rooms: SimpleNamespace, kind: Any, rows: list[Any]) -> None:
        context = Context(services=Services(sql=rooms.sql))
        assert (await join(LEFT, RIGHT, context, JoinParams(kind=kind))).to_pylist() == rows

    async def test_a_missing_column_is_named_with_its_side(self, rooms: SimpleNamespace) -> None:
        with pytest.raises(Invalid, match="left table has no column “key”"):
            await join(LEFT, RIGHT, Context(services=Services(sql=rooms.sql)), JoinParams(on=["key"]))
