"""The groups of a list by time."""

from __future__ import annotations

from datetime import date, datetime

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
