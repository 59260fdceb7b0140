"""Rows as a file: CSV, Parquet, Arrow, JSON Lines, Excel. Written aside and renamed, so the file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from studio.engine.datasets.encoders import ENCODERS
from studio.engine.datasets.sheet import Sheet
from studio.engine.errors import BadParameter
from studio.engine.files import replacing
from studio.engine.text import Text

Put = Callable[[Any], None]


@dataclass(frozen=True)
class FileKind:
    """A kind of file that rows can be written to. `most` is the number of rows it can hold."""

    name: str
    title: Text
    suffixes: tuple[str, ...]
    open: Callable[[BinaryIO, Any], Any]  # a context manager that gives what takes the batches
    most: int | None = None


def write(
    path: Path, kind: str, schema: Any, batches: Iterable[Any], told: Callable[[int], None] = lambda _rows: None
) -> int:
    """Write record batches of a schema; the answer is the number of rows, and `told` hears it after each batch.

    What `batches` or `told` raise leaves the place as it was. `BadParameter` for a kind there is none of, or too many rows.
    """
    chosen = kind_of(kind)
    rows = 0
    with replacing(path, 0o644) as file, chosen.open(file, schema) as put:
        for batch in batches:
            rows += batch.num_rows
            check(chosen.name, rows)
            put(batch)
            told(rows)
    return rows


def check(kind: str, rows: int) -> None:
    """Raise when a kind of file cannot hold so many rows."""
    chosen = kind_of(kind)
    if chosen.most is not None and rows > chosen.most:
        raise BadParameter(
            Text(
                f"An Excel sheet holds {chosen.most:,} rows at most; there are more to write.",
                f"Excel 工作表最多容纳 {chosen.most:,} 行，要写入的行数超过了这个上限。",
            ),
            Text("Export as Parquet or CSV, or filter the rows.", "请导出为 Parquet 或 CSV，或先筛选。"),
        )


def kind_of(name: str) -> FileKind:
    """The kind by its name or a file's suffix."""
    found = next((each for each in KINDS if name == each.name or name.lower() in each.suffixes), None)
    if found is None:
        known = ", ".join(each.name for each in KINDS)
        raise BadParameter(
            Text(f"“{name}” cannot be written; {known} can.", f"不支持写入“{name}”，可用 {known}。"),
        )
    return found


@contextmanager
def _encoded(name: str, file: BinaryIO, schema: Any) -> Iterator[Put]:
    encoder = ENCODERS[name](schema)
    file.write(encoder.begin())
    yield lambda batch: (file.write(encoder.batch(batch)), None)[1]
    file.write(encoder.end())


@contextmanager
def _arrow(file: BinaryIO, schema: Any) -> Iterator[Put]:
    """Arrow's file form (Feather 2), compressed."""
    import pyarrow.ipc

    with pyarrow.ipc.new_file(file, schema, options=pyarrow.ipc.IpcWriteOptions(compression="lz4")) as writer:
        yield writer.write_batch


@contextmanager
def _excel(file: BinaryIO, schema: Any) -> Iterator[Put]:
    sheet = Sheet(file, schema)
    yield sheet.write
    sheet.close()


KINDS = (
    FileKind("csv", Text.same("CSV"), (".csv",), lambda file, schema: _encoded("csv", file, schema)),
    FileKind("parquet", Text.same("Parquet"), (".parquet",), lambda file, schema: _encoded("parquet", file, schema)),
    FileKind("arrow", Text.same("Arrow"), (".arrow", ".feather"), _arrow),
    FileKind(
        "jsonl", Text.same("JSON Lines"), (".jsonl", ".ndjson"), lambda file, schema: _encoded("jsonl", file, schema)
    ),
    FileKind("excel", Text.same("Excel"), (".xlsx",), _excel, Sheet.most),
)
