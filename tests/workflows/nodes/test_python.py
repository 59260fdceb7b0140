from __future__ import annotations

from typing import ClassVar

import pyarrow
import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.python import PythonParams, python
from tests.contracts.node_contract import NodeContract


class TestPython(NodeContract):
    name = "python"
    example: ClassVar[dict[str, object]] = {"code": "return rows", "inputs": ["rows"], "output": "table"}

    async def test_a_table_goes_in_as_rows_and_comes_out_as_a_table(self) -> None:
        code = "for row in rows:\n    row['n'] *= 2\nreturn rows"
        params = PythonParams(code=code, inputs=["rows"], output="table")
        found = await python(Context(), params, rows=pyarrow.table({"n": [1, 2]}))
        assert found["value"].to_pylist() == [{"n": 2}, {"n": 4}]

    async def test_an_answer_of_another_type_is_refused(self) -> None:
        with pytest.raises(BadParameter, match="number"):
            await python(Context(), PythonParams(code="return 'x'", inputs=[], output="number"))

    def test_its_inputs_and_the_type_of_its_output_come_from_its_parameters(self) -> None:
        ports = self.type.ports(self.example)
        assert ([port.name for port in ports.inputs], ports.outputs[0].type) == (["rows"], "table")
