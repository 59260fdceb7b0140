from __future__ import annotations

import time

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.wait import WaitParams, wait
from tests.contracts.node_contract import NodeContract


class TestWait(NodeContract):
    name = "wait"

    async def test_the_value_comes_later(self) -> None:
        started = time.monotonic()
        assert await wait(Context(), WaitParams(seconds=0.03), value=1) == 1
        assert time.monotonic() - started >= 0.03
