"""Columns that stand in the names of folders: in pages, filters, orders and profiles like any other."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from studio.engine.datasets.view import Filter
from tests.data_rooms import Rooms


def partitioned(folder: Path) -> Path:
    for year in (2024, 2025):
        for region in ("华东", "EMEA"):
            place = folder / f"year={year}" / f"region={region}"
            place.mkdir(parents=True)
            pq.write_table(pa.table({"amount": [year, year + 1, None]}), place / "part.parquet")
    return folder


async def test_they_are_columns_of_pages_filters_orders_and_profiles(rooms: Rooms, tmp_path: Path) -> None:
    orders = await rooms.datasets.register(partitioned(tmp_path / "orders"))
    assert [column.name for column in orders.columns] == ["amount", "year", "region"] and orders.row_count == 12
    page = await rooms.datasets.page(orders.id, 2, 5)
    assert page.column_names == ["amount", "year", "region"] and page.num_rows == 5
    assert set(zip(*page.select(["year", "region"]).to_pydict().values(), strict=True)) <= {
        (year, region) for year in (2024, 2025) for region in ("华东", "EMEA")
    }
    some = [Filter("year", "is", "2025", "int64"), Filter("region", "is", "华东", "string")]
    assert await rooms.datasets.count(orders.id, filters=some) == 3
    found = await rooms.datasets.page(
        orders.id, 0, 3, columns=["region", "amount"], filters=some, order=("amount", True)
    )
    assert found.to_pydict() == {"region": ["华东"] * 3, "amount": [2026, 2025, None]}
    first = await rooms.datasets.page(orders.id, 0, 1, columns=["year"], order=[("year", True), ("amount", False)])
    assert first.column("year").to_pylist() == [2025]
    profile = await rooms.datasets.profile(orders.id)
    assert profile["year"].distinct == 2 and profile["region"].distinct == 2 and profile["amount"].nulls == 4
    assert {bar.label for bar in profile["region"].top} == {"华东", "EMEA"}
