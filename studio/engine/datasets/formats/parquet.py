"""Parquet, read where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.engine.datasets.format import Choice, Format
from studio.engine.datasets.source import Source, open_parquet
from studio.engine.datasets.watch import Watch
from studio.engine.text import Text


class Parquet(Format):
    """Opened at once, whatever its size: only the footers are read. Folders named `key=value` are columns."""

    name = "parquet"
    title = Text.same("Parquet")
    suffixes = (".parquet", ".pq", ".parq")

    def open(self, paths: Sequence[Path], copy: Path, choice: Choice = Choice(), watch: Watch | None = None) -> Source:
        return open_parquet(paths, root=choice.root)


parquet = Parquet()
