"""A column's profile in one line and a few bars."""

import pytest

from studio.engine.datasets.dataset import Bar, ColumnProfile
from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.widgets.strip import Strip, shorter


def profile(type_name: str = "string", **fields) -> ColumnProfile:
    return ColumnProfile(
        **({"name": "c", "type": type_name, "rows": 100, "sampled": False, "nulls": 0, "distinct": 9} | fields)
    )


@pytest.mark.parametrize(
    ("given", "caption", "warns"),
    [
        (profile(nulls=38), "38% null", True),
        (profile("int64", distinct=100), "unique", False),
        (profile("timestamp", low="2025-01-01 00:00:00", high="2025-11-02 10:00:00"), "2025-01-01 – 2025-11-02", False),
        (profile("int32", mean=1.4, median=1.0), "median 1", False),
        (profile("decimal(12,2)", mean=612.4), "mean 612.4", False),
        (profile(distinct=1_310_000), "1,310,000 values", False),
    ],
)
def test_the_caption_says_what_matters_most(given, caption, warns):
    strip = Strip.read(given)
    assert (tr(strip.caption), strip.warns) == (caption, warns)


def test_few_values_are_shares_and_many_are_bars():
    top = [Bar(label="华东", count=60), Bar(label="华南", count=40)]
    assert Strip.read(profile(distinct=2, top=top)).shares == [60, 40]
    assert Strip.read(profile(distinct=412, top=top)).bars == [60, 40]
    assert Strip.read({"histogram": [1, (2, 5)], "caption": Text("a", "甲")}).bars == [1, 5]


def test_where_two_days_do_not_fit_their_months_or_years_are_said():
    assert list(shorter("2024-11-13 – 2025-11-12")) == ["2024-11-13 – 2025-11-12", "2024-11 – 2025-11", "2024 – 2025"]
    assert set(shorter("1,821 values")) == {"1,821 values"}
