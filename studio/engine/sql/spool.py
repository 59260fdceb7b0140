"""All rows of a query in a file, however many: what “show all” pages through, and what a saved result is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.datasets.locked import Locked, Parameters
from studio.engine.files import replacing

GROUP = 65_536  # rows in a row group: a page reads one or two of them
Told = Callable[[int], None]  # rows so far


@dataclass(frozen=True)
class Spooled:
    """The rows in a Parquet file of ours. `page` blocks; `starts` is where each row group begins, and the end."""

    path: Path
    schema: Any
    starts: tuple[int, ...]

    @property
    def rows(self) -> int:
        return self.starts[-1]

    def page(self, offset: int, limit: int) -> Any:
        """Rows `offset` and after, as an Arrow table."""
        import pyarrow.parquet

        first = max(bisect_right(self.starts, offset) - 1, 0)
        last = max(bisect_right(self.starts, min(offset + limit, self.rows) - 1) - 1, first)
        with pyarrow.parquet.ParquetFile(self.path) as file:
            if not self.rows:
                return self.schema.empty_table()
            groups = file.read_row_groups(list(range(first, min(last, file.num_row_groups - 1) + 1)))
        return groups.slice(offset - self.starts[first], limit)

    def dataset(self) -> Any:
        """The rows as a `pyarrow.dataset.Dataset`."""
        import pyarrow.dataset

        return pyarrow.dataset.dataset([str(self.path)], format="parquet", schema=self.schema)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def spool(locked: Locked, sql: str, parameters: Parameters, path: Path, told: Told | None = None) -> Spooled:
    """Write all rows, in little memory; the file appears whole or not at all."""
    import pyarrow
    import pyarrow.parquet

    reader = locked.reader(sql, parameters)
    schema = unique(reader.schema)
    waiting: list[Any] = []
    starts = [0]

    def write() -> None:
        rows = pyarrow.Table.from_batches([batch.rename_columns(schema.names) for batch in waiting], schema=schema)
        writer.write_table(rows, row_group_size=GROUP)
        starts.extend(starts[-1] + end for end in [*range(GROUP, rows.num_rows, GROUP), rows.num_rows])
        waiting.clear()
        if told:
            told(starts[-1])

    with replacing(path) as file, pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in locked.all(reader):
            if batch.num_rows:
                waiting.append(batch)
            if sum(each.num_rows for each in waiting) >= GROUP:
                write()
        if waiting:
            write()
    return Spooled(path, schema, tuple(starts))


def unique(schema: Any) -> Any:
    """The schema with a name of its own for each column; a join may bring the same one twice."""
    import pyarrow

    names: list[str] = []
    taken = {field.name.lower() for field in schema}
    for field in schema:
        name, number = field.name, 1
        while name.lower() in {each.lower() for each in names}:
            number += 1
            name = f"{field.name}_{number}"
            if name.lower() in taken:
                continue
        names.append(name)
    return pyarrow.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])
