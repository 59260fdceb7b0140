"""Rows that meet conditions, sorted and cut."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.expressions import evaluate
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.values import rows_of, table_of


class FilterParams(Params):
    where: str = param(
        "", Text("Keep rows where", "保留符合条件的行"), help=Text("Over the columns, such as n > 1 and region == \"south\".", "可使用各列，例如 n > 1 and region == \"south\"。")
    )  # fmt: skip
    sort_by: list[str] = param([], Text("Sort by", "排序列"))
    order: Literal["ascending", "descending"] = param(
        "ascending", Text("Order", "顺序"),
        choices={"ascending": Text("Smallest first", "升序"), "descending": Text("Largest first", "降序")},
    )  # fmt: skip
    skip: int = param(0, Text("Leave out the first", "跳过前几行"), ge=0)
    limit: int = param(0, Text("Rows at most", "最多行数"), ge=0, help=Text("0 keeps all.", "0 表示全部。"))


@node(
    name="filter_rows",
    title=Text("Filter, sort, limit", "筛选排序"),
    category="transform",
    icon="list-filter",
    doc=Text("Keeps rows that meet a condition, sorts them, cuts the list.", "按条件保留行、排序并截取。"),
    summary=lambda params: params.where or ", ".join(params.sort_by),
)
async def filter_rows(rows: Table, context: Context, params: FilterParams) -> Table:
    """Judge each row by the closed expressions; empty values sort last. A column that is not there is `Invalid`."""
    given = rows_of(rows)
    kept = [row for row in given if not params.where or bool(evaluate(params.where, row))]
    for name in reversed(params.sort_by):
        if given and name not in given[0]:
            raise Invalid(Text(f"There is no column “{name}”.", f"没有列“{name}”。"))
        full = [row for row in kept if row.get(name) is not None]
        empty = [row for row in kept if row.get(name) is None]
        full.sort(key=lambda row: row[name], reverse=params.order == "descending")
        kept = full + empty
    cut = kept[params.skip : params.skip + params.limit if params.limit else None]
    return table_of(cut, _columns(rows))


def _columns(rows: Any) -> list[str]:
    return list(rows.column_names) if hasattr(rows, "column_names") else []
