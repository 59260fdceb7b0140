from __future__ import annotations

from typing import Any

import pyarrow
import pytest

from studio.engine.errors import Internal
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.for_each import ForEachParams, for_each
from tests.contracts.node_contract import NodeContract


async def body(number: int, row: dict[str, Any]) -> dict[str, Any]:
    if row["item"] == "bad":
        raise RuntimeError("bad")
    return {"result": [number, row["item"]]}


class TestForEach(NodeContract):
    name = "for_each"

    async def test_lists_tables_and_single_values_are_gone_through_in_order(self) -> None:
        context = Context(body=body)
        assert await for_each(context, ForEachParams(), items=["a", "b"]) == {"result": [[0, "a"], [1, "b"]]}
        assert await for_each(context, ForEachParams(flatten=True), items="a") == {"result": [0, "a"]}
        table = pyarrow.table({"x": [1]})
        assert await for_each(context, ForEachParams(), items=table) == {"result": [[0, {"x": 1}]]}

    @pytest.mark.parametrize(("policy", "result"), [("skip", [[1, "a"]]), ("empty", [None, [1, "a"]])])
    async def test_a_bad_item_is_left_out_or_leaves_a_gap(self, policy: Any, result: list[Any]) -> None:
        params = ForEachParams(on_item_error=policy)
        assert await for_each(Context(body=body), params, items=["bad", "a"]) == {"result": result}

    async def test_a_bad_item_can_stop_the_run(self) -> None:
        with pytest.raises(Internal):
            await for_each(Context(body=body), ForEachParams(), items=["bad"])
