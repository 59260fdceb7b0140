"""SQL over the tables that come in, on the locked connection."""

from __future__ import annotations

from typing import Any

from studio.engine.params import Params, SqlText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import Table, node


class SqlParams(Params):
    sql: SqlText = param("SELECT * FROM rows LIMIT 100", Text.same("SQL"))
    tables: list[str] = param(
        ["rows"],
        Text("Tables", "表"),
        help=Text("Each name is an input and a table in the query.", "每个名称都是一个输入，也是查询中的表。"),
    )
    values: list[str] = param(
        [],
        Text("Values", "取值"),
        help=Text("Each name is an input, and $name in the query.", "每个名称都是一个输入，在查询中写作 $名称。"),
        advanced=True,
    )
    limit: int = param(1_000_000, Text("Rows at most", "最多行数"), ge=1, le=10_000_000, advanced=True)


def sql_ports(params: SqlParams) -> Ports:
    tables = [Port(name=name, type="table", title=Text.same(name)) for name in params.tables]
    values = [name for name in params.values if name not in params.tables]
    return Ports(inputs=[*tables, *(any_port(name) for name in values)])


@node(
    title=Text("SQL query", "SQL 查询"),
    category="transform",
    icon="square-terminal",
    doc=Text("Runs one SQL query over the tables that come in.", "用一条 SQL 查询处理传入的表。"),
    ports=sql_ports,
    summary=lambda params: " ".join(params.sql.split())[:120],
)
async def sql(context: Context, params: SqlParams, /, **given: Any) -> Table:
    """Query the incoming tables by the names of their ports; values are bound, never written into the text. Files, settings and
    other statements are refused."""
    tables = {name: value for name, value in given.items() if name in params.tables}
    values = {name: value for name, value in given.items() if name not in params.tables}
    result = await context.sql.query_tables(params.sql, tables, limit=params.limit, parameters=values or ())
    return result.table
