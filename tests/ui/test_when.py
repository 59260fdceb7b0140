"""How every view tells a time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from studio.engine.text import Text
from studio.ui import when


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(when, "_today", lambda zone: date(2026, 11, 24))


def at(year, month, day):
    return datetime(year, month, day, 14, 6, 31).timestamp()


@pytest.mark.parametrize(
    ("day", "whole", "short"),
    [
        ((2026, 11, 24), Text("Today 14:06", "今天 14:06"), Text.same("14:06")),
        ((2026, 11, 23), Text("Yesterday 14:06", "昨天 14:06"), Text("Yesterday", "昨天")),
        ((2026, 3, 1), Text("1 Mar 14:06", "3 月 1 日 14:06"), Text("1 Mar", "3 月 1 日")),
        (
            (2025, 12, 31),
            Text("31 Dec 2025 14:06", "2025 年 12 月 31 日 14:06"),
            Text("31 Dec 2025", "2025 年 12 月 31 日"),
        ),
    ],
)
def test_a_time_says_the_day_when_it_is_another_and_the_year_when_it_is_another(day, whole, short):
    assert when.moment(at(*day)) == whole
    assert when.short(at(*day)) == short


def test_in_a_sentence_with_seconds_and_with_the_weekday():
    assert when.moment(at(2026, 11, 25), inside=True, seconds=True) == Text("tomorrow 14:06:31", "明天 14:06:31")
    assert when.moment(at(2026, 11, 28), weekday=True) == Text("Sat 28 Nov 14:06", "11 月 28 日周六 14:06")
    assert when.clock(at(2026, 11, 24), seconds=True) == "14:06:31"


def test_where_much_stands_beside_it_only_another_day_is_named():
    assert when.brief(at(2026, 11, 24)) == Text.same("14:06:31")
    assert when.brief(at(2026, 3, 1)) == Text("1 Mar 14:06", "3 月 1 日 14:06")


def test_a_time_in_another_zone_has_the_day_of_that_zone():
    late = datetime(2026, 11, 23, 20, 0, tzinfo=UTC).timestamp()
    assert when.moment(late, zone=ZoneInfo("Asia/Shanghai")).en == "Today 04:00"


def test_a_time_that_nobody_knows_is_a_dash_or_nothing():
    assert when.moment(None) == Text.same("–")
    assert when.short(0) == when.short(None) == Text.same("")


def test_how_long_ago_something_was_becomes_the_day():
    now = at(2026, 11, 24)
    assert when.ago(now - 30, now).en == "Just now"
    assert when.ago(now - 7200, now).zh == "2 小时前"
    assert when.ago(now - 100_000, now).en == "Yesterday"
    assert when.ago(at(2026, 11, 3), now) == Text("3 Nov", "11 月 3 日")
