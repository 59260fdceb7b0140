from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.output import OutputParams, output
from tests.contracts.node_contract import NodeContract


class TestOutput(NodeContract):
    name = "output"
    example: ClassVar[dict[str, object]] = {"names": ["a", "context"]}

    async def test_each_value_stands_under_its_name(self) -> None:
        assert await output(Context(), OutputParams(names=["a", "context"]), a=1, context=2) == {"a": 1, "context": 2}

    def test_each_name_is_an_input(self) -> None:
        assert [port.name for port in self.type.ports(self.example).inputs] == ["a", "context"]
