"""The values of a column as columns of their own."""

from __future__ import annotations

from typing import Annotated

from studio.engine.datasets.reading import literal
from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.nodes.aggregate import FUNCTION_TITLES, FUNCTIONS, Function, check_columns, quoted
from studio.engine.workflows.values import table_of

MOST = 200  # columns that come of it


class PivotParams(Params):
    column: str = param(
        ..., Text("Values of", "展开的列"), help=Text("Each becomes a column.", "每个值成为一列。"), min_length=1
    )
    by: list[str] = param([], Text("Group by", "分组列"))
    value: str = param(
        "*", Text("Filled with", "填充值"), help=Text("A column; “*” counts rows.", "列名；“*”表示行数。"), min_length=1
    )
    function: Function = param("count", Text("Function", "函数"), choices=FUNCTION_TITLES)


@node(
    title=Text("Pivot", "透视"),
    category="transform",
    icon="columns-3",
    doc=Text("Turns the values of a column into columns.", "把某一列的各个值展开为列。"),
    summary=lambda params: f"{params.function} by {params.column}",
)
async def pivot(rows: Annotated[Table, Text("Rows", "行")], context: Context, params: PivotParams) -> Table:
    """One row for each group and one column for each value, both in order; rows without the value are left out. `Invalid` names
    a column that is not there, or says that more than 200 columns would come of it."""
    table = table_of(rows)
    check_columns(table, [params.column, *params.by, *([params.value] if params.value != "*" else [])])
    column = quoted(params.column)
    asked = f"SELECT DISTINCT {column}::VARCHAR AS v FROM rows WHERE {column} IS NOT NULL ORDER BY 1"
    found = (await context.sql.query_tables(asked, {"rows": table}, limit=MOST + 1)).table.column("v").to_pylist()
    if len(found) > MOST:
        raise Invalid(
            Text(f"“{params.column}” has more than {MOST} values.", f"“{params.column}”的不同值超过 {MOST} 个。"),
            Text("Filter the rows, or aggregate by that column.", "请先筛选数据，或按该列聚合。"),
        )
    if not found:
        return table.select(params.by).slice(0, 0)
    filled = FUNCTIONS["count" if params.value == "*" else params.function].format(
        "*" if params.value == "*" else quoted(params.value)
    )
    cells = [f"{filled} FILTER ({column}::VARCHAR = {literal(value)}) AS {quoted(value or '–')}" for value in found]
    by = [quoted(name) for name in params.by]
    order = f" GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    statement = f"SELECT {', '.join([*by, *cells])} FROM rows{order}"
    return (await context.sql.query_tables(statement, {"rows": table}, limit=10_000_000)).table
