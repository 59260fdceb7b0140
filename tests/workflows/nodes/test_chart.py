from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows import vega
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.chart import ChartParams, chart
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.data_rows import ROWS

__all__ = ["rooms"]


async def drawn(rooms: SimpleNamespace, rows: Any = ROWS, **params: Any) -> Any:
    return await chart(table_of(rows), Context(services=Services(sql=rooms.sql)), ChartParams(**params))


class TestChart(NodeContract):
    name = "chart"

    async def test_what_fits_is_drawn_with_the_data_in_it(self, rooms: SimpleNamespace) -> None:
        found = await drawn(rooms, x="region", y=["n"], aggregate="sum", title="每区")
        assert found.points.to_pylist() == [{"region": "南", "sum(n)": 5.0}, {"region": "北", "sum(n)": 3.0}]
        assert vega.is_chart(found.chart) and found.chart["mark"] == "bar"
        back = vega.read(found.chart)
        assert (back.title, back.x, back.labels, back.values) == ("每区", "region", ["南", "北"], [[5.0, 3.0]])
        lines = await drawn(
            rooms,
            [{"day": f"2026-01-{d:02}", "a": d, "b": -d} for d in range(1, 9)],
            shape="line",
            x="day",
            y=["a", "b"],
        )
        assert vega.read(lines.chart).names == ["a", "b"] and "polyline" in vega.svg_of(lines.chart)
        points = await drawn(rooms, [{"a": 1.5, "b": 2.0}, {"a": 3.0, "b": None}, {"a": float("inf"), "b": 1.0}])
        assert points.chart["mark"] == "point" and vega.read(points.chart).places == [1.5, 3.0]
        assert "nan" not in vega.svg_of(points.chart) and "inf" not in vega.svg_of(points.chart)
        assert vega.svg_of({**points.chart, "data": {"values": []}}).startswith("<svg")

    async def test_a_title_cannot_carry_code_into_the_picture(self, rooms: SimpleNamespace) -> None:
        found = await drawn(rooms, x="region", y=["n"], aggregate="sum", title="<script>x</script>")
        assert "<script" not in vega.svg_of(found.chart)

    async def test_what_cannot_be_drawn_says_why(self, rooms: SimpleNamespace) -> None:
        with pytest.raises(Invalid, match="no column “m”"):
            await drawn(rooms, y=["m"])
        with pytest.raises(Invalid, match="can be drawn"):
            await drawn(rooms, [{"n": 1}])
