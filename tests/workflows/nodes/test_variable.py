from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.nodes.set_variable import SetVariableParams, set_variable
from studio.engine.workflows.nodes.variable import VariableParams, variable
from tests.contracts.node_contract import NodeContract


class TestVariable(NodeContract):
    name = "variable"

    async def test_a_variable_is_read_in_its_scope_or_has_its_default(self, tmp_path: Path) -> None:
        services = Services(memory=Memory(tmp_path / "memory.db"))
        one = Context(services=services, run="exec-1", step="s")
        await set_variable(one, SetVariableParams(name="who", scope="run"), {"name": "Li"})
        assert await variable(one, VariableParams(name="who", scope="run")) == {"name": "Li"}
        other = Context(services=services, run="exec-2")
        assert await variable(other, VariableParams(name="who", scope="run", default="nobody")) == "nobody"
        assert await variable(other, VariableParams(name="n", default="3")) == 3

    async def test_where_nothing_is_remembered_it_says_so(self) -> None:
        with pytest.raises(Unavailable, match="remembered"):
            await variable(Context(), VariableParams())
