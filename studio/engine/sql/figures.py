"""Figures about the rows of a result: what a chart of them shows, which numbers stand out, sums. Work on Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from studio.engine.datasets.dataset import Column
from studio.engine.datasets.reading import quoted

if TYPE_CHECKING:
    from studio.engine.sql.service import Sql

Shape = Literal["bar", "line", "scatter"]
Aggregate = Literal["none", "sum", "avg", "count", "min", "max"]
MOST_POINTS = {"bar": 60, "line": 2_000, "scatter": 5_000}
NUMBERS = ("int", "uint", "float", "double", "decimal", "halffloat")
TIMES = ("date", "timestamp", "time")
CODES = ("id", "year", "month", "day", "quarter", "week", "hour")


@dataclass(frozen=True)
class ChartPlan:
    """What to draw: the columns `ys` by `x`. An aggregate makes one point of all rows with the same x."""

    shape: Shape
    x: str
    ys: tuple[str, ...]
    aggregate: Aggregate


@dataclass(frozen=True)
class Points:
    """The points of a chart: names for the x axis, and a list of numbers per line (NaN where there is none).

    `places` are the numbers on the x axis of a scatter. `of` is how many points there would be without the limit.
    """

    labels: list[str]
    names: list[str]
    values: list[list[float]]
    places: list[float]
    of: int


@dataclass(frozen=True)
class Marked:
    """A column whose numbers are compared at a glance: the largest absolute value, and from where on they stand out."""

    name: str
    longest: float
    mark: float


@dataclass(frozen=True)
class Summary:
    """What a column comes to: an exact sum of numbers, else how many different values there are."""

    column: str
    sum: int | float | Decimal | None
    distinct: int | None
    rows: int


def is_number(column: Column) -> bool:
    return column.type.startswith(NUMBERS)


def is_time(column: Column) -> bool:
    return column.type.startswith(TIMES)


def plan_for(columns: Sequence[Column], rows: int) -> ChartPlan | None:
    """A chart that fits the types: numbers over time as lines, by a category as bars, against each other as points."""
    numbers = [column.name for column in columns if is_number(column) and not _is_code(column.name)]
    if not numbers:
        return _counted(columns)
    times = [column.name for column in columns if is_time(column)]
    words = [column.name for column in columns if not is_number(column) and not is_time(column)]
    codes = [column.name for column in columns if is_number(column) and _is_code(column.name)]
    if times:
        return ChartPlan("line", times[0], tuple(numbers[:1] if words else numbers[:3]), "sum" if words else "none")
    if words:
        return ChartPlan("bar", words[0], tuple(numbers[:1]), "none" if rows <= MOST_POINTS["bar"] else "sum")
    if codes:
        return ChartPlan("line" if rows > 2 else "bar", codes[0], tuple(numbers[:2]), "none")
    if len(numbers) > 1:
        return ChartPlan("scatter", numbers[0], (numbers[1],), "none")
    return None


async def points(sql: Sql, table: Any, plan: ChartPlan) -> Points:
    """The points of a chart, on the locked connection: `table` is an Arrow table or dataset."""
    x, most = quoted(plan.x), MOST_POINTS[plan.shape]
    ys = [f"({_expression(plan.aggregate, name)})::DOUBLE AS y{place}" for place, name in enumerate(plan.ys)]
    grouped = f"GROUP BY {x}" if plan.aggregate != "none" else ""
    order = f"ORDER BY {x}" if plan.shape == "line" else "ORDER BY y0 DESC NULLS LAST, label" if grouped else ""
    place = f"{x}::DOUBLE" if plan.shape == "scatter" else "0"
    kept = f"WHERE {x} IS NOT NULL" if plan.shape == "scatter" else ""
    query = f"SELECT {x}::VARCHAR AS label, {place} AS place, {', '.join(ys)} FROM rows {kept} {grouped} {order}"
    counted = f"SELECT count(*) AS n FROM ({query})"
    found = (await sql.query_tables(f"{query} LIMIT {most}", {"rows": table}, limit=most)).table
    of = found.num_rows
    if found.num_rows == most:
        of = (await sql.query_tables(counted, {"rows": table})).rows[0]["n"]
    return _points(found, plan, of)


def marked(columns: Sequence[Column], table: Any, sql: str) -> Marked | None:
    """The column that the rows are ordered by, where that is a number; else the last share or rate. Short results only."""
    import pyarrow.compute as compute

    from studio.engine.sql.statements import order_of

    if not 2 <= table.num_rows <= 2_000:
        return None
    ordered = order_of(sql)
    numbers = [column.name for column in columns if is_number(column) and not _is_code(column.name)]
    shares = [
        column.name for column in columns if column.name in numbers and column.type.startswith(("float", "double"))
    ]
    name = ordered if ordered in numbers else next(reversed(shares or numbers), None)
    if name is None or table.schema.names.count(name) > 1:
        return None
    values = compute.cast(table.column(name), "float64", safe=False)
    longest = compute.max(compute.abs(values)).as_py() or 0.0
    mark = compute.quantile(values, 0.75)[0].as_py()
    return Marked(name, float(longest), float("inf") if mark is None else float(mark))


def summary(table: Any, place: int) -> Summary:
    """Of the column at this place; `table` is an Arrow table. Whole numbers and decimals are summed exactly."""
    import pyarrow.compute as compute
    import pyarrow.types as types

    column, name = table.column(place), table.schema.names[place]
    rows = table.num_rows
    if types.is_decimal(column.type) or types.is_integer(column.type):
        wide = column.cast(_wide(column.type))
        return Summary(name, _whole(compute.sum(wide).as_py(), column.type), None, rows)
    if types.is_floating(column.type):
        return Summary(name, compute.sum(column).as_py(), None, rows)
    if types.is_nested(column.type):
        return Summary(name, None, None, rows)
    return Summary(name, None, compute.count_distinct(column).as_py(), rows)


def _counted(columns: Sequence[Column]) -> ChartPlan | None:
    words = [column.name for column in columns if not is_number(column)]
    return ChartPlan("bar", words[0], (words[0],), "count") if words else None


def _is_code(name: str) -> bool:
    lower = name.lower()
    return any(lower == code or lower.endswith(f"_{code}") for code in CODES)


def _expression(aggregate: Aggregate, name: str) -> str:
    return quoted(name) if aggregate == "none" else f"{aggregate}({quoted(name)})"


def _points(found: Any, plan: ChartPlan, of: int) -> Points:
    nothing = float("nan")
    values = [
        [nothing if value is None else value for value in found.column(f"y{place}").to_pylist()]
        for place in range(len(plan.ys))
    ]
    names = [name if plan.aggregate == "none" else f"{plan.aggregate}({name})" for name in plan.ys]
    labels = ["–" if label is None else label for label in found.column("label").to_pylist()]
    return Points(labels, names, values, found.column("place").to_pylist(), of)


def _wide(arrow_type: Any) -> Any:
    """A type that a sum of these fits into."""
    import pyarrow
    import pyarrow.types as types

    return pyarrow.decimal256(76, arrow_type.scale) if types.is_decimal(arrow_type) else pyarrow.decimal128(38, 0)


def _whole(value: Decimal | None, arrow_type: Any) -> int | Decimal | None:
    import pyarrow.types as types

    return int(value) if value is not None and types.is_integer(arrow_type) else value
