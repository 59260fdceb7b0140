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

    async def test_values_are_bound_and_never_become_a_part_of_the_text(self, rooms: SimpleNamespace) -> None:
        params = SqlParams(sql="SELECT n FROM rows WHERE word = $word AND n > $least", values=["word", "least"])
        assert [port.name for port in self.type.ports(params.model_dump()).inputs] == ["rows", "word", "least"]
        rows = pyarrow.table({"n": [1, 2, 3], "word": ["a", "a", "' OR 1=1 --"]})
        context = Context(services=Services(sql=rooms.sql))
        assert (await sql(context, params, rows=rows, word="a", least=1)).to_pylist() == [{"n": 2}]
        assert (await sql(context, params, rows=rows, word="' OR 1=1 --", least=0)).to_pylist() == [{"n": 3}]
