"""Rows of a query as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Literal

from studio.engine.datasets.locked import Locked
from studio.engine.errors import BadParameter
from studio.engine.files import replacing
from studio.engine.text import Text

FormatName = Literal["csv", "parquet", "jsonl"]


def write(locked: Locked, sql: str, path: Path, format: FormatName) -> int:
    """Write all rows; the file appears whole or not at all. The answer is the number of rows."""
    writers = {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}
    if format not in writers:
        raise BadParameter(
            Text(
                f"“{format}” cannot be written; csv, parquet and jsonl can.",
                f"不支持写入“{format}”，可用 csv、parquet、jsonl。",
            )
        )
    reader = locked.reader(sql)
    with replacing(path, 0o644) as file:
        return writers[format](reader, file, locked)


def _csv(reader: Any, file: BinaryIO, locked: Locked) -> int:
    import pyarrow.csv

    rows = 0
    flat = _flat(reader.schema)
    with pyarrow.csv.CSVWriter(file, flat) as writer:
        for batch in locked.all(reader):
            rows += batch.num_rows
            writer.write_batch(_as_text(batch, flat))
    return rows


def _parquet(reader: Any, file: BinaryIO, locked: Locked) -> int:
    import pyarrow.parquet

    rows = 0
    with pyarrow.parquet.ParquetWriter(file, reader.schema) as writer:
        for batch in locked.all(reader):
            rows += batch.num_rows
            writer.write_batch(batch)
    return rows


def _jsonl(reader: Any, file: BinaryIO, locked: Locked) -> int:
    import json

    rows = 0
    for batch in locked.all(reader):
        rows += batch.num_rows
        for row in batch.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")
    return rows


def _flat(schema: Any) -> Any:
    """The schema with text for what a CSV cell cannot hold."""
    import pyarrow
    import pyarrow.types as types

    nested = (types.is_nested, types.is_dictionary, types.is_binary, types.is_interval)
    return pyarrow.schema(
        [
            pyarrow.field(each.name, pyarrow.string() if any(test(each.type) for test in nested) else each.type)
            for each in schema
        ]
    )


def _as_text(batch: Any, flat: Any) -> Any:
    import json

    import pyarrow

    columns = []
    for field, column in zip(flat, batch.columns, strict=True):
        if column.type == field.type:
            columns.append(column)
            continue
        values = [
            value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            for value in column.to_pylist()
        ]
        columns.append(pyarrow.array(values, pyarrow.string()))
    return pyarrow.RecordBatch.from_arrays(columns, schema=flat)
