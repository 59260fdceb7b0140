"""Values of runs on disk, by their content: the same value is stored once, however many runs made it.

A small value travels inside its reference. A large one is a file named by the SHA-256 of what is in it, JSON or Arrow IPC;
a file that does not hold what its name says is taken as missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.engine.errors import NotFound
from studio.engine.files import cannot_write
from studio.engine.ids import new
from studio.engine.text import Text
from studio.engine.workflows.values import is_table, plain

INLINE = 1_024  # bytes of JSON that travel inside the reference
PREVIEW_ROWS = 20
PREVIEW_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a value is. `digest` tells values apart; an inline one has its value here."""

    kind: Literal["inline", "json", "arrow"]
    digest: str
    size: int
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        if self.kind == "inline":
            return {"kind": "inline", "digest": self.digest, "size": self.size, "value": self.value}
        return {"kind": self.kind, "digest": self.digest, "size": self.size}

    @classmethod
    def read(cls, data: dict[str, Any]) -> Ref:
        return cls(data["kind"], data["digest"], data["size"], data.get("value"))


class Store:
    """The values under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, value: Any) -> Ref:
        """Keep a value. Small ones cost microseconds and no file. `Unavailable` when the disk is full."""
        if _small(value):
            return self._put(value)
        return await asyncio.to_thread(self._put, value)

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
            return self._keep("arrow", _arrow(value))
        value = plain(value)
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(
            "utf-8", "surrogatepass"
        )
        if len(content) <= INLINE:
            return Ref("inline", hashlib.sha256(content).hexdigest(), len(content), value)
        return self._keep("json", content)

    def _keep(self, kind: Literal["json", "arrow"], content: bytes) -> Ref:
        ref = Ref(kind, hashlib.sha256(content).hexdigest(), len(content))
        path = self._path(ref)
        if self.has(ref):
            return ref
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = path.with_name(new("part", 16))
            aside.write_bytes(content)
            aside.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from error
        return ref

    def _get(self, ref: Ref) -> Any:
        with _readable(ref):
            content = self._path(ref).read_bytes()
            if hashlib.sha256(content).hexdigest() != ref.digest:
                raise ValueError(ref.digest)
            return _table(content) if ref.kind == "arrow" else json.loads(content.decode("utf-8", "surrogatepass"))

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
    return {"type": "json", "value": _short(plain(value))}


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


def _arrow(table: Any) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _table(content: bytes) -> Any:
    import pyarrow

    try:
        return pyarrow.ipc.open_file(content).read_all()
    except pyarrow.ArrowInvalid as error:
        raise ValueError(str(error)) from error
