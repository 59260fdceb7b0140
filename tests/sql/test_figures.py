from __future__ import annotations

import math
from decimal import Decimal

import pyarrow
import pytest

from studio.engine.datasets.dataset import columns_of
from studio.engine.sql.figures import ChartPlan, marked, plan_for, points, summary
from tests.data_rooms import Rooms

REGIONS = pyarrow.table(
    {"region": ["华南", "华东", "西南", "华北"], "orders": [318, 541, 142, 377], "return_pct": [6.84, 5.91, 5.12, 4.47]}
)


@pytest.mark.parametrize(
    ("columns", "rows", "plan"),
    [
        ({"region": ["a"], "n": [1]}, 7, ChartPlan("bar", "region", ("n",), "none")),
        ({"region": ["a"], "n": [1]}, 900, ChartPlan("bar", "region", ("n",), "sum")),
        (
            {"day": pyarrow.array([0], pyarrow.date32()), "a": [1], "b": [2.0]},
            90,
            ChartPlan("line", "day", ("a", "b"), "none"),
        ),
        (
            {"day": pyarrow.array([0], pyarrow.date32()), "w": ["x"], "a": [1]},
            90,
            ChartPlan("line", "day", ("a",), "sum"),
        ),
        ({"year": [2024], "n": [1]}, 5, ChartPlan("line", "year", ("n",), "none")),
        ({"a": [1.0], "b": [2.0]}, 500, ChartPlan("scatter", "a", ("b",), "none")),
        ({"w": ["x"]}, 500, ChartPlan("bar", "w", ("w",), "count")),
        ({"a": [1.0]}, 500, None),
    ],
)
def test_a_chart_fits_the_types(columns: dict[str, object], rows: int, plan: ChartPlan | None) -> None:
    assert plan_for(columns_of(pyarrow.table(columns).schema), rows) == plan


async def test_points_are_aggregated_and_cut_with_their_whole_number(rooms: Rooms) -> None:
    table = pyarrow.table({"w": [f"w{n % 100}" for n in range(1000)], "v": [*range(999), None]})
    found = await points(rooms.sql, table, ChartPlan("bar", "w", ("v",), "sum"))
    assert (len(found.labels), found.of, found.names) == (60, 100, ["sum(v)"])
    assert found.labels[0] == "w98" and found.values[0][0] == sum(range(98, 999, 100))
    plain = await points(
        rooms.sql, pyarrow.table({"t": [2, 1], "v": [None, 5]}), ChartPlan("line", "t", ("v",), "none")
    )
    assert plain.labels == ["1", "2"] and plain.values[0][0] == 5 and math.isnan(plain.values[0][1])


def test_the_ordered_number_is_compared_and_the_upper_quarter_stands_out() -> None:
    columns = columns_of(REGIONS.schema)
    found = marked(columns, REGIONS, "SELECT … ORDER BY return_pct DESC")
    assert found and found.name == "return_pct" and found.longest == 6.84 and 5.12 < found.mark < 6.84
    assert marked(columns, REGIONS, "FROM x ORDER BY orders").name == "orders"  # type: ignore[union-attr]
    assert marked(columns, REGIONS, "FROM x").name == "return_pct"  # type: ignore[union-attr]
    assert marked(columns, REGIONS.slice(0, 1), "FROM x") is None


def test_sums_are_exact() -> None:
    big = 2**62
    table = pyarrow.table(
        {"i": [big, big, big], "d": [Decimal("0.10")] * 3, "w": ["a", "b", "a"], "f": [0.5, None, 1.0]}
    )
    assert summary(table, 0).sum == 3 * big and summary(table, 1).sum == Decimal("0.30")
    assert summary(table, 2).distinct == 2 and summary(table, 3).sum == 1.5
