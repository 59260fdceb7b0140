from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.merge import MergeParams, merge
from tests.contracts.node_contract import NodeContract


class TestMerge(NodeContract):
    name = "merge"

    async def test_the_value_that_arrived_is_handed_on(self) -> None:
        assert await merge(["taken"], Context(), MergeParams()) == "taken"

    def test_its_input_takes_many_wires(self) -> None:
        assert self.type.inputs[0].many
