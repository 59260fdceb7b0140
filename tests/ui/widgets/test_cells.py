"""Arrow values in words: exact, and told apart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from studio.ui.widgets.cells import Page, kind_of


def words(array: pa.Array, name: str = "value") -> list[str]:
    page = Page(pa.table({name: array}))
    return [page.cell(row, 0).text for row in range(page.rows)]


def test_a_large_integer_keeps_its_last_digit():
    assert words(pa.array([9007199254740993, -1200], pa.int64())) == ["9,007,199,254,740,993", "-1,200"]


def test_an_id_is_written_without_separators():
    assert words(pa.array([87941206]), "order_id") == ["87941206"]


def test_a_decimal_is_never_rounded():
    value = Decimal("12345678901234567890.123456789")
    assert words(pa.array([value], pa.decimal128(38, 9))) == ["12,345,678,901,234,567,890.123456789"]


def test_a_float_shows_what_it_is():
    assert words(pa.array([0.1 + 0.2, 1234.5])) == ["0.30000000000000004", "1,234.5"]
    assert words(pa.array([0.1], pa.float32())) == ["0.1"]


def test_nanoseconds_survive_without_pandas():
    moments = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    assert words(moments) == ["2023-11-14 22:13:20.123456789"]


def test_a_moment_with_a_zone_is_shown_in_that_zone():
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    assert words(pa.array([moment], pa.timestamp("us", "Asia/Shanghai"))) == ["2025-01-01 08:00:00+08:00"]


def test_a_year_beyond_the_calendar_does_not_stop_the_table():
    assert words(pa.array([2**62], pa.timestamp("us")))[0]


def test_null_and_empty_text_differ():
    page = Page(pa.table({"a": ["", None]}))
    assert page.cell(0, 0) == ("", False)
    assert page.cell(1, 0).null
    assert page.whole(0, 0) == ""
    assert page.whole(1, 0) is None


def test_nested_values_are_compact_in_the_grid_and_indented_in_the_viewer():
    page = Page(pa.table({"a": [{"名": ["x", None], "n": Decimal("1.50")}]}))
    assert page.cell(0, 0).text == '{"名":["x",null],"n":"1.50"}'
    assert page.whole(0, 0).splitlines()[1] == '  "名": ['


def test_a_long_text_is_cut_in_the_grid_and_whole_in_the_viewer():
    page = Page(pa.table({"a": ["长" * 5000 + "\n尾"]}))
    assert len(page.cell(0, 0).text) == 401
    assert page.whole(0, 0).endswith("\n尾")


def test_dictionaries_booleans_binaries_and_durations_have_words():
    assert words(pa.array(["华东", None, "华南"]).dictionary_encode()) == ["华东", "null", "华南"]
    assert words(pa.array([True])) == ["true"]
    assert words(pa.array([b"\x00\xff"])) == ["0x00ff"]
    assert words(pa.array([timedelta(days=2, hours=3)])) == ["2 d 03:00:00"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("int64", "integer"), ("BIGINT", "integer"), ("HUGEINT", "integer"), ("interval", "time"), ("UTINYINT", "integer"),
        ("DECIMAL(12,2)", "decimal"), ("decimal128(12, 2)", "decimal"), ("double", "float"), ("FLOAT", "float"),
        ("VARCHAR", "text"), ("large_string", "text"), ("uuid", "text"), ("TIMESTAMP WITH TIME ZONE", "time"),
        ("date32[day]", "time"), ("BOOLEAN", "boolean"), ("BLOB", "binary"), ("INTEGER[]", "nested"),
        ("STRUCT(a INTEGER)", "nested"), ("list<item: int64>", "nested"), ("ENUM('a')", "category"),
        ("dictionary<values=string, indices=int32, ordered=0>", "category"),
    ],
)  # fmt: skip
def test_a_type_has_a_family_by_either_name(name: str, kind: str):
    assert kind_of(name) == kind


def test_an_interval_says_months_days_and_time_apart():
    interval = pa.array([(14, 3, 14_706_500_000_000), (0, 0, 0), (-1, 1, -1_000_000_000)], pa.month_day_nano_interval())
    assert words(interval) == ["1 year 2 months 3 days 04:05:06.5", "00:00:00", "-1 month 1 day -00:00:01"]


def test_numbers_beyond_64_bits_and_days_before_1970_are_exact():
    assert words(pa.array([2**64 - 1], pa.uint64()), "id") == ["18446744073709551615"]
    assert words(pa.array([Decimal(2**126)], pa.decimal128(38, 0)), "id")[0].replace(",", "") == str(2**126)
    assert words(pa.array([-(10**9)], pa.timestamp("s"))) == ["1938-04-24 22:13:20"]
    assert words(pa.array([float("nan"), float("-inf")])) == ["nan", "-inf"]
    assert words(pa.array([timedelta(days=-2, seconds=-5)])) == ["-2 d 00:00:05"]
