"""Rows as a chart."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, Table, node
from studio.engine.workflows.nodes.aggregate import check_columns
from studio.engine.workflows.values import table_of
from studio.engine.workflows.vega import spec_of

if TYPE_CHECKING:
    from studio.engine.sql.figures import ChartPlan

Shape = Literal["auto", "bar", "line", "scatter"]
Aggregate = Literal["auto", "none", "sum", "avg", "count", "min", "max"]


class ChartParams(Params):
    shape: Shape = param(
        "auto", Text("Kind", "类型"),
        choices={"auto": Text("What fits", "自动"), "bar": Text("Bars", "柱状图"), "line": Text("Lines", "折线图"), "scatter": Text("Points", "散点图")},
    )  # fmt: skip
    x: str = param(
        "", Text("Along the axis", "横轴"), help=Text("A column; empty takes what fits.", "列名；留空则自动选择。")
    )
    y: list[str] = param(
        [], Text("Numbers", "数值"), help=Text("Columns; empty takes what fits.", "列名；留空则自动选择。")
    )
    aggregate: Aggregate = param(
        "auto", Text("One point is", "汇总方式"),
        choices={
            "auto": Text("What fits", "自动"), "none": Text("One row", "单行"), "sum": Text("The sum", "求和"), "avg": Text("The mean", "平均"),
            "count": Text("How many", "计数"), "min": Text("The least", "最小"), "max": Text("The most", "最大"),
        },
    )  # fmt: skip
    title: str = param("", Text("Title", "标题"))


class Charted(NamedTuple):
    """The chart as a Vega-Lite specification with its data in it, and the points as a table."""

    chart: Annotated[Json, Text("Chart", "图表")]
    points: Annotated[Table, Text("Points", "数据点")]


@node(
    title=Text("Chart", "图表"),
    category="transform",
    icon="chart-column",
    doc=Text("Draws rows as bars, lines or points.", "把数据行绘制成柱状图、折线图或散点图。"),
    summary=lambda params: params.title or params.x,
)
async def chart(rows: Annotated[Table, Text("Rows", "行")], context: Context, params: ChartParams) -> Charted:
    """Work out the points on the locked connection: 60 bars, 2,000 places of a line or 5,000 points at most. `Invalid` names a
    column that is not there, or says that nothing here can be drawn."""
    from studio.engine.sql import figures

    table = table_of(rows)
    plan = _plan(table, params)
    found = await figures.points(cast(Any, context.sql), table, plan)
    spec = spec_of(plan, found, params.title)
    places: list[Any] = found.places if plan.shape == "scatter" else found.labels
    lines = [[value if isfinite(value) else None for value in values] for values in found.values]
    points = [
        {plan.x: place, **dict(zip(found.names, numbers, strict=True))}
        for place, *numbers in zip(places, *lines, strict=True)
    ]
    return Charted(spec, table_of(points, [plan.x, *found.names]))


def _plan(table: Any, params: ChartParams) -> ChartPlan:
    """What is asked for, with what fits the columns' types where nothing is."""
    from studio.engine.datasets.dataset import columns_of
    from studio.engine.sql.figures import ChartPlan, plan_for

    check_columns(table, [name for name in (params.x, *params.y) if name])
    fits = plan_for(columns_of(table.schema), table.num_rows)
    if fits is None and not (params.x and params.y):
        raise Invalid(
            Text("Nothing in these rows can be drawn.", "这些数据中没有可绘制的内容。"),
            Text("Name a column for the axis and one with numbers.", "请指定横轴列和数值列。"),
        )
    fits = fits or ChartPlan("bar", params.x, tuple(params.y), "none")
    chosen = params.aggregate
    if chosen == "auto":
        chosen = "none" if params.x or params.y else fits.aggregate
    return ChartPlan(
        fits.shape if params.shape == "auto" else params.shape, params.x or fits.x, tuple(params.y) or fits.ys, chosen
    )
