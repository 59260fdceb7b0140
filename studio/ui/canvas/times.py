"""Times as people read them."""

from __future__ import annotations


def seconds_in_words(seconds: float) -> str:
    """0.4 s, 13 s, 2:08: one decimal below ten seconds, minutes from sixty."""
    if seconds < 0.05:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 60 else clock(seconds)


def clock(seconds: float) -> str:
    """0:30, 2:08, 1:02:08."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
