"""Times and amounts as people read them."""

from __future__ import annotations

from typing import Any

from studio.engine.text import Text, plural

WORTH_TELLING = 0.5  # seconds that a run stood still


def seconds_in_words(seconds: float) -> str:
    """12 ms, 0.4 s, 13 s, 2:08: one decimal below ten seconds, minutes from sixty."""
    if seconds < 0.0005:
        return "< 1 ms"
    if seconds < 0.05:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def rows_in_words(count: int) -> Text:
    """1 row, 2,418 rows."""
    return Text(plural(count, "row", "rows"), f"{count:,} 行")


def items_in_words(count: int) -> Text:
    """1 item, 24 items."""
    return Text(plural(count, "item", "items"), f"{count:,} 项")


def shape_in_words(rows: int, columns: int) -> Text:
    """2,418 rows · 14 columns."""
    return Text(
        f"{plural(rows, 'row', 'rows')} · {plural(columns, 'column', 'columns')}", f"{rows:,} 行 · {columns} 列"
    )


def chart_in_words(title: str, points: int) -> Text:
    """Chart of 24 points · Returns by month."""
    more = f" · {title}" if title else ""
    return Text(f"Chart of {plural(points, 'point', 'points')}{more}", f"图表，{points:,} 个数据点{more}")


def preview_in_words(preview: dict[str, Any]) -> Text | None:
    """How much a table or a chart holds; None for what can be read as it is."""
    if preview.get("type") == "table":
        return shape_in_words(preview["rows"], len(preview["columns"]))
    if "points" in preview:
        return chart_in_words(str(preview["value"].get("title", "")), preview["points"])
    return None


def waited_in_words(seconds: float) -> Text | None:
    """How long a run stood still, where that is worth a word."""
    if seconds < WORTH_TELLING:
        return None
    return Text(f"waited {seconds_in_words(seconds)}", f"等待 {seconds_in_words(seconds)}")


def clock(seconds: float) -> str:
    """0:30, 2:08, 1:02:08."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
