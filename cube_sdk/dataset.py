"""A dataset of the studio, from Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from cube_sdk.find import find
from cube_sdk.places import linked, written
from cube_sdk.source import Filters, Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Shape = Literal["pandas", "arrow", "records"]
Names = list[str]  # a name of its own: Dataset has a method `list`
Records = list[dict[str, Any]]


class Version(BaseModel):
    """One state that a dataset had. Sizes in bytes; `checksum` is empty until the studio has read the content."""

    model_config = ConfigDict(extra="ignore")

    version_id: str
    version_number: int
    storage_path: str
    row_count: int | None = None
    size_bytes: int | None = None
    checksum: str = ""
    created_at: str = ""


class Dataset(BaseModel):
    """A registered dataset. `get`, `list` and `create` find or make one; `read`, `head` and `iter_batches` bring its rows.

    dataset = Dataset.get("orders")
    frame = dataset.read(columns=["region", "amount"], filters=[("status", "=", "returned")])
    for batch in dataset.iter_batches():      # any number of rows, one batch in memory
        ...
    """

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
    size_bytes: int | None = None
    _source: Source = PrivateAttr()
    _record: dict[str, Any] = PrivateAttr()

    @property
    def schema(self) -> dict[str, Any]:  # type: ignore[override]  # pydantic's own method of that name is deprecated
        """`{"columns": [{"name", "type", "nullable", "description"}]}`."""
        return self.columns

    @classmethod
    def get(cls, id_or_name: str, *, version: int | None = None) -> Dataset:
        """The dataset of that id or name, as it is now or as a version of it was. `DatasetNotFound` when there is none."""
        source = find()
        return cls._of(source, source.get(id_or_name, version))

    @classmethod
    def list(cls, tags: Names | None = None, status: str | None = None, format: str | None = None) -> Datasets:
        """The datasets that have all of `tags`, that status and that format."""
        source = find()
        return [cls._of(source, record) for record in source.list(tags, status, format)]

    @classmethod
    def create(
        cls, name: str, path: str | Path, *, format: str | None = None, description: str = "", tags: Names | None = None
    ) -> Dataset:
        """Register what lies at a path, an s3:// address or a table of a database server; nothing is copied.

        A relative path is taken from the current folder. Needs a running studio.
        """
        source = find()
        place = str(path) if "://" in str(path) else str(Path(path).resolve())
        body = {"name": name, "path": place, "description": description, "tags": tags or []}
        return cls._of(source, source.create(body | ({"format": format} if format else {})))

    @overload
    def read(
        self, *, columns: Names | None = None, limit: int | None = None, filters: Filters = None,
        as_: Literal["pandas"] = "pandas",
    ) -> pd.DataFrame: ...  # fmt: skip

    @overload
    def read(
        self, *, columns: Names | None = None, limit: int | None = None, filters: Filters = None,
        as_: Literal["arrow"],
    ) -> pa.Table: ...  # fmt: skip

    @overload
    def read(
        self, *, columns: Names | None = None, limit: int | None = None, filters: Filters = None,
        as_: Literal["records"],
    ) -> Records: ...  # fmt: skip

    def read(
        self, *, columns: Names | None = None, limit: int | None = None, filters: Filters = None, as_: Shape = "pandas"
    ) -> pd.DataFrame | pa.Table | Records:
        """The rows in memory: as a pandas DataFrame, an Arrow table, or a list of dicts.

        `filters` is a condition in SQL (`"qty > 2"`), or triples joined with AND: `[("status", "=", "returned"),
        ("region", "in", ["华南", "华东"])]`. Columns and filters are applied where the data is. For more rows than memory
        holds, use `iter_batches`.
        """
        table = self._table(columns, limit, filters)
        if as_ == "arrow":
            return table
        return table.to_pylist() if as_ == "records" else table.to_pandas()

    def head(self, n: int = 5) -> pd.DataFrame:
        """The first rows as a DataFrame."""
        return self._table(None, n, None).to_pandas()

    def iter_batches(
        self, size: int = 65_536, *, columns: Names | None = None, filters: Filters = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows in Arrow record batches of at most `size`, in the dataset's order. Only what is looked at is in memory."""
        for batch in self._source.batches(self._record, columns, filters, None):
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)

    def preview(self, limit: int = 10) -> Records:
        """The first rows as dicts."""
        rows: Records = self._table(None, limit, None).to_pylist()
        return rows

    def mount(self, folder: str | Path) -> Path:
        """Let the dataset appear in a folder: a link to its files where they lie on this computer, else a Parquet copy."""
        return linked(self._source.place(self._record), Path(folder)) or self.download(folder)

    def download(self, folder: str | Path) -> Path:
        """Write all rows to `<folder>/<name>.parquet`, batch by batch. The file appears whole or not at all."""
        return written(self._source.batches(self._record, None, None, None), Path(folder), self.name)

    def upload(self, files: str | Path | Sequence[str | Path]) -> Dataset:
        """Put files into a dataset that is a folder of a bucket, and return the dataset with them. Needs a running studio."""
        named = [files] if isinstance(files, str | Path) else list(files)
        return self._of(self._source, self._source.upload(self.id, [Path(file) for file in named]))

    def versions(self) -> Versions:
        """The states it had, newest first."""
        return [Version.model_validate(each) for each in self._source.versions(self.id)]

    def create_version(self, path: str | Path | None = None, *, origin: dict[str, Any] | None = None) -> Version:
        """Make what lies at a path the new state of the dataset; without one, what lies at its own place now.

        `origin` says what made it, such as `{"kind": "training", "run": 7}`. Needs a running studio.
        """
        place = str(path) if path is None or "://" in str(path) else str(Path(path).resolve())
        body = {"path": place if path is not None else None, "origin": origin}
        made = self._source.create_version(self.id, {key: value for key, value in body.items() if value is not None})
        return Version.model_validate(made)

    def update(self, **fields: Any) -> Dataset:
        """Change description, tags, name, status or path; the answer is the dataset as it is then. Needs a running studio."""
        return self._of(self._source, self._source.update(self.id, fields))

    def delete(self) -> None:
        """Move it to the studio's trash for 30 days; the files are not touched. Needs a running studio."""
        self._source.delete(self.id)

    @classmethod
    def _of(cls, source: Source, record: dict[str, Any]) -> Dataset:
        dataset = cls.model_validate(record)
        dataset._source = source
        dataset._record = record
        return dataset

    def _table(self, columns: Names | None, limit: int | None, filters: Filters) -> pa.Table:
        import pyarrow as pa

        batches = self._source.batches(self._record, columns, filters, limit)
        first = next(batches, None)
        if first is None:
            return self._source.empty(self._record, columns)
        return pa.Table.from_batches([first, *batches])


Datasets = list[Dataset]  # names of their own, as above
Versions = list[Version]
