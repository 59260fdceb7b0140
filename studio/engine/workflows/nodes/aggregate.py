"""Groups of rows and what they come to."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.values import table_of

Function = Literal["count", "sum", "avg", "min", "max", "median", "count_distinct"]
FUNCTIONS = {
    "count": "count({})", "sum": "sum({})", "avg": "avg({})", "min": "min({})", "max": "max({})", "median": "median({})",
    "count_distinct": "count(DISTINCT {})",
}  # fmt: skip
FUNCTION_TITLES = {
    "count": Text("Count", "计数"), "sum": Text("Sum", "求和"), "avg": Text("Mean", "平均"), "min": Text("Smallest", "最小"),
    "max": Text("Largest", "最大"), "median": Text("Median", "中位数"), "count_distinct": Text("Distinct values", "不同值个数"),
}  # fmt: skip


class AggregateParams(Params):
    by: list[str] = param([], Text("Group by", "分组列"))
    columns: list[str] = param(
        ["*"],
        Text("Columns", "计算列"),
        help=Text("“*” with count counts rows.", "“*”配合计数表示行数。"),
        min_length=1,
    )
    function: Function = param("count", Text("Function", "函数"), choices=FUNCTION_TITLES)


@node(
    title=Text("Aggregate", "聚合"),
    category="transform",
    icon="sigma",
    doc=Text("Groups rows and counts, sums or averages columns.", "对行分组并计数、求和或求平均。"),
    summary=lambda params: f"{params.function} by {', '.join(params.by) or '–'}",
)
async def aggregate(rows: Table, context: Context, params: AggregateParams) -> Table:
    """One row for each group, in the order of the groups' columns. A column that is not there is `Invalid`."""
    table = table_of(rows)
    check_columns(table, [*params.by, *(name for name in params.columns if name != "*")])
    by = [quoted(name) for name in params.by]
    found = [_column(params.function, name) for name in params.columns]
    order = f" GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    statement = f"SELECT {', '.join([*by, *found])} FROM rows{order}"
    return (await context.sql.query_tables(statement, {"rows": table}, limit=10_000_000)).table


def check_columns(table: Any, names: list[str]) -> None:
    """`Invalid` names the first of these columns that the table has not."""
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise Invalid(Text(f"There is no column “{missing[0]}”.", f"没有列“{missing[0]}”。"))


def quoted(name: str) -> str:
    """A column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _column(function: str, name: str) -> str:
    title = function if name == "*" else f"{name}_{function}"
    return f"{FUNCTIONS[function].format('*' if name == '*' else quoted(name))} AS {quoted(title)}"
