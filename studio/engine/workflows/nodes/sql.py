"""SQL over the tables that come in, on the locked connection."""

from __future__ import annotations

from typing import Any

from studio.engine.params import Params, SqlText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import Table, node


class SqlParams(Params):
    sql: SqlText = param("SELECT * FROM rows LIMIT 100", Text.same("SQL"))
    tables: list[str] = param(
        ["rows"],
        Text("Tables", "表"),
        help=Text("Each name is an input and a table in the query.", "每个名称都是一个输入，也是查询中的表。"),
    )
    limit: int = param(1_000_000, Text("Rows at most", "最多行数"), ge=1, le=10_000_000, advanced=True)


def sql_ports(params: SqlParams) -> Ports:
    return Ports(inputs=[Port(name=name, type="table", title=Text.same(name)) for name in params.tables])


@node(
    title=Text("SQL query", "SQL 查询"),
    category="transform",
    icon="square-terminal",
    doc=Text("Runs one SQL query over the tables that come in.", "用一条 SQL 查询处理传入的表。"),
    ports=sql_ports,
    summary=lambda params: " ".join(params.sql.split())[:120],
)
async def sql(context: Context, params: SqlParams, /, **tables: Any) -> Table:
    """Query the incoming tables by the names of their ports. Files, settings and other statements are refused."""
    result = await context.sql.query_tables(params.sql, tables, limit=params.limit)
    return result.table
