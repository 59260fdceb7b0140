"""Parquet, read where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.engine.datasets.format import Format
from studio.engine.datasets.source import Source, open_parquet
from studio.engine.text import Text


class Parquet(Format):
    """Opened at once, whatever its size: only the footers are read."""

    name = "parquet"
    title = Text.same("Parquet")
    suffixes = (".parquet", ".pq")

    def open(self, paths: Sequence[Path], copy: Path) -> Source:
        return open_parquet(paths)


parquet = Parquet()
