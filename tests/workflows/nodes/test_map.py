from __future__ import annotations

import asyncio
from typing import ClassVar

import pyarrow
import pytest

from studio.engine.errors import BadParameter, StudioError
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.map import MapParams, map_rows
from tests.contracts.node_contract import NodeContract

ROWS = pyarrow.table({"n": [3, 1, 2]})


class TestMap(NodeContract):
    name = "map"
    example: ClassVar[dict[str, object]] = {"fields": ["n"], "results": ["double"]}

    async def test_rows_keep_their_order_and_no_more_run_at_once_than_allowed(self) -> None:
        at_once, most = 0, 0

        async def body(number: int, row: dict[str, int]) -> dict[str, int]:
            nonlocal at_once, most
            at_once, most = at_once + 1, max(most, at_once + 1)
            await asyncio.sleep(row["n"] / 1000)
            at_once -= 1
            return {"double": row["n"] * 2}

        table = await map_rows(ROWS, Context(body=body), MapParams(fields=["n"], results=["double"], concurrency=2))
        assert table.to_pylist() == [{"n": 3, "double": 6}, {"n": 1, "double": 2}, {"n": 2, "double": 4}]
        assert most == 2

    @pytest.mark.parametrize(("policy", "kept"), [("keep", 3), ("skip", 2)])
    async def test_a_failed_row_follows_the_policy(self, policy: str, kept: int) -> None:
        params = MapParams.model_validate({"results": ["double"], "on_row_error": policy})
        assert (await map_rows(ROWS, Context(body=_fails_at_one), params)).num_rows == kept

    async def test_a_failed_row_can_end_it(self) -> None:
        with pytest.raises(StudioError):
            await map_rows(ROWS, Context(body=_fails_at_one), MapParams(on_row_error="stop"))

    async def test_no_rows_give_an_empty_table(self) -> None:
        table = await map_rows(pyarrow.table({"n": []}), Context(body=_fails_at_one), MapParams())
        assert table.num_rows == 0 and "result" in table.column_names

    def test_its_inside_has_the_row_its_fields_and_its_results(self) -> None:
        ports = self.type.ports(self.example)
        assert [port.name for port in ports.inner_outputs] == ["row", "n"]
        assert [port.name for port in ports.inner_inputs] == ["double"]


async def _fails_at_one(number: int, row: dict[str, int]) -> dict[str, int]:
    if row["n"] == 1:
        raise BadParameter(Text("one is no number", "一不是数"))
    return {"double": row["n"] * 2}
