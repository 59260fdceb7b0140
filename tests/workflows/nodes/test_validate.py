from __future__ import annotations

from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.validate import ValidateParams, validate
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.data_rows import ROWS


class TestValidate(NodeContract):
    name = "validate"

    async def test_broken_rows_leave_by_the_other_way_with_a_report(self) -> None:
        params = ValidateParams(rules=["n: n > 2", "id: id > 0"])
        found = await validate(table_of(ROWS), Context(), params)
        assert found.good is absent and found.bad.num_rows == 2
        assert found.report["rules"] == {"n": 2, "id": 0} and found.report["examples"] == {"n": [2, 3]}
        good = await validate(table_of(ROWS), Context(), ValidateParams(rules=["id: id > 0"]))
        assert good.bad is absent and good.good.num_rows == 4
