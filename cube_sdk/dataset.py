"""A dataset of the studio, from Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from cube_sdk.find import find
from cube_sdk.source import Filters, Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shape = Literal["pandas", "arrow", "records"]
Names = list[str]  # a name of its own: Dataset has a method `list`
Records = list[dict[str, Any]]


class Version(BaseModel):
    """One kept state of a dataset. Sizes in bytes."""

    model_config = ConfigDict(extra="ignore")

    version_id: str
    version_number: int
    storage_path: str
    row_count: int | None = None
    size_bytes: int | None = None
    checksum: str = ""


class Dataset(BaseModel):
    """A registered dataset. `get`, `list` and `create` find or make one; `read` and `head` bring its rows."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, protected_namespaces=())

    id: str
    name: str
    path: str = Field(validation_alias="storage_path")
    format: str = ""
    status: str = ""
    description: str = ""
    columns: dict[str, Any] = Field(default={}, validation_alias="schema")
    tags: Names = []
    version: int | None = None
    row_count: int | None = None
    _source: Source = PrivateAttr()
    _record: dict[str, Any] = PrivateAttr()

    @classmethod
    def get(cls, id_or_name: str) -> Dataset:
        """The dataset of that id or name; `DatasetNotFound` when there is none."""
        source = find()
        return cls._of(source, source.get(id_or_name))

    @classmethod
    def list(cls, tags: Names | None = None, status: str | None = None, format: str | None = None) -> Datasets:
        """The datasets that have all of `tags`, that status and that format."""
        source = find()
        return [cls._of(source, record) for record in source.list(tags, status, format)]

    @classmethod
    def create(
        cls, name: str, path: str, *, format: str | None = None, description: str = "", tags: Names | None = None
    ) -> Dataset:
        """Register files where they are. A relative path is taken from the current folder."""
        source = find()
        place = path if "://" in path else str(Path(path).resolve())
        body = {"name": name, "path": place, "description": description, "tags": tags or []}
        return cls._of(source, source.create(body | ({"format": format} if format else {})))

    def read(
        self,
        *,
        columns: Names | None = None,
        limit: int | None = None,
        filters: Filters = None,
        as_: Shape = "pandas",
    ) -> pd.DataFrame | pa.Table | Records:
        """The rows, as a pandas DataFrame unless asked for otherwise.

        `filters` is a condition in SQL, or triples such as `[("status", "=", "returned")]`.
        """
        table = self._table(columns, limit, filters)
        if as_ == "arrow":
            return table
        return table.to_pylist() if as_ == "records" else table.to_pandas()

    def head(self, n: int = 5) -> pd.DataFrame:
        """The first rows as a DataFrame."""
        return self._table(None, n, None).to_pandas()

    def iter_batches(self, size: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows in batches of at most `size`, streamed."""
        for batch in self._source.batches(self._record, None, None, None):
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)

    def preview(self, limit: int = 10) -> Records:
        """The first rows as dicts."""
        rows: Records = self._table(None, limit, None).to_pylist()
        return rows

    def update(self, **fields: Any) -> Dataset:
        """Change description, tags, name or path."""
        return self._of(self._source, self._source.update(self.id, fields))

    def delete(self) -> None:
        """Move it to the studio's trash; the files are not touched."""
        self._source.delete(self.id)

    @classmethod
    def _of(cls, source: Source, record: dict[str, Any]) -> Dataset:
        dataset = cls.model_validate(record)
        dataset._source = source
        dataset._record = record
        return dataset

    def _table(self, columns: Names | None, limit: int | None, filters: Filters) -> pa.Table:
        import pyarrow as pa

        return pa.Table.from_batches(list(self._source.batches(self._record, columns, filters, limit)))


Datasets = list[Dataset]  # a name of its own, as above
