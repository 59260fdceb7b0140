"""A dataset that is open: whatever it was, what is read from now on is Parquet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.engine.datasets import hive
from studio.engine.datasets.reading import literal, quoted
from studio.engine.datasets.remote import Remote, RemotePath
from studio.engine.errors import Invalid
from studio.engine.text import Text


class Broken(Invalid):
    """A file is there and cannot be read as what it says it is."""


@dataclass(frozen=True)
class Source:
    """Parquet files in order, as one table. `starts[i]` is the row at which file i begins; there is one more at the end.

    `partitions` are the columns that stand in the names of folders below `root` (`year=2025/…`) instead of in the files.
    A `preview` holds the first rows only, while the whole is still being read.
    """

    files: tuple[Path, ...]
    schema: Any  # pyarrow.Schema, with the partitions
    starts: tuple[int, ...]
    statistics: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    root: Path | None = None
    partitions: tuple[str, ...] = ()
    preview: bool = False
    remote: Remote | None = None  # where the files are in a bucket elsewhere, as `RemotePath`s

    @property
    def row_count(self) -> int:
        return self.starts[-1]

    @property
    def names(self) -> list[str]:
        return list(self.schema.names)

    def dataset(self) -> Any:
        """The whole as a `pyarrow.dataset.Dataset`; nothing is read yet."""
        import pyarrow.dataset

        files, root = [self._inner(file) for file in self.files], self.root and self._inner(self.root)
        given = {"filesystem": self.remote.filesystem} if self.remote else {}
        if self.partitions:
            scheme = pyarrow.dataset.partitioning(hive.schema_of(self.schema, self.partitions), flavor="hive")
            given |= {"partitioning": scheme, "partition_base_dir": root}
        return pyarrow.dataset.dataset(files, format="parquet", schema=self.schema, **given)

    def prepare(self, database: Any) -> None:
        """Let a connection of our own read `scan`: needed where the files are elsewhere, nothing otherwise."""
        if self.remote:
            self.remote.prepare(database, sorted({self._inner(file).partition("/")[0] for file in self.files}))

    def scan(self, files: Sequence[Path] | None = None, file_name: str = "") -> str:
        """DuckDB's table function over these files, partitions included; there is a column `file_row_number` too, and
        one of that name with the file's path when it is asked for."""
        listed = ", ".join(literal(file) for file in (self.files if files is None else files))
        options = ["file_row_number=true", "union_by_name=true"]
        if file_name:
            options.append(f"filename={literal(file_name)}")
        if self.partitions:
            types = ", ".join(f"{quoted(name)}: {kind}" for name, kind in hive.types(self.schema, self.partitions))
            options += ["hive_partitioning=true", "hive_types_autocast=false", f"hive_types={{{types}}}"]
        else:
            options.append("hive_partitioning=false")
        return f"read_parquet([{listed}], {', '.join(options)})"

    def _inner(self, file: Path) -> str:
        """A file's place in its file system."""
        return file.inner if isinstance(file, RemotePath) else str(file)

    def spans(self, start: int, end: int) -> list[tuple[Path, int, int]]:
        """Where rows `start` to `end` (without it) lie: the file, and first and last row in it."""
        end = min(end, self.row_count)
        if start >= end:
            return []
        first = bisect_right(self.starts, start) - 1
        parts = zip(self.files[first:], self.starts[first:], self.starts[first + 1 :], strict=False)
        return [
            (file, max(start, low) - low, min(end, high) - low - 1)
            for file, low, high in parts
            if low < end and high > start and high > low
        ]


def open_parquet(files: Sequence[Path], statistics: dict[str, Any] | None = None, root: Path | None = None) -> Source:
    """Read the footers only (about 50 µs each). Columns that a file lacks are empty there; with a `root`, the folders
    below it that are named `key=value` are columns. Raises `Broken` that names the file."""
    import pyarrow
    import pyarrow.parquet

    schemas, starts = [], [0]
    for file in files:
        try:
            with pyarrow.parquet.ParquetFile(file) as opened:
                schemas.append(opened.schema_arrow.remove_metadata())
                starts.append(starts[-1] + opened.metadata.num_rows)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise cannot_read(file, "Parquet", str(error)) from error
    schema = united(schemas, files[0].parent)
    keys = hive.fields(files, root, schema) if root is not None else []
    for key in keys:
        schema = schema.append(key)
    return Source(
        tuple(files), schema, tuple(starts), statistics or {}, root=root, partitions=tuple(key.name for key in keys)
    )


def united(schemas: Sequence[Any], folder: Path) -> Any:
    """One schema for files that may lack columns or hold narrower types; `Broken` when they contradict each other."""
    import pyarrow

    try:
        return pyarrow.unify_schemas(list(dict.fromkeys(schemas)), promote_options="permissive")
    except pyarrow.ArrowException as error:
        raise cannot_read(folder, "Parquet", str(error)) from error


def cannot_read(path: Path, kind: str, reason: str) -> Broken:
    """The error for a file that is not what its name says."""
    short = " ".join(reason.split())[:300]
    return Broken(
        Text(f"“{path.name}” cannot be read as {kind}: {short}", f"无法将“{path.name}”作为 {kind} 读取：{short}"),
        Text("Mend or replace the file, then refresh.", "请修复或替换该文件，然后刷新。"),
        details=f"{path}\n{reason}",
    )
