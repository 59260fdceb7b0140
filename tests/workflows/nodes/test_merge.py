from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.merge import MergeParams, merge
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms, workflows
from tests.workflows.graphs import field, graph, step

__all__ = ["rooms", "workflows"]


class TestMerge(NodeContract):
    name = "merge"
    example: ClassVar = {"groups": ["text", "number"]}

    async def test_the_value_that_arrived_is_handed_on(self) -> None:
        assert await merge(Context(), MergeParams(), values=["taken", "too"]) == {"value": "taken"}
        assert await merge(Context(), MergeParams(way="all"), values=["a", 2]) == {"value": ["a", 2]}

    async def test_groups_are_merged_side_by_side_and_an_empty_one_hands_nothing_on(self) -> None:
        params = MergeParams(groups=["text", "number"])
        assert await merge(Context(), params, text=["a", "b"]) == {"text": "a", "number": absent}
        every = MergeParams(groups=["text", "number"], way="all")
        assert await merge(Context(), every, text=["a", "b"], number=[1]) == {"text": ["a", "b"], "number": [1]}

    async def test_what_follows_an_empty_group_is_skipped(self, workflows: Workflows) -> None:
        sheet = graph(
            step("s", "start", fields=[field("n", "number")]), step("c", "condition", expression="value > 5"),
            step("m", "merge", groups=["high", "low"]), step("o", "output", names=["high", "low"]),
            "s.n > c.value", "c.true > m.high", "c.false > m.low", "m.high > o.high", "m.low > o.low",
        )  # fmt: skip
        done = await workflows.end((await workflows.start(sheet, {"n": 7})).id)
        assert (done.status, done.outputs) == ("completed", {"high": 7}), done.error

    def test_its_input_takes_many_wires(self) -> None:
        assert self.type.ports({}).inputs[0].many
