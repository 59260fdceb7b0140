from __future__ import annotations

from typing import Any, ClassVar

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.tool_call import ToolCallParams, tool_call
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.tools import tools_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import Handbook, rooms, workflows
from tests.workflows.graphs import field, graph, step

__all__ = ["rooms", "workflows"]


class TestToolCall(NodeContract):
    name = "tool_call"
    example: ClassVar = {"tool": "python", "inputs": ["code"]}

    async def test_real_python_is_called_with_what_comes_by_the_wire(self) -> None:
        done = await tool_call(Context(), ToolCallParams(), code="return 6 * 7")
        assert done == (42, "")
        fixed = ToolCallParams(inputs=[], values='{"code": "return [1, 2]"}')
        assert (await tool_call(Context(), fixed)).result == [1, 2]

    async def test_a_collection_is_searched(self) -> None:
        here = Context(services=Services(knowledge=Handbook()))
        done = await tool_call(here, ToolCallParams(tool="search:handbook", inputs=["query"]), query="warranty")
        assert "24 months" in done.result

    async def test_tools_whose_names_look_alike_are_all_there(self) -> None:
        here = Context(services=Services(knowledge=Handbook()))
        said = ["search:产品手册", "search:售后手册", f"search:{'a' * 70}", "search:产品手册"]
        async with tools_of(said, here) as found:
            assert [tool.about for tool in found.values()] == [f"Finds passages in {one[7:]}." for one in said[:3]]
            assert all(name == tool.name and len(name) <= 64 for name, tool in found.items())

    async def test_a_workflow_is_called_with_its_fields(self, workflows: Workflows) -> None:
        called = graph(
            step("s", "start", fields=[field("n", "number")]), step("p", "prompt", template="{{v}} pumps"), step("o", "output"),
            "s.n > p.v", "p.text > o.result",
        )  # fmt: skip
        made = await workflows.create("Count", called)
        sheet = graph(
            step("s", "start", fields=[field("n", "number")]), step("t", "tool_call", tool=f"workflow:{made.id}", inputs=["n"]),
            step("o", "output"), "s.n > t.n", "t.result > o.result",
        )  # fmt: skip
        done = await workflows.end((await workflows.start(sheet, {"n": 7})).id)
        assert (done.status, done.outputs) == ("completed", {"result": {"result": "7 pumps"}}), done.error

    @pytest.mark.parametrize(
        ("params", "told"),
        [
            ({"tool": "shell"}, "“shell” is no tool"),
            ({"inputs": [], "values": "[1]"}, "one object"),
            ({"inputs": [], "values": "{"}, "no JSON"),
            ({"inputs": []}, "'code' is a required property"),
        ],
    )
    async def test_what_cannot_be_called_is_said_with_what_to_change(self, params: dict[str, Any], told: str) -> None:
        with pytest.raises(BadParameter, match=told) as raised:
            await tool_call(Context(), ToolCallParams(**params))
        assert raised.value.fix is not None and raised.value.fix.kind == "edit"

    async def test_an_error_is_an_answer_too_where_it_shall_be_as_to_an_agent(self) -> None:
        params = ToolCallParams(on_tool_error="tell")
        done = await tool_call(Context(), params, code="raise ValueError('dry')")
        assert done.result.startswith("Error: ") and "dry" in done.error

    def test_only_what_may_change_something_is_a_side_effect(self) -> None:
        assert self.type.effect is not None and not self.type.effect(ToolCallParams())
        assert all(self.type.effect(ToolCallParams(tool=tool)) for tool in ("workflow:wf-1", "mcp:a/b"))
