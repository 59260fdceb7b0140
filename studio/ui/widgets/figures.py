"""Figures as people read them: sizes, counts."""

from __future__ import annotations

UNITS = ("B", "KB", "MB", "GB", "TB")


def size(count: float | None) -> str:
    """Bytes: “98 MB”, “5.0 GB”; a dash when nobody knows."""
    if count is None:
        return "–"
    step = 0
    while count >= 999.5 and step < len(UNITS) - 1:
        count, step = count / 1000, step + 1
    return f"{count:.1f} {UNITS[step]}" if step >= 3 else f"{count:.0f} {UNITS[step]}"


def short(count: float | None) -> str:
    """A large count in few letters: “135M”, “8.2B”, “32k”; a dash when nobody knows."""
    if count is None:
        return "–"
    for limit, letter in ((1e9, "B"), (1e6, "M")):
        if count >= limit:
            return (
                f"{count / limit:.1f}".removesuffix(".0") + letter
                if count < 100 * limit
                else f"{count / limit:.0f}{letter}"
            )
    return f"{count / 1024:.0f}k" if count >= 1024 else f"{count:.0f}"
