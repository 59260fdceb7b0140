"""What is in each column of a table."""

from __future__ import annotations

import asyncio
from typing import Annotated, NamedTuple

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, Table, node
from studio.engine.workflows.nodes.aggregate import check_columns
from studio.engine.workflows.values import table_of

SHOWN = ("name", "type", "rows", "nulls", "distinct", "low", "high", "mean", "median", "deviation")


class ProfileParams(Params):
    columns: list[str] = param([], Text("Columns", "列"), help=Text("Empty means all.", "留空表示全部。"))


class Profiled(NamedTuple):
    """A row for each column, and all that was found: quantiles, histograms and the most frequent values too."""

    columns: Annotated[Table, Text("Columns", "列")]
    profile: Annotated[Json, Text("Profile", "概况")]


@node(
    title=Text("Profile", "数据概况"),
    category="transform",
    icon="chart-no-axes-column",
    doc=Text(
        "Says what is in each column: gaps, distinct values, range, distribution.",
        "说明每一列的内容：缺失、不同值、范围和分布。",
    ),
    summary=lambda params: ", ".join(params.columns),
)
async def profile(rows: Annotated[Table, Text("Rows", "行")], context: Context, params: ProfileParams) -> Profiled:
    """Read the rows once for all columns. Different values are counted up to 100,000 and estimated beyond; `Invalid` names a
    column that is not there."""
    from studio.engine.datasets.profile import profile_table

    table = table_of(rows)
    check_columns(table, params.columns)
    chosen = table.select(params.columns) if params.columns else table
    found = [one.model_dump(mode="json") for one in (await asyncio.to_thread(profile_table, chosen)).values()]
    return Profiled(table_of([{name: one[name] for name in SHOWN} for one in found], list(SHOWN)), found)
