"""Times as people read them."""

from __future__ import annotations

from studio.engine.text import Text, plural


def seconds_in_words(seconds: float) -> str:
    """0.4 s, 13 s, 2:08: one decimal below ten seconds, minutes from sixty."""
    if seconds < 0.05:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def rows_in_words(count: int) -> Text:
    """1 row, 2,418 rows."""
    return Text(plural(count, "row", "rows"), f"{count:,} 行")


def shape_in_words(rows: int, columns: int) -> Text:
    """2,418 rows · 14 columns."""
    return Text(
        f"{plural(rows, 'row', 'rows')} · {plural(columns, 'column', 'columns')}", f"{rows:,} 行 · {columns} 列"
    )


def clock(seconds: float) -> str:
    """0:30, 2:08, 1:02:08."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
