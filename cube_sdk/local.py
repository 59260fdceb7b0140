"""Datasets of this computer without a running studio: the catalog is read in this process, and never written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from cube_sdk.errors import ConnectionFailed, CubeError, DatasetNotFound
from cube_sdk.source import Filters, Names, Record, Records, condition

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".tsv"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "arrow": (".arrow", ".feather"),
}
READERS = {
    "parquet": "read_parquet(?, union_by_name=true)",
    "csv": "read_csv(?, union_by_name=true)",
    "jsonl": "read_json(?, union_by_name=true)",
    "hive": "read_parquet(?, union_by_name=true, hive_partitioning=true)",
}
DATASETS = "SELECT * FROM datasets WHERE deleted_at IS NULL"
Files = list[str]
JSON_FIELDS = ("tags", "columns", "statistics", "status_reason", "origin")


def running(folder: Path) -> tuple[str, str] | None:
    """Address and token of this user's running studio, if it answers."""
    try:
        owner = json.loads((folder / "owner.json").read_text())
        token = (folder / "token").read_text().strip()
        url = f"http://127.0.0.1:{int(owner['port'])}"
        answer = httpx.get(f"{url}/health", timeout=20, trust_env=False)  # where none runs it is refused at once
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None
    return (url, token) if answer.status_code == 200 else None


