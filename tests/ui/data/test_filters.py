from __future__ import annotations

from pathlib import Path

import pytest

from studio.ui.views.data_parts.filters import Filter, is_whole, operators_for, where, where_of
from tests.data_rooms import open_rooms

ROWS = 'id,name,amount,day\n1,K7 咖啡机,2.5,2025-01-01\n2,it\'s,10,2025-02-01\n3,"a, b",,2025-03-01\n4,k7 Mini,7,\n'


@pytest.mark.parametrize(
    ("filter", "ids"),
    [
        (Filter("name", "is", "it's"), [2]),
        (Filter("name", "is_not", "it's, K7 咖啡机"), [3, 4]),
        (Filter("name", "contains", "K7"), [1, 4]),
        (Filter("name", "starts", "it'"), [2]),
        (Filter("amount", "gt", "5", "double"), [2, 4]),
        (Filter("amount", "is", "2.5, 7", "double"), [1, 4]),
        (Filter("amount", "null", "", "double"), [3]),
        (Filter("day", "ge", "2025-02-01", "date"), [2, 3]),
        (Filter("day", "not_null", "", "date"), [1, 2, 3]),
        (Filter(raw="id > 2 OR id = 1"), [1, 3, 4]),
        (Filter("name", "is", "'; DROP TABLE data --"), []),
    ],
)
async def test_a_filter_keeps_the_rows_it_says(tmp_path: Path, filter: Filter, ids: list[int]) -> None:
    assert filter.problem() is None
    (tmp_path / "rows.csv").write_text(ROWS)
    async with open_rooms(tmp_path / "home") as rooms:
        await rooms.datasets.register(tmp_path / "rows.csv")
        page = await rooms.datasets.page("rows", 0, 10, where=where([filter, Filter(raw="true")]))
        assert page.column("id").to_pylist() == ids


def test_a_filter_without_a_usable_value_says_so() -> None:
    assert "value" in str(Filter("a", "is", " ").problem())
    assert "number" in str(Filter("a", "gt", "1, 2", "int64").problem())
    assert "“x”" in str(Filter("a", "is", "1, x", "int64").problem())


def test_every_type_is_offered_operators_it_has() -> None:
    assert operators_for("decimal(12,2)")[0] == "is" and "contains" not in operators_for("int64")
    assert operators_for("timestamp")[0] == "ge" and operators_for("struct")[0] == "contains"


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ('SELECT *\nFROM "orders"\nWHERE "a" = \'x\' AND "b" > 1\nLIMIT 5', '"a" = \'x\' AND "b" > 1'),
        ('SELECT count(*) AS count\nFROM "orders"\nWHERE "a" = 1', '"a" = 1'),
        ("SELECT * FROM orders", ""),
        ("SELECT * FROM a JOIN b USING (c) WHERE x = 1", ""),
        ("SELECT * FROM a WHERE x IN (SELECT y FROM b)", ""),
    ],
)
def test_the_rows_of_a_plain_query_can_be_shown_as_a_filter(sql: str, condition: str) -> None:
    assert where_of(sql) == condition
    assert is_whole(sql) == (sql == "SELECT * FROM orders")
