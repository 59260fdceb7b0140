"""Where datasets come from: a studio over HTTP, or the catalog on this computer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

Names = list[str]
Record = dict[str, Any]
Records = list[Record]
Filters = str | list[tuple[str, str, Any]] | None


class Source(Protocol):
    """What both kinds of source can do. Records are plain dicts in the API's shape."""

    def get(self, id_or_name: str, version: int | None) -> Record: ...

    def list(self, tags: Names | None, status: str | None, format: str | None) -> Records: ...

    def create(self, body: Record) -> Record: ...

    def update(self, dataset_id: str, body: Record) -> Record: ...

    def delete(self, dataset_id: str) -> None: ...

    def batches(
        self, record: Record, columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatch]: ...

    def empty(self, record: Record, columns: Names | None) -> pa.Table:
        """A table of no rows with the columns that `batches` would have."""
        ...

    def place(self, record: Record) -> Path | None:
        """Where the files lie on this computer, if they do."""
        ...

    def upload(self, dataset_id: str, files: Sequence[Path]) -> Record:
        """Send files; the dataset with them."""
        ...

    def versions(self, dataset_id: str) -> Records: ...

    def create_version(self, dataset_id: str, body: Record) -> Record: ...


def condition(filters: Filters) -> str:
    """Filters as a condition in SQL: text as it is, triples such as ("qty", ">", 2) joined with AND."""
    if not filters:
        return ""
    if isinstance(filters, str):
        return filters
    return " AND ".join(
        f"{_name(column)} {_operator(operator)} {_literal(value)}" for column, operator, value in filters
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _operator(operator: str) -> str:
    allowed = {
        "=": "=",
        "==": "=",
        "!=": "<>",
        "<>": "<>",
        "<": "<",
        "<=": "<=",
        ">": ">",
        ">=": ">=",
        "in": "IN",
        "like": "LIKE",
    }
    try:
        return allowed[operator.lower()]
    except KeyError:
        raise ValueError(f"“{operator}” is not one of {', '.join(allowed)}") from None


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple | set):
        return "(" + ", ".join(_literal(item) for item in value) + ")"
    return "'" + str(value).replace("'", "''") + "'"
