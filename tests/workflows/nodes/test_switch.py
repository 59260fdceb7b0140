from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.switch import SwitchParams, switch
from tests.contracts.node_contract import NodeContract


class TestSwitch(NodeContract):
    name = "switch"

    async def test_the_first_case_that_holds_is_taken(self) -> None:
        params = SwitchParams(cases=["big: value > limit", "even: value % 2 == 0"])
        assert [port.name for port in self.type.ports(params.model_dump()).inputs] == ["value", "limit"]
        assert await switch(Context(), params, value=12, limit=10) == {"big": 12, "even": absent, "else": absent}
        assert await switch(Context(), params, value=4, limit=10) == {"big": absent, "even": 4, "else": absent}
        assert await switch(Context(), params, value=3, limit=10) == {"big": absent, "even": absent, "else": 3}
