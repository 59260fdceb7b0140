from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import pyarrow
import pytest

from studio.engine.errors import StudioError
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.sql import SqlParams, sql
from tests.contracts.node_contract import NodeContract


class TestSql(NodeContract):
    name = "sql"
    example: ClassVar[dict[str, object]] = {"sql": "SELECT 1 FROM a, b", "tables": ["a", "b"]}

    async def test_tables_are_queried_by_the_names_of_their_ports(self, rooms: SimpleNamespace) -> None:
        tables = {"a": pyarrow.table({"n": [1, 2]}), "context": pyarrow.table({"m": [10]})}
        params = SqlParams(sql="SELECT n * m AS x FROM a, context ORDER BY 1", tables=["a", "context"])
        table = await sql(Context(services=Services(sql=rooms.sql)), params, **tables)
        assert table.to_pylist() == [{"x": 10}, {"x": 20}]

    @pytest.mark.parametrize(
        "text", ["SELECT * FROM '/etc/passwd'", "DROP TABLE a", "SELECT 1; SELECT 2", "SET threads = 1", "ATTACH 'x'"]
    )
    async def test_nothing_but_one_query_over_them_is_run(self, rooms: SimpleNamespace, text: str) -> None:
        with pytest.raises(StudioError):
            await sql(
                Context(services=Services(sql=rooms.sql)),
                SqlParams(sql=text, tables=["a"]),
                a=pyarrow.table({"n": [1]}),
            )
