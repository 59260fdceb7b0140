"""Times as cron writes them: minute, hour, day of the month, month, day of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from studio.engine.errors import BadParameter
from studio.engine.text import Text

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = {
    name: str(number)
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
DAYS = {name: str(number) for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
FARTHEST = 366 * 5  # days that are looked through


@dataclass(frozen=True)
class Cron:
    """A cron line that was read. Days of month and week count together where both are said, as cron does."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    zone: ZoneInfo

    @classmethod
    def read(cls, line: str, zone: str = "UTC") -> Cron:
        """`BadParameter` names the part that does not hold."""
        parts = SHORT.get(line.strip().lower(), line).lower().split()
        if len(parts) != 5:
            raise _bad(line, Text("it needs five parts", "需要五个部分"))
        sets = [_numbers(line, part, *RANGES[place], place) for place, part in enumerate(parts)]
        weekdays = frozenset(day % 7 for day in sets[4])
        try:
            found = ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadParameter(Text(f"There is no time zone “{zone}”.", f"没有时区“{zone}”。")) from error
        any_day, any_weekday = parts[2].startswith("*"), parts[4].startswith("*")
        return cls(sets[0], sets[1], sets[2], sets[3], weekdays, any_day, any_weekday, found)

    def after(self, at: float) -> float:
        """The first time after `at` (UTC seconds); `BadParameter` where none comes within five years."""
        local = datetime.fromtimestamp(at, self.zone)
        day = local.date()
        for _ in range(FARTHEST):
            if day.month in self.months and self._is_day(day.day, day.isoweekday() % 7):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                        if moment.timestamp() > at and _exists(moment):
                            return moment.timestamp()
            day += timedelta(days=1)
        raise BadParameter(Text("This time never comes.", "该时间永远不会到来。"))

    def _is_day(self, day: int, weekday: int) -> bool:
        if self.any_day or self.any_weekday:
            return day in self.days and weekday in self.weekdays
        return day in self.days or weekday in self.weekdays


def _exists(moment: datetime) -> bool:
    """Whether clocks show it: an hour is missing when they are put forward."""
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return (back.hour, back.minute) == (moment.hour, moment.minute)


def _numbers(line: str, part: str, low: int, high: int, place: int) -> frozenset[int]:
    names = MONTHS if place == 3 else DAYS if place == 4 else {}
    found: set[int] = set()
    for item in part.split(","):
        try:
            start, end, stride = _span(item, low, high, names)
        except ValueError as error:
            raise _bad(line, Text(f"“{item}” is not a number", f"“{item}”不是数字")) from error
        if not (low <= start <= end <= high) or stride < 1:
            raise _bad(line, Text(f"“{item}” is not within {low} to {high}", f"“{item}”不在 {low} 到 {high} 之间"))
        found |= set(range(start, end + 1, stride))
    return frozenset(found)


def _span(item: str, low: int, high: int, names: dict[str, str]) -> tuple[int, int, int]:
    """From where, to where, and every how many: `*`, `8`, `8-12`, `*/5`, `10/5`, `mon-fri`."""
    span, _, step = item.partition("/")
    first, dash, last = span.partition("-")
    stride = int(step) if step else 1
    if first == "*":
        return low, high, stride
    start = int(names.get(first, first))
    end = int(names.get(last, last)) if dash else high if step else start
    return start, end, stride


def _bad(line: str, why: Text) -> BadParameter:
    return BadParameter(
        Text(f"“{line}” is not a cron line: {why.en}.", f"“{line}”不是有效的 cron 表达式：{why.zh}。"),
        Text("Such as 30 8 * * mon-fri.", "例如 30 8 * * mon-fri。"),
    )
