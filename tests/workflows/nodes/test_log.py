from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.log import LogParams, log
from tests.contracts.node_contract import NodeContract


class TestLog(NodeContract):
    name = "log"

    async def test_the_line_is_logged_and_the_value_goes_on(self) -> None:
        lines: list[str] = []
        assert await log(3, Context(on_log=lines.append), LogParams(template="n is {{value}}")) == 3
        assert lines == ["n is 3"]