class Local:
    """The catalog on disk, read only."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache

    def get(self, id_or_name: str, version: int | None) -> Record:
        named = (id_or_name, id_or_name.lower(), id_or_name)
        found = self._rows(DATASETS + " AND (id = ? OR lower(name) = ?) ORDER BY id = ? DESC", named)
        if not found:
            raise DatasetNotFound(
                f"There is no dataset “{id_or_name}” on this computer. Dataset.list() shows what there is.", 40401
            )
        record = found[0]
        return record if version in (None, record["version"]) else self._as_it_was(record, version or 0)

    def list(self, tags: Names | None, status: str | None, format: str | None) -> Records:
        return [
            row
            for row in self._rows(DATASETS + " ORDER BY created_at", ())
            if (not tags or set(tags) <= set(row["tags"]))
            and status in (None, row["status"])
            and format in (None, row["format"])
        ]

    def create(self, body: Record) -> Record:
        raise _needs_studio()

    def update(self, dataset_id: str, body: Record) -> Record:
        raise _needs_studio()

    def delete(self, dataset_id: str) -> None:
        raise _needs_studio()

    def upload(self, dataset_id: str, files: Sequence[Path]) -> Record:
        raise _needs_studio()

    def create_version(self, dataset_id: str, body: Record) -> Record:
        raise _needs_studio()

    def versions(self, dataset_id: str) -> Records:
        found = self._rows("SELECT * FROM dataset_versions WHERE dataset_id = ? ORDER BY number DESC", (dataset_id,))
        return [_version(row) for row in found]

    def batches(
        self, record: Record, columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatch]:
        with self._read(record, columns, filters, limit) as reader:
            yield from reader

    def empty(self, record: Record, columns: Names | None) -> pa.Table:
        with self._read(record, columns, None, 0) as reader:
            return reader.schema.empty_table()

    def place(self, record: Record) -> Path | None:
        parts = urlsplit(record["storage_path"])
        if parts.scheme == "s3":
            return self._folder / "objects" / parts.netloc / parts.path.lstrip("/")
        return Path(record["storage_path"]) if record["storage_type"] == "local" else None

    @contextmanager
    def _read(
        self, record: Record, columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatchReader]:
        import duckdb

        chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in columns) if columns else "*"
        where = f" WHERE {condition(filters)}" if filters else ""
        rows = f" LIMIT {int(limit)}" if limit is not None else ""
        format, files = self._files(record)
        with duckdb.connect() as connection:
            try:
                if format == "arrow":
                    import pyarrow.dataset

                    connection.register("source", pyarrow.dataset.dataset(files, format="feather"))
                    given, source = [], "source"
                else:
                    given, source = [files], READERS[format]
                yield connection.execute(f"SELECT {chosen} FROM {source}{where}{rows}", given).to_arrow_reader(65_536)
            except duckdb.Error as error:
                raise CubeError(f"“{record['name']}” cannot be read so: {str(error).splitlines()[0]}") from error

    def _rows(self, query: str, values: tuple[Any, ...]) -> Records:
        catalog = self._folder / "catalog.db"
        if not catalog.exists():
            raise ConnectionFailed(
                f"No studio runs here, and {self._folder} holds no catalog. Start one with “studio serve”, or set ONE_DATA_URL."
            )
        try:
            with closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                rows = connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise ConnectionFailed(f"The catalog {catalog} cannot be read ({error}). Run “studio doctor”.") from error
        return [_record(dict(row)) for row in rows]

    def _files(self, record: Record) -> tuple[str, Files]:
        """Format and files to read: the studio's own readable copy where there is one, else what was registered.

        A bucket without an endpoint is a folder of the studio's own.
        """
        if "kept" in record:
            return "parquet", record["kept"]
        root = self.place(record)
        files = _data_files(root, record["format"]) if root else []
        copy = self._cache / "datasets" / record.get("fingerprint", "").removesuffix("~")
        ready = copy / "ready.json"
        if ready.exists() and all(Path(file).stat().st_mtime <= ready.stat().st_mtime for file in files):
            return "parquet", [str(copy / "table.parquet")]
        if (
            record["format"] not in (*READERS, "arrow")
            or root is None
            or (urlsplit(record["storage_path"]).scheme == "s3" and not files)
        ):
            raise ConnectionFailed(
                f"“{record['name']}” lies at {record['storage_path']}, and reading that from there needs a running studio (“studio serve”)."
            )
        if not files:
            raise CubeError(
                f"The files of “{record['name']}” are not at {record['storage_path']}. Open it in the studio to locate them."
            )
        hive = record["format"] == "parquet" and any(
            "=" in part for file in files for part in Path(file).relative_to(root).parts[:-1]
        )
        return "hive" if hive else record["format"], files

    def _as_it_was(self, record: Record, number: int) -> Record:
        found = [each for each in self.versions(record["id"]) if each["version_number"] == number]
        if not found:
            raise DatasetNotFound(
                f"“{record['name']}” has no version {number} on this computer. Dataset.versions() shows what there is.",
                40401,
            )
        kept = json.loads(found[0]["kept"] or "null") if isinstance(found[0]["kept"], str) else found[0]["kept"]
        if not kept:
            raise ConnectionFailed(
                f"Version {number} of “{record['name']}” is read by a running studio only. Start one with “studio serve”."
            )
        files = [str(Path(kept["folder"], name)) for name, *_ in kept["files"]]
        return {**record, "version": number, "row_count": found[0]["row_count"], "kept": files}


def _data_files(root: Path, format: str) -> Files:
    """What the studio reads below a place: nothing hidden, nothing that jobs leave beside their results."""
    if root.is_file():
        return [str(root)]
    suffixes = SUFFIXES.get(format, ())
    found = (file for file in root.rglob("*") if file.name.lower().endswith(suffixes) and suffixes)
    return sorted(
        str(file) for file in found if not any(part.startswith((".", "_")) for part in file.relative_to(root).parts)
    )


def _version(row: dict[str, Any]) -> Record:
    """A version in the API's shape; `kept` beside it."""
    names = {"version_id": "id", "version_number": "number", "storage_path": "path", "row_count": "rows"}
    made = datetime.fromtimestamp(row["created_at"], UTC).isoformat().replace("+00:00", "Z")
    return {**row, **{name: row[other] for name, other in names.items()}, "created_at": made}


def _record(row: dict[str, Any]) -> dict[str, Any]:
    for name in JSON_FIELDS:
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return {"dataset_id": row["id"], **row, "schema": {"columns": row.pop("columns") or []}}


def _needs_studio() -> ConnectionFailed:
    return ConnectionFailed(
        "Changing the catalog needs a running studio. Start one with “studio serve”, or set ONE_DATA_URL."
    )
