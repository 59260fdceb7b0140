from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from studio.engine.errors import NotFound
from studio.engine.sql.query import NotAnswered
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.ask_data import AskDataParams, ask_data
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import scripted


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

    async def test_a_dry_run_writes_and_proves_the_sql_and_runs_nothing(self, rooms: SimpleNamespace) -> None:
        for name, rows in (("orders", [{"id": n, "status": "open"} for n in range(9)]), ("sites", [{"site": "Ulm"}])):
            await rooms.sql.save_rows(table_of(rows), name, origin={"kind": "workflow"})
        wrong, right = ("```sql\nSELECT nothing FROM orders\n```", "```sql\nSELECT error('was run') FROM orders\n```")
        context, _ = scripted(wrong, right, datasets=rooms.datasets, sql=rooms.sql)
        params = AskDataParams(dataset="orders", model="writer", dry_run=True)
        asked = await ask_data("Which are open?", context, params)
        assert (asked.table, asked.sql, asked.how) == (absent, "SELECT error('was run') FROM orders", "model")
        ((problem),) = asked.problems
        assert problem["sql"] == "SELECT nothing FROM orders" and "nothing" in problem["message"]["en"]
        for bad in (
            "DROP TABLE orders",
            "COPY orders TO '/tmp/x.csv'",
            "SELECT * FROM sites",
            "SELECT * FROM read_text('/etc/passwd')",
        ):
            context, _ = scripted(*[f"```sql\n{bad}\n```"] * 3, datasets=rooms.datasets, sql=rooms.sql)
            none = await ask_data("please do", context, params)
            assert (none.sql, none.how, len(none.problems)) == (bad, "none", 4), bad
        plainly = Context(services=Services(datasets=rooms.datasets, sql=rooms.sql))
        matched = await ask_data("How many are open?", plainly, AskDataParams(dataset="orders", dry_run=True))
        assert matched.how == "matched" and "open" in matched.sql and matched.problems == []
        assert not [one for one in await rooms.sql.history.list() if one.sql == matched.sql], "it was not run"

    async def test_several_datasets_are_asked_together_and_rows_are_capped(self, rooms: SimpleNamespace) -> None:
        for name, rows in (("orders", [{"id": n, "status": "open"} for n in range(20)]), ("sites", [{"site": "Ulm"}])):
            await rooms.sql.save_rows(table_of(rows), name, origin={"kind": "workflow"})
        joined = "```sql\nSELECT o.id, s.site FROM orders o, sites s ORDER BY 1\n```"
        context, model = scripted(*[joined] * 4, datasets=rooms.datasets, sql=rooms.sql)
        params = AskDataParams(dataset="orders", more=["sites"], limit=3, model="writer")
        asked = await ask_data("Each order with its site", context, params)
        assert asked.how == "model" and asked.table.to_pylist() == [{"id": n, "site": "Ulm"} for n in range(3)]
        assert "sites" in model.asked[0][0]["content"]
        alone = params.model_copy(update={"more": []})
        with pytest.raises(NotAnswered):  # of what it was not given it sees nothing
            await ask_data("Each order with its site", context, alone)
        with pytest.raises(NotFound, match="nothing"):
            await ask_data("x", context, AskDataParams(dataset="orders", more=["nothing"]))
