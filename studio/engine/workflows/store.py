"""Values of runs on disk, by their content: the same value is stored once, however many runs made it.

A small value travels inside its reference. A large one is a file named by the SHA-256 of what is in it, JSON or Arrow IPC;
a file that does not hold what its name says is taken as missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from studio.engine.errors import NotFound
from studio.engine.files import cannot_write
from studio.engine.ids import new
from studio.engine.text import Text
from studio.engine.workflows import vega
from studio.engine.workflows.values import is_table, plain

INLINE = 1_024  # bytes of JSON that travel inside the reference
PLAINLY_SMALL = INLINE // 6 - 2  # characters that fit whatever they are
BATCH_ROWS = 65_536  # of a table's file
PREVIEW_ROWS = 20
PREVIEW_CHARACTERS = 2_000


@dataclass(slots=True)
class Ref:
    """Where a value is. An inline one has its value here; its digest is worked out when somebody asks."""

    kind: Literal["inline", "json", "arrow"]
    known: str
    size: int
    value: Any = None

    @property
    def digest(self) -> str:
        """What tells values apart."""
        if not self.known:
            self.known = digest_of(self.value)
        return self.known

    def as_dict(self) -> dict[str, Any]:
        if self.kind == "inline":
            return {"kind": "inline", "value": self.value}
        return {"kind": self.kind, "digest": self.known, "size": self.size}

    @classmethod
    def read(cls, data: dict[str, Any]) -> Ref:
        return cls(data["kind"], data.get("digest", ""), data.get("size", 0), data.get("value"))


class Store:
    """The values under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, value: Any) -> Ref:
        """Keep a value. Small ones cost microseconds and no file. `Unavailable` when the disk is full."""
        small = self.put_now(value)
        return small if small is not None else await asyncio.to_thread(self._put, value)

    def put_now(self, value: Any) -> Ref | None:
        """Keep a value that is plainly small; None for one that may take longer: `put` it."""
        kind = type(value)
        if kind is int or kind is bool or value is None or (kind is str and len(value) < PLAINLY_SMALL):
            return Ref("inline", "", 0, value)
        return self._put(value) if _small(value) else None

    async def get(self, ref: Ref) -> Any:
        """The value, or `NotFound` when its file is gone or damaged."""
        if ref.kind == "inline":
            return ref.value
        return await asyncio.to_thread(self._get, ref)

    def has(self, ref: Ref) -> bool:
        """Whether the value can be read again, as far as its file's size tells."""
        if ref.kind == "inline":
            return True
        try:
            return self._path(ref).stat().st_size == ref.size
        except OSError:
            return False

    def _put(self, value: Any) -> Ref:
        if is_table(value):
            return self._keep("arrow", lambda file: _write_table(value, file))
        value = plain(value)
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(
            "utf-8", "surrogatepass"
        )
        digest = hashlib.sha256(content).hexdigest()
        if len(content) <= INLINE:
            return Ref("inline", digest, len(content), value)
        ref = Ref("json", digest, len(content))
        return ref if self.has(ref) else self._keep("json", lambda file: file.write_bytes(content))

    def _keep(self, kind: Literal["json", "arrow"], write: Callable[[Path], object]) -> Ref:
        """Write a file aside, then give it the name of what is in it."""
        aside = self._folder / new("part", 16)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write(aside)
            ref = Ref(kind, _digest_of_file(aside), aside.stat().st_size)
            path = self._path(ref)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            aside.replace(path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise cannot_write(self._folder, error) from error
        return ref

    def _get(self, ref: Ref) -> Any:
        """A table stays on disk and is mapped: only the pages that are read come into memory."""
        with _readable(ref):
            path = self._path(ref)
            if _digest_of_file(path) != ref.digest:
                raise ValueError(ref.digest)
            return (
                _table(path) if ref.kind == "arrow" else json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
            )

    def _path(self, ref: Ref) -> Path:
        return self._folder / ref.digest[:2] / f"{ref.digest}.{ref.kind}"


@contextmanager
def _readable(ref: Ref) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise NotFound(
            Text(
                f"The value {ref.digest[:12]} of this run is gone or damaged.",
                f"此次运行的值 {ref.digest[:12]} 已丢失或损坏。",
            ),
            Text("Run the workflow again.", "请重新运行该工作流。"),
        ) from error


def digest_of(value: Any) -> str:
    """What tells a small value from another, as its reference would say, without keeping it."""
    content = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def preview(value: Any) -> dict[str, Any]:
    """A look at a value, small enough for an event: its type, its size and its beginning."""
    if is_table(value):
        head = plain(value.slice(0, PREVIEW_ROWS))
        columns = [{"name": field.name, "type": str(field.type)} for field in value.schema]
        return {"type": "table", "rows": value.num_rows, "columns": columns, "head": [_short(row) for row in head]}
    if isinstance(value, str):
        return {"type": "text", "length": len(value), "text": value[:PREVIEW_CHARACTERS]}
    if isinstance(value, list):
        return {"type": "list", "length": len(value), "head": [_short(item) for item in value[:PREVIEW_ROWS]]}
    counted = {"points": len(value["data"]["values"])} if vega.is_chart(value) else {}
    return {"type": "json", "value": _short(plain(value)), **counted}


def _short(value: Any, depth: int = 3) -> Any:
    """The same shape with long texts and lists cut, so that an event stays small."""
    if isinstance(value, str):
        return value if len(value) <= 300 else value[:300] + "…"
    if isinstance(value, dict):
        return {key: _short(item, depth - 1) for key, item in list(value.items())[:40]} if depth else "{…}"
    if isinstance(value, list):
        return [_short(item, depth - 1) for item in value[:10]] if depth else "[…]"
    return value


def _small(value: Any) -> bool:
    if value is None or isinstance(value, int | float):
        return True
    if isinstance(value, str):
        return len(value) < INLINE // 4
    if isinstance(value, dict) and len(value) <= 16:
        return all(
            item is None or isinstance(item, int | float) or (isinstance(item, str) and len(item) < 200)
            for item in value.values()
        )
    return isinstance(value, list) and not value


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_table(table: Any, file: Path) -> None:
    """Write in batches of one size, so that equal tables are equal files however they came about."""
    import pyarrow

    with pyarrow.OSFile(str(file), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        for start in range(0, table.num_rows, BATCH_ROWS):
            for batch in table.slice(start, BATCH_ROWS).combine_chunks().to_batches():
                writer.write_batch(_settled(batch))


def _settled(batch: Any) -> Any:
    """The same rows with zeros under what is null: whoever made the batch may have left anything there."""
    import pyarrow

    if not any(column.null_count for column in batch.columns):
        return batch
    return pyarrow.record_batch([_zeroed(column) for column in batch.columns], schema=batch.schema)


def _zeroed(column: Any) -> Any:
    """Numbers, times and truths; a text that is null has no letters, and what is nested stays as it is."""
    import pyarrow
    import pyarrow.compute as compute

    kind = column.type
    width = kind.bit_width if pyarrow.types.is_primitive(kind) or pyarrow.types.is_decimal(kind) else 0
    if not column.null_count or not width:
        return column
    plain = column.view(getattr(pyarrow, f"uint{width}")()) if width in (8, 16, 32, 64) else column
    zero = (
        pyarrow.scalar(Decimal(0), plain.type) if pyarrow.types.is_decimal(kind) else pyarrow.scalar(0).cast(plain.type)
    )
    filled = pyarrow.concat_arrays([compute.fill_null(plain, zero)])
    known = bytearray(
        pyarrow.concat_arrays([compute.is_valid(column)]).buffers()[1].to_pybytes()[: -(-len(column) // 8)]
    )
    if len(column) % 8:
        known[-1] &= (1 << len(column) % 8) - 1
    buffers = [pyarrow.py_buffer(bytes(known)), filled.buffers()[1]]
    return pyarrow.Array.from_buffers(column.type, len(column), buffers, column.null_count)


def _table(path: Path) -> Any:
    import pyarrow

    try:
        return pyarrow.ipc.open_file(pyarrow.memory_map(str(path))).read_all()
    except pyarrow.ArrowInvalid as error:
        raise ValueError(str(error)) from error
