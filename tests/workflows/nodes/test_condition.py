from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.condition import ConditionParams, Ways, condition
from tests.contracts.node_contract import NodeContract


class TestCondition(NodeContract):
    name = "condition"
    example: ClassVar[dict[str, object]] = {"expression": "len(value) > limit"}

    async def test_the_value_goes_one_way_and_the_other_stays_empty(self) -> None:
        params = ConditionParams.model_validate(self.example)
        assert await condition(Context(), params, value="long", limit=2) == Ways("long", absent)
        assert await condition(Context(), params, value="s", limit=2) == Ways(absent, "s")

    def test_each_name_is_an_input(self) -> None:
        assert [port.name for port in self.type.ports(self.example).inputs] == ["value", "limit"]
