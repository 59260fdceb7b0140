"""Copies in DuckDB's own form, for tables whose rows are asked for out of order: any of them is there in a few milliseconds.

A Parquet file answers for a window of neighbouring rows quickly, but not for five hundred that lie scattered, as those of
a sorted table do: every group of rows would have to be unpacked.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from studio.engine.datasets.reading import connection, literal
from studio.engine.datasets.source import Source
from studio.engine.datasets.watch import Stopped, Watch

PAYS_ROWS = 500_000  # shorter tables are quick as they are
LONG_GROUP = 300_000  # rows in a Parquet group, from which on even a plain jump is slow
LEFT_FREE = 4  # times the size of the files that the disk must have free
MEMORY = "320MB"  # that making a copy may take
MOST_BYTES = 20 << 30  # all copies together


class Natives:
    """One file for each content, named by its fingerprint; those that were used longest ago go first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, mark: str) -> Path:
        return self._folder / f"{mark}.duckdb"

    def ready(self, source: Source) -> Path | None:
        """The copy of this content, if there is one."""
        path = self.path(source.fingerprint)
        return path if source.fingerprint and path.exists() else None

    def pays(self, source: Source) -> bool:
        """Whether scattered rows are worth a copy, and the disk has room for one."""
        if source.row_count < PAYS_ROWS or not source.fingerprint or source.preview or source.remote:
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        size = sum(file.stat().st_size for file in source.files)
        return size < MOST_BYTES and shutil.disk_usage(self._folder).free > LEFT_FREE * size

    def pays_at_once(self, source: Source) -> bool:
        """Whether even a jump in the file's order is slow, as with groups of a million rows."""
        return self.pays(source) and _longest_group(source) > LONG_GROUP

    def make(self, source: Source, watch: Watch) -> Path:
        """Copy all rows, in their order. Blocks for about a second a million rows; raises `Stopped` when `watch` is stopped."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.path(source.fingerprint)
        aside = path.with_suffix(".part")
        aside.unlink(missing_ok=True)
        try:
            with connection(self._folder / "spill") as database, watch.over(database):
                database.execute(f"SET memory_limit='{MEMORY}'")
                database.execute(f"ATTACH {literal(aside)} AS copy")
                database.execute(f"CREATE TABLE copy.data AS SELECT {EVERYTHING} FROM {source.scan()}")
                database.execute("DETACH copy")
            if watch.stopped:
                raise Stopped
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
            Path(f"{aside}.wal").unlink(missing_ok=True)
        self._shrink(path)
        return path

    def _shrink(self, kept: Path) -> None:
        """Remove what was used longest ago, down to the limit."""
        copies = sorted(self._folder.glob("*.duckdb"), key=lambda each: each.stat().st_atime, reverse=True)
        total = 0
        for each in copies:
            total += each.stat().st_size
            if total > MOST_BYTES and each != kept:
                with suppress(OSError):
                    each.unlink()


EVERYTHING = "* EXCLUDE (file_row_number)"


def _longest_group(source: Source) -> int:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(source.files[0]) as opened:
        footer = opened.metadata
        return max((footer.row_group(place).num_rows for place in range(min(3, footer.num_row_groups))), default=0)
