"""Tables that were looked at a moment ago: while a person scrolls, the files are not looked at for every page."""

from __future__ import annotations

import time

from studio.engine.datasets.source import Source

MOMENT = 1.0  # seconds


class Glances:
    """Whole tables by the name that they were asked for."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, Source]] = {}

    def get(self, name: str) -> Source | None:
        """The table, if it was looked at within the last second."""
        since, source = self._seen.get(name, (0.0, None))
        return source if time.monotonic() - since < MOMENT else None

    def keep(self, name: str, source: Source) -> None:
        if not source.preview:
            self._seen[name] = (time.monotonic(), source)

    def forget(self) -> None:
        """Something about a dataset is new."""
        self._seen.clear()
