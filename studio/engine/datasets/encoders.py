"""Rows as a stream of bytes: Arrow, Parquet, CSV or JSON Lines, one batch after the other, never whole in memory."""

from __future__ import annotations

import io
import json
import math
from abc import ABC, abstractmethod
from datetime import date, datetime, time
from typing import Any, ClassVar

from studio.engine.errors import BadParameter
from studio.engine.text import Text

Bytes = bytes | memoryview
END_OF_ARROW = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class Encoder(ABC):
    """Turns record batches of one schema into the bytes of a file. Methods block: call them on a worker thread.

    What `begin`, `batch` and `end` return, put together in this order, is the file; an empty answer is allowed.
    """

    media_type: ClassVar[str]
    suffix: ClassVar[str]

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def begin(self) -> Bytes:
        return b""

    @abstractmethod
    def batch(self, batch: Any) -> Bytes:
        """The bytes of one pyarrow RecordBatch."""

    def end(self) -> Bytes:
        return b""


class Arrow(Encoder):
    """Arrow's IPC stream. Dictionaries are written out as their values, so that every batch stands alone."""

    media_type = "application/vnd.apache.arrow.stream"
    suffix = "arrows"

    def __init__(self, schema: Any) -> None:
        super().__init__(schema)
        self._plain = _without_dictionaries(schema)

    def begin(self) -> Bytes:
        return memoryview(self._plain.serialize())

    def batch(self, batch: Any) -> Bytes:
        return memoryview((batch if batch.schema.equals(self._plain) else batch.cast(self._plain)).serialize())

    def end(self) -> Bytes:
        return END_OF_ARROW


class Parquet(Encoder):
    """Parquet with one row group a batch; its directory comes at the end, so nothing has to be made whole first."""

    media_type = "application/vnd.apache.parquet"
    suffix = "parquet"

    def begin(self) -> Bytes:
        import pyarrow.parquet

        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self.schema)
        return self._sink.taken()

    def batch(self, batch: Any) -> Bytes:
        self._writer.write_batch(batch)
        return self._sink.taken()

    def end(self) -> Bytes:
        self._writer.close()
        return self._sink.taken()


class Csv(Encoder):
    """UTF-8 with a header line. An empty text is `""`, NULL is nothing; nested values are JSON."""

    media_type = "text/csv"
    suffix = "csv"

    def begin(self) -> Bytes:
        import pyarrow.csv

        self._flat = _flat(self.schema)
        sink = io.BytesIO()
        pyarrow.csv.write_csv(self._flat.empty_table(), sink)
        return sink.getvalue()

    def batch(self, batch: Any) -> Bytes:
        import pyarrow.csv

        sink = io.BytesIO()
        options = pyarrow.csv.WriteOptions(include_header=False)
        pyarrow.csv.write_csv(_as_text(batch, self._flat), sink, options)
        return sink.getvalue()


class JsonLines(Encoder):
    """One JSON object a line. Whole numbers are exact; decimals and what JSON has no form for are texts."""

    media_type = "application/x-ndjson"
    suffix = "jsonl"

    def batch(self, batch: Any) -> Bytes:
        names = batch.schema.names
        columns = [plain_values(column) for column in batch.columns]
        return b"".join(
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=plain).encode() + b"\n"
            for row in zip(*columns, strict=True)
        )


ENCODERS: dict[str, type[Encoder]] = {"arrow": Arrow, "parquet": Parquet, "csv": Csv, "jsonl": JsonLines}


def encoder_of(name: str) -> type[Encoder]:
    """The encoder of that name; `BadParameter` with the names there are."""
    if name not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise BadParameter(
            Text(f"“{name}” is no format that rows can be sent in.", f"“{name}”不是可用的数据格式。"),
            Text(f"Use one of {known}.", f"请使用 {known} 之一。"),
        )
    return ENCODERS[name]


def plain_values(column: Any) -> list[Any]:
    """The values of an Arrow column as JSON takes them: a number that is none (NaN, infinity) as a text."""
    import pyarrow.types as types

    values: list[Any] = column.to_pylist()
    if types.is_floating(column.type):
        return [value if value is None or math.isfinite(value) else str(value) for value in values]
    if types.is_nested(column.type):
        return [_finite(value) for value in values]
    return values


def plain(value: Any) -> Any:
    """What `json.dumps` cannot write: times in ISO 8601, bytes in hexadecimal, decimals digit by digit."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _without_dictionaries(schema: Any) -> Any:
    import pyarrow
    import pyarrow.types as types

    return pyarrow.schema(
        [field.with_type(field.type.value_type) if types.is_dictionary(field.type) else field for field in schema]
    )


def _flat(schema: Any) -> Any:
    """The schema with text for what a CSV cell cannot hold."""
    import pyarrow
    import pyarrow.types as types

    tests = (types.is_nested, types.is_dictionary, types.is_binary, types.is_large_binary, types.is_interval)
    return pyarrow.schema(
        [field.with_type(pyarrow.string()) if any(test(field.type) for test in tests) else field for field in schema]
    )


def _as_text(batch: Any, flat: Any) -> Any:
    import pyarrow

    columns = [
        column if column.type == field.type else pyarrow.array(map(_cell, column.to_pylist()), pyarrow.string())
        for field, column in zip(flat, batch.columns, strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(columns, schema=flat)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else json.dumps(_finite(value), ensure_ascii=False, default=plain)


class _Sink(io.RawIOBase):
    """Takes what a writer writes and gives it on; it knows how much has gone by, as Parquet's directory needs."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
