"""Times as every view tells them: the clock, the day in words where it is near, and the year where it is another."""

from __future__ import annotations

import time
from datetime import date, datetime, tzinfo

from studio.engine.text import Text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = (
    Text("Mon", "周一"), Text("Tue", "周二"), Text("Wed", "周三"), Text("Thu", "周四"), Text("Fri", "周五"), Text("Sat", "周六"),
    Text("Sun", "周日"),
)  # fmt: skip
NEAR = {
    -1: Text("Yesterday", "昨天"),
    0: Text("Today", "今天"),
    1: Text("Tomorrow", "明天"),
}
UNKNOWN = Text.same("–")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def clock(at: float, *, seconds: bool = False) -> str:
    """14:06 or 14:06:31, for places where the day is known from elsewhere."""
    return _clock(datetime.fromtimestamp(at), seconds)


def moment(
    at: float | None, *, seconds: bool = False, inside: bool = False, weekday: bool = False, zone: tzinfo | None = None
) -> Text:
    """“Today 14:06”, “21 Oct 14:06”, “21 Oct 2025 14:06”; a dash for a time that nobody knows.

    `inside` a sentence it is “today”; with its `weekday` a day that is further away is “Tue 21 Oct”.
    """
    if at is None:
        return UNKNOWN
    then = datetime.fromtimestamp(at, zone)
    day, of_day = _day(then), _clock(then, seconds)
    if day in NEAR.values():
        return Text(f"{day.en.lower() if inside else day.en} {of_day}", f"{day.zh} {of_day}")
    if weekday:
        name = WEEKDAYS[then.weekday()]
        day = Text(f"{name.en} {day.en}", f"{day.zh}{name.zh}")
    return Text(f"{day.en} {of_day}", f"{day.zh} {of_day}")


def brief(at: float, *, inside: bool = False) -> Text:
    """“14:06:31” of today, then “Yesterday 14:06”, “21 Oct 14:06”: for rows in which much stands beside it."""
    then = datetime.fromtimestamp(at)
    return Text.same(_clock(then, True)) if _day(then) is NEAR[0] else moment(at, inside=inside)


def short(at: float | None) -> Text:
    """For narrow columns: “14:06” of today, “Yesterday”, “21 Oct”, “21 Oct 2025”; nothing for a time that was not kept."""
    if not at:
        return Text.same("")
    then = datetime.fromtimestamp(at)
    day = _day(then)
    return Text.same(_clock(then, False)) if day is NEAR[0] else day


def ago(at: float, now: float | None = None) -> Text:
    """How long since a time: “2 min ago”, “Yesterday”, or the day."""
    passed = (time.time() if now is None else now) - at
    if passed < MINUTE:
        return Text("Just now", "刚刚")
    if passed < HOUR:
        return Text(f"{passed // MINUTE:.0f} min ago", f"{passed // MINUTE:.0f} 分钟前")
    if passed < DAY:
        return Text(f"{passed // HOUR:.0f} h ago", f"{passed // HOUR:.0f} 小时前")
    return NEAR[-1] if passed < 2 * DAY else _day(datetime.fromtimestamp(at))


def _clock(then: datetime, seconds: bool) -> str:
    return then.strftime("%H:%M:%S" if seconds else "%H:%M")


def _today(zone: tzinfo | None) -> date:
    return datetime.now(zone).date()


def _day(then: datetime) -> Text:
    """Months by our own names: those of `strftime` follow the system's language, not the window's."""
    today = _today(then.tzinfo)
    if near := NEAR.get((then.date() - today).days):
        return near
    day = Text(f"{then.day} {MONTHS[then.month - 1]}", f"{then.month} 月 {then.day} 日")
    return day if then.year == today.year else Text(f"{day.en} {then.year}", f"{then.year} 年 {day.zh}")
