"""What the knowledge room needs of the datasets room: a table's columns and its rows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

PREFIX = "dataset:"  # of a document's source


class TableColumn(Protocol):
    """A column by its name."""

    @property
    def name(self) -> str: ...


class Table(Protocol):
    """A dataset: `version` counts its contents."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def columns(self) -> Sequence[TableColumn]: ...


class HasRows(Protocol):
    """Reads datasets. `Datasets` does."""

    async def get(self, id_or_name: str) -> Any:
        """A `Table`. Raises `NotFound`."""

    async def moved_on(self, id_or_name: str, version: int) -> bool:
        """Whether its content is known to be another than that version's. Raises `NotFound`."""

    def batches(self, id_or_name: str, columns: Sequence[str] | None = None) -> AsyncIterator[Any]:
        """All rows as pyarrow RecordBatches."""


async def lines_of(rows: AsyncIterator[Any], text_columns: Sequence[str]) -> AsyncIterator[bytes]:
    """Rows as the reader `rows` takes them: a line that names the text columns, then one for each row."""
    yield json.dumps({"text": list(text_columns)}, ensure_ascii=False).encode() + b"\n"
    async for batch in rows:
        yield "".join(
            json.dumps({name: _plain(value) for name, value in row.items() if value is not None}, ensure_ascii=False)
            + "\n"
            for row in batch.to_pylist()
        ).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else str(value)
