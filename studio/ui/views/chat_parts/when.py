"""Times as people say them, and the groups of a list by time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from studio.engine.text import Text

PINNED = Text("Pinned", "已置顶")
TODAY = Text("Today", "今天")
YESTERDAY = Text("Yesterday", "昨天")
WEEK = Text("Last 7 days", "过去 7 天")
OLDER = Text("Older", "更早")
GROUPS = (PINNED, TODAY, YESTERDAY, WEEK, OLDER)


def group(seconds: float, today: date | None = None) -> Text:
    """The heading that a thread of that time stands under."""
    days = ((today or date.today()) - datetime.fromtimestamp(seconds).date()).days
    if days <= 0:
        return TODAY
    return YESTERDAY if days == 1 else WEEK if days <= 7 else OLDER


def short(seconds: float, today: date | None = None) -> Text:
    """14:06 for today and yesterday, then the day, with the year when it is another one; nothing for a time that was not kept."""
    if not seconds:
        return Text.same("")
    moment, now = datetime.fromtimestamp(seconds), today or date.today()
    if moment.date() >= now - timedelta(days=1):
        return Text.same(f"{moment:%H:%M}")
    if moment.year == now.year:
        return Text(f"{moment.day} {moment:%b}", f"{moment.month} 月 {moment.day} 日")
    return Text(f"{moment.day} {moment:%b %Y}", f"{moment.year} 年 {moment.month} 月")
