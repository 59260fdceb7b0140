"""Feather and Arrow IPC files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from studio.engine.datasets.format import FIRST_ROWS, Choice, Copied, not_empty
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.text import Text

STREAM = b"\xff\xff\xff\xff"  # how an Arrow stream begins; a file begins with ARROW1


class Feather(Copied):
    """Arrow's own files and streams, with every type kept."""

    name = "feather"
    title = Text.same("Arrow")
    suffixes = (".feather", ".arrow", ".ipc", ".arrows")

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        import pyarrow
        import pyarrow.parquet

        not_empty(paths, "Arrow")
        try:
            schema = pyarrow.unify_schemas([_schema(path) for path in paths], promote_options="permissive")
            with pyarrow.parquet.ParquetWriter(target, schema) as writer:
                for place, path in enumerate(paths):
                    _write(path, writer, schema, watch.part(place / len(paths), (place + 1) / len(paths)))
        except (pyarrow.ArrowException, OSError) as error:
            raise cannot_read(paths[0], "Arrow", str(error)) from error
        return {}

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        import pyarrow

        try:
            schema, batches, _ = _open(paths[0])
            return pyarrow.Table.from_batches(islice(batches, 1), schema=schema).slice(0, FIRST_ROWS), {}
        except (pyarrow.ArrowException, OSError) as error:
            raise cannot_read(paths[0], "Arrow", str(error)) from error


def _open(path: Path) -> tuple[Any, Any, int]:
    """The schema, an iterator of record batches, and their number (0 for a stream, where nobody knows)."""
    import pyarrow.ipc

    source = pyarrow.memory_map(str(path))
    with path.open("rb") as file:
        begins = file.read(len(STREAM))
    if begins == STREAM:
        stream = pyarrow.ipc.open_stream(source)
        return stream.schema, iter(stream), 0
    if begins == b"FEA1":
        import pyarrow.feather

        table = pyarrow.feather.read_table(path)
        return table.schema, iter(table.to_batches()), 1
    reader = pyarrow.ipc.open_file(source)
    count = reader.num_record_batches
    return reader.schema, (reader.get_batch(number) for number in range(count)), count


def _schema(path: Path) -> Any:
    return _open(path)[0].remove_metadata()


def _write(path: Path, writer: Any, schema: Any, watch: Watch) -> None:
    import pyarrow

    _, batches, count = _open(path)
    for number, batch in enumerate(batches):
        watch.step(number / count if count else 0.0)
        table = pyarrow.Table.from_batches([batch]).replace_schema_metadata(None)
        writer.write_table(
            pyarrow.concat_tables([schema.empty_table(), table], promote_options="permissive").cast(schema)
        )


feather = Feather()
