from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.nodes.set_variable import SetVariableParams, changed, set_variable
from tests.contracts.node_contract import NodeContract


class TestSetVariable(NodeContract):
    name = "set_variable"

    @pytest.mark.parametrize(
        ("way", "now", "given", "after"),
        [
            ("set", 1, "x", "x"), ("append", None, 1, [1]), ("append", [1], [2, 3], [1, 2, 3]), ("add", None, 2, 2), ("add", 2, 0.5, 2.5),
            ("merge", {"a": 1}, {"b": 2}, {"a": 1, "b": 2}), ("clear", 7, None, None),
        ],
    )  # fmt: skip
    def test_each_way_changes_the_value(self, way: Any, now: Any, given: Any, after: Any) -> None:
        assert changed(now, given, SetVariableParams(way=way)) == after

    def test_what_does_not_fit_is_shown(self) -> None:
        with pytest.raises(BadParameter, match="“total” cannot “add” with: many"):
            changed(1, "many", SetVariableParams(name="total", way="add"))
        with pytest.raises(BadParameter, match="append"):
            changed({"a": 1}, 2, SetVariableParams(way="append"))

    async def test_made_again_by_the_same_step_it_changes_nothing(self, tmp_path: Path) -> None:
        memory = Memory(tmp_path / "memory.db")
        params = SetVariableParams(name="n", way="add", scope="workflow")
        first = Context(services=Services(memory=memory), run="exec-1", step="s")
        assert [await set_variable(first, params, 5), await set_variable(first, params, 5)] == [5, 5]
        again = Context(services=Services(memory=Memory(tmp_path / "memory.db")), run="exec-2", step="s")
        assert await set_variable(again, params, 5) == 10
        with pytest.raises(BadParameter, match="no conversation"):
            await set_variable(first, SetVariableParams(scope="conversation"), 1)
