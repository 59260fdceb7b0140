"""When a schedule starts its workflow, in words and icons."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from studio.engine.text import Text
from studio.engine.workflows.schedule import ScheduleSettings
from studio.ui import when

ICONS = {
    "cron": "calendar-clock", "interval": "timer", "webhook": "webhook", "file": "folder-sync", "dataset": "database",
}  # fmt: skip
UNITS = (
    (86_400, Text("days", "天")),
    (3_600, Text("hours", "小时")),
    (60, Text("minutes", "分钟")),
    (1, Text("seconds", "秒")),
)
DAYS = (
    Text("Sunday", "周日"), Text("Monday", "周一"), Text("Tuesday", "周二"), Text("Wednesday", "周三"),
    Text("Thursday", "周四"), Text("Friday", "周五"), Text("Saturday", "周六"),
)  # fmt: skip
SHORT = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
CRONS = (
    ("0 * * * *", Text("Every hour", "每小时")),
    ("0 8 * * *", Text("Every day at 08:00", "每天 08:00")),
    ("0 8 * * mon-fri", Text("Monday to Friday at 08:00", "周一至周五 08:00")),
    ("0 8 * * mon", Text("Every Monday at 08:00", "每周一 08:00")),
    ("0 8 1 * *", Text("On the first of each month at 08:00", "每月 1 日 08:00")),
)


def when_in_words(settings: ScheduleSettings, names: dict[str, str] | None = None) -> Text:
    """One line that says when; `names` are the datasets' by their id."""
    if settings.kind == "cron":
        words = cron_in_words(settings.cron)
        zone = "" if settings.timezone in ("", "UTC") else f" ({settings.timezone})"
        return Text(words.en + zone, words.zh + zone.replace(" (", "（").replace(")", "）"))
    if settings.kind == "interval":
        size, unit = unit_of(settings.seconds)
        count = f"{settings.seconds / size:g}"
        return Text(f"Every {count} {unit.en}" if count != "1" else f"Every {unit.en[:-1]}", f"每 {count} {unit.zh}")
    if settings.kind == "webhook":
        return Text("When its address is called", "其地址被调用时")
    if settings.kind == "file":
        return Text(
            f"When {settings.pattern} changes in {settings.folder}", f"{settings.folder} 中的 {settings.pattern} 变化时"
        )
    name = (names or {}).get(settings.dataset, settings.dataset)
    return Text(f"When “{name}” changes", f"“{name}”变化时")


def unit_of(seconds: float) -> tuple[int, Text]:
    """The largest unit of which these seconds are a whole number."""
    return next((size, unit) for size, unit in UNITS if seconds % size == 0 or size == 1)


def cron_in_words(line: str) -> Text:
    """The usual shapes in words; any other line as it is written."""
    parts = line.lower().split()
    if len(parts) != 5:
        return Text.same(line)
    minute, hour, day, month, weekday = parts
    if month != "*" or not (minute.isdigit() or minute.startswith("*")):
        return Text.same(line)
    if hour == "*" and day == weekday == "*":
        return _within_an_hour(minute) or Text.same(line)
    if not (minute.isdigit() and hour.isdigit()):
        return Text.same(line)
    at = f"{int(hour):02}:{int(minute):02}"
    return _on_days(day, weekday, at) or Text.same(line)


def _within_an_hour(minute: str) -> Text | None:
    if minute == "*":
        return Text("Every minute", "每分钟")
    if minute.isdigit():
        return Text(f"Every hour at :{int(minute):02}", f"每小时的第 {int(minute)} 分")
    step = minute.removeprefix("*/")
    return Text(f"Every {step} minutes", f"每 {step} 分钟") if step.isdigit() else None


def _on_days(day: str, weekday: str, at: str) -> Text | None:
    if day == weekday == "*":
        return Text(f"Every day at {at}", f"每天 {at}")
    if day == "*" and weekday in ("mon-fri", "1-5"):
        return Text(f"Monday to Friday at {at}", f"周一至周五 {at}")
    if day == "*":
        found = [DAYS[place] for part in weekday.split(",") if (place := _weekday(part)) is not None]
        if len(found) != len(weekday.split(",")):
            return None
        return Text(
            f"Every {', '.join(one.en for one in found)} at {at}", f"每{'、'.join(one.zh for one in found)} {at}"
        )
    if weekday == "*" and day.isdigit():
        return Text(f"On day {int(day)} of each month at {at}", f"每月 {int(day)} 日 {at}")
    return None


def _weekday(part: str) -> int | None:
    if part in SHORT:
        return SHORT.index(part)
    return int(part) % 7 if part.isdigit() and int(part) <= 7 else None


def moment_in_words(at: float | None, zone: str = "") -> Text:
    """A day and a time of day, in the schedule's own zone."""
    if at is None:
        return Text("never", "从不")
    try:
        own = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        own = None
    return when.moment(at, seconds=int(at) % 60 != 0, inside=True, weekday=True, zone=own)


def until_in_words(at: float) -> Text:
    """How far away a time is."""
    seconds = max(0.0, at - time.time())
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size or size == 1)
    count = round(seconds / size)
    return Text(f"in {count} {unit.en if count != 1 else unit.en[:-1]}", f"{count} {unit.zh}后")
