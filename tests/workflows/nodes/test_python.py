from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pyarrow
import pytest

from studio.engine.errors import BadParameter, Fix, Unavailable
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.python import PythonParams, python
from studio.engine.workflows.sandbox import CodeFailed
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.graphs import graph, step

__all__ = ["rooms"]


class TestPython(NodeContract):
    name = "python"
    example: ClassVar[dict[str, object]] = {"code": "return rows", "inputs": ["rows"], "output": "table"}

    async def test_a_table_goes_in_as_rows_and_comes_out_as_a_table(self) -> None:
        code = "for row in rows:\n    row['n'] *= 2\nreturn rows"
        params = PythonParams(code=code, inputs=["rows"], output="table")
        found = await python(Context(), params, rows=pyarrow.table({"n": [1, 2]}))
        assert found["value"].to_pylist() == [{"n": 2}, {"n": 4}]

    async def test_packages_are_imported_where_they_are_named_and_nothing_else_is_read(self, tmp_path: Path) -> None:
        code = "import numpy\nreturn float(numpy.arange(5).mean())"
        named = PythonParams(code=code, inputs=[], packages=["numpy", "json"], memory_mb=1024)
        assert (await python(Context(), named)) == {"value": 2.0}
        with pytest.raises(CodeFailed, match="No module named 'numpy'"):
            await python(Context(), named.model_copy(update={"packages": []}))
        for secret in (
            "import os; return os.listdir('/etc')",
            "import socket; return socket.create_connection(('127.0.0.1', 9))",
        ):
            with pytest.raises(CodeFailed, match=r"Permission|not permitted"):
                await python(Context(), named.model_copy(update={"code": secret}))
        with pytest.raises(Unavailable, match="memory"):
            await python(Context(), named.model_copy(update={"memory_mb": 40}))

    async def test_a_package_that_a_person_installed_for_code_is_found_and_one_that_lacks_is_told_before_a_run(
        self, rooms: SimpleNamespace
    ) -> None:
        room = Workflows(rooms)
        await room.open()
        sheet = graph(
            step("p", "python", code="import pumps_of_ours\nreturn pumps_of_ours.K7", inputs=[], packages=["pumps_of_ours"]),
            step("o", "output"), "p.value > o.result",
        )  # fmt: skip
        (problem,) = await room.examine(sheet)
        folder = rooms.paths.data / "packages"
        assert (
            problem.fix == Fix("edit", "packages")
            and f'install --target "{folder}" pumps_of_ours' in problem.message.en
        )
        failed = await room.wait((await room.start(sheet)).id)
        assert failed.status == "failed" and "pumps_of_ours" in str(failed.error)
        folder.mkdir()
        (folder / "pumps_of_ours.py").write_text("K7 = 24\n")
        assert await room.examine(sheet) == []
        done = await room.wait((await room.start(sheet)).id)
        assert (done.status, done.outputs) == ("completed", {"result": 24}), done.error
        await room.close()

    def test_a_name_that_is_none_is_a_problem_of_the_form(self) -> None:
        for bad in ("numpy==1", "../x", "a b", "-r"):
            assert self.type.read({"packages": [bad]}) is None

    async def test_an_answer_of_another_type_is_refused(self) -> None:
        with pytest.raises(BadParameter, match="number"):
            await python(Context(), PythonParams(code="return 'x'", inputs=[], output="number"))

    def test_its_inputs_and_the_type_of_its_output_come_from_its_parameters(self) -> None:
        ports = self.type.ports(self.example)
        assert ([port.name for port in ports.inputs], ports.outputs[0].type) == (["rows"], "table")
