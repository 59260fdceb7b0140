"""Datasets of this computer without a running studio: the catalog is read in this process, and never written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from cube_sdk.errors import ConnectionFailed, CubeError, DatasetNotFound
from cube_sdk.source import Filters, Names, Records, condition

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
}
Files = list[Path]
JSON_FIELDS = ("tags", "columns", "statistics", "status_reason")


def running(folder: Path) -> tuple[str, str] | None:
    """Address and token of this user's running studio, if it answers."""
    try:
        owner = json.loads((folder / "owner.json").read_text())
        token = (folder / "token").read_text().strip()
        url = f"http://127.0.0.1:{int(owner['port'])}"
        answer = httpx.get(f"{url}/health", timeout=2, trust_env=False)
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None
    return (url, token) if answer.status_code == 200 else None


class Local:
    """The catalog on disk, read only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, id_or_name: str) -> dict[str, Any]:
        found = self._rows("AND (id = ? OR name = ?) ORDER BY id = ? DESC", (id_or_name, id_or_name, id_or_name))
        if not found:
            raise DatasetNotFound(
                f"There is no dataset “{id_or_name}” on this computer. Dataset.list() shows what there is.", 40401
            )
        return found[0]

    def list(self, tags: Names | None, status: str | None, format: str | None) -> Records:
        found = self._rows("ORDER BY created_at", ())
        return [
            row
            for row in found
            if (not tags or set(tags) <= set(row["tags"]))
            and status in (None, row["status"])
            and format in (None, row["format"])
        ]

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        raise _needs_studio()

    def update(self, dataset_id: str, body: dict[str, Any]) -> dict[str, Any]:
        raise _needs_studio()

    def delete(self, dataset_id: str) -> None:
        raise _needs_studio()

    def batches(
        self, record: dict[str, Any], columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatch]:
        import duckdb

        files = [str(file) for file in self._files(record)]
        chosen = ", ".join('"' + name.replace('"', '""') + '"' for name in columns) if columns else "*"
        where = f" WHERE {condition(filters)}" if filters else ""
        rows = f" LIMIT {int(limit)}" if limit is not None else ""
        with duckdb.connect() as connection:
            if record["format"] == "arrow":
                import pyarrow.dataset

                connection.register("source", pyarrow.dataset.dataset(files, format="feather"))
                relation = connection.execute(f"SELECT {chosen} FROM source{where}{rows}")
            else:
                reader = READERS[record["format"]]
                relation = connection.execute(f"SELECT {chosen} FROM {reader}{where}{rows}", [files])
            yield from relation.to_arrow_reader(65_536)

    def _rows(self, condition: str, values: tuple[Any, ...]) -> Records:
        catalog = self._folder / "catalog.db"
        if not catalog.exists():
            raise ConnectionFailed(
                f"No studio runs here, and {self._folder} holds no catalog. Start one with “studio serve”, or set ONE_DATA_URL."
            )
        try:
            with closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                rows = connection.execute(
                    f"SELECT * FROM datasets WHERE deleted_at IS NULL {condition}", values
                ).fetchall()
        except sqlite3.DatabaseError as error:
            raise ConnectionFailed(f"The catalog {catalog} cannot be read ({error}). Run “studio doctor”.") from error
        return [_record(dict(row)) for row in rows]

    def _files(self, record: dict[str, Any]) -> Files:
        """The files behind a dataset: a bucket without an endpoint is a folder of the studio's own."""
        path = record["storage_path"]
        parts = urlsplit(path)
        root = self._folder / "objects" / parts.netloc / parts.path.lstrip("/") if parts.scheme == "s3" else Path(path)
        if root.is_file():
            return [root]
        suffixes = SUFFIXES.get(record["format"], ())
        found = sorted(file for file in root.rglob("*") if file.suffix.lower() in suffixes) if root.is_dir() else []
        if not found:
            raise CubeError(f"The files of “{record['name']}” are not at {path}. Open it in the studio to locate them.")
        if record["format"] not in (*READERS, "arrow"):
            raise CubeError(
                f"“{record['name']}” is {record['format']}: reading that needs a running studio (“studio serve”)."
            )
        return found


def _record(row: dict[str, Any]) -> dict[str, Any]:
    for name in JSON_FIELDS:
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return {**row, "dataset_id": row["id"], "schema": {"columns": row.pop("columns") or []}}


def _needs_studio() -> ConnectionFailed:
    return ConnectionFailed(
        "Changing the catalog needs a running studio. Start one with “studio serve”, or set ONE_DATA_URL."
    )
