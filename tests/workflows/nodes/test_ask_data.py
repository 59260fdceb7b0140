from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.ask_data import AskDataParams, ask_data
from tests.contracts.node_contract import NodeContract


class TestAskData(NodeContract):
    name = "ask_data"
    example: ClassVar[dict[str, object]] = {"dataset": "orders"}

    async def test_a_question_becomes_rows_and_the_sql_that_found_them(
        self, rooms: SimpleNamespace, tmp_path: Path
    ) -> None:
        file = tmp_path / "orders.csv"
        file.write_text(
            "id,region,status\n"
            + "".join(f"{n},{'华南' if n % 2 else '华北'},{'returned' if n % 3 else 'delivered'}\n" for n in range(30))
        )
        await rooms.datasets.register(file, "orders")
        context = Context(services=Services(datasets=rooms.datasets, sql=rooms.sql))
        asked = await ask_data("How many orders were returned in 华南?", context, AskDataParams(dataset="orders"))
        assert asked.how == "matched" and "华南" in asked.sql
        assert list(asked.table.to_pylist()[0].values())[-1] == 10
