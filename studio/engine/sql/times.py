"""Years, quarters, months and “the last 90 days” in a question."""

from __future__ import annotations

import re
from datetime import date, timedelta

from studio.engine.sql.words import MONTHS

YEAR = r"(?<!\d)(?P<year>(?:19|20)\d\d)(?!\d)"
MONTH_NAMES = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
PATTERNS = (
    re.compile(rf"{YEAR}\s*[-/年.]\s*(?P<month>1[0-2]|0?[1-9])(?!\d)(?:\s*月)?(?![-/]\d)"),
    re.compile(rf"\b(?P<name>{MONTH_NAMES})\.?\s+(?:of\s+)?{YEAR}"),
    re.compile(rf"\bq(?P<quarter>[1-4])\s*(?:of\s+)?{YEAR}"),
    re.compile(rf"{YEAR}\s*年?\s*(?:-?\s*q|第)(?P<quarter>[1-4一二三四])(?:季度)?"),
    re.compile(YEAR),
)
UNITS = {"day": 1, "天": 1, "日": 1, "week": 7, "周": 7, "month": 30, "个月": 30, "year": 365, "年": 365}
RELATIVE = re.compile(
    r"\b(?:last|past|latest)\s+(?P<count>\d{1,4})\s+(?P<unit>day|week|month|year)s?\b|(?:最近|过去|近)\s*(?P<zh_count>\d{1,4})\s*(?P<zh_unit>天|日|周|个月|年)"
)


def spans(text: str, newest: date | None = None) -> list[tuple[str, str, str]]:
    """What was said, the first day, and the day after the last; of the most exact kind that the text has.

    “The last 90 days” end with the `newest` day that the data knows: those of data that is old would else hold nothing.
    """
    if newest is not None and (said := RELATIVE.search(text)):
        days = int(said["count"] or said["zh_count"]) * UNITS[said["unit"] or said["zh_unit"]]
        end = newest + timedelta(days=1)
        return [(said[0], str(end - timedelta(days=days)), str(end))]
    for pattern in PATTERNS:
        found = [(match[0].strip(), *_days(match.groupdict())) for match in pattern.finditer(text)]
        if found:
            return found[:1]
    return []


def _days(parts: dict[str, str | None]) -> tuple[str, str]:
    year = int(parts["year"] or 0)
    if parts.get("quarter"):
        quarter = "1234一二三四".index(str(parts["quarter"])) % 4
        return _first(year, quarter * 3), _first(year, quarter * 3 + 3)
    month = _month(parts)
    return (
        (_first(year, month), _first(year, month + 1)) if month is not None else (_first(year, 0), _first(year + 1, 0))
    )


def _month(parts: dict[str, str | None]) -> int | None:
    """Counted from 0."""
    if parts.get("name"):
        return next(index for index, name in enumerate(MONTHS) if name.startswith(str(parts["name"])[:3]))
    return int(str(parts["month"])) - 1 if parts.get("month") else None


def _first(year: int, month: int) -> str:
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}-01"
