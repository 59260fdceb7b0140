from __future__ import annotations

from typing import Any

import pytest

from studio.engine.errors import Unavailable
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.loop import LoopParams, loop
from tests.contracts.node_contract import NodeContract


class TestLoop(NodeContract):
    name = "loop"

    async def test_it_goes_round_until_the_condition_holds(self) -> None:
        async def body(number: int, row: dict[str, Any]) -> dict[str, Any]:
            return {"value": row["value"] * 2 + number, "other": None}

        params = LoopParams(variables=["value", "other"], until="value > 20")
        assert await loop(Context(body=body), params, value=1, other="x") == {"value": 27, "other": "x", "number": 4}
        with pytest.raises(Unavailable, match="went round 2 times"):
            await loop(Context(body=body), params.model_copy(update={"passes": 2}), value=1, other="x")
