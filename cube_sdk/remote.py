"""Datasets of a studio that answers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

from cube_sdk.errors import ConnectionFailed, CubeError, DatasetNotFound, PermissionDenied
from cube_sdk.received import Received
from cube_sdk.source import Filters, Names, Record, Records, condition

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = 1000


class Remote:
    """One studio. Reads stream, so a large dataset does not need its memory."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=self._url, headers=headers, timeout=httpx.Timeout(30, read=600), trust_env=False
        )

    def get(self, id_or_name: str, version: int | None) -> Record:
        query = {"version": version} if version is not None else {}
        found: Record = self._data(
            "GET", f"/api/v1/datasets/{quote(id_or_name, safe='')}", name=id_or_name, params=query
        )
        return found | ({"asked_version": version} if version is not None else {})

    def list(self, tags: Names | None, status: str | None, format: str | None) -> Records:
        query = {"tags": ",".join(tags or []), "status": status, "format": format}
        chosen = {key: value for key, value in query.items() if value}
        found: Records = []
        for page in count(1):
            some = self._data("GET", "/api/v1/datasets", params={**chosen, "page": page, "page_size": PAGE})
            found += some
            if len(some) < PAGE:
                break
        return found

    def create(self, body: Record) -> Record:
        made = self._data("POST", "/api/v1/datasets", json=body)
        return self.get(made["id"], None)

    def update(self, dataset_id: str, body: Record) -> Record:
        changed: Record = self._data("PUT", f"/api/v1/datasets/{dataset_id}", json=body, name=dataset_id)
        return changed

    def delete(self, dataset_id: str) -> None:
        self._data("DELETE", f"/api/v1/datasets/{dataset_id}", name=dataset_id)

    def batches(
        self, record: Record, columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatch]:
        with self._rows(record, columns, filters, limit) as reader:
            yield from reader

    def empty(self, record: Record, columns: Names | None) -> pa.Table:
        with self._rows(record, columns, None, 1) as reader:
            return reader.schema.empty_table()

    def place(self, record: Record) -> Path | None:
        """Only a studio on this computer has its files here."""
        here = urlsplit(self._url).hostname in ("127.0.0.1", "localhost", "::1")
        return Path(record["storage_path"]) if here and record.get("storage_type") == "local" else None

    def upload(self, dataset_id: str, files: Sequence[Path]) -> Record:
        for file in files:
            self._send(dataset_id, file)
        seen: Record = self._data("POST", f"/api/v1/datasets/{dataset_id}/refresh", name=dataset_id)
        return seen

    def _send(self, dataset_id: str, file: Path) -> None:
        body = {"file_name": file.name}
        wanted = self._data("POST", f"/api/v1/datasets/{dataset_id}/upload-url", json=body, name=dataset_id)
        size = {"Content-Length": str(file.stat().st_size)}
        try:
            with file.open("rb") as content:
                answer = httpx.put(wanted["url"], content=content, headers=size, timeout=600, trust_env=False)
        except httpx.TransportError as error:
            raise ConnectionFailed(
                f"“{file.name}” could not be sent to {wanted['storage_path']} ({error}). Check the network and upload it again."
            ) from error
        if answer.is_error:
            raise _error(answer, dataset_id)

    def versions(self, dataset_id: str) -> Records:
        found: Records = []
        for page in count(1):
            query = {"page": page, "page_size": PAGE}
            some = self._data("GET", f"/api/v1/datasets/{dataset_id}/versions", name=dataset_id, params=query)[
                "versions"
            ]
            found += some
            if len(some) < PAGE:
                break
        return found

    def create_version(self, dataset_id: str, body: Record) -> Record:
        made: Record = self._data("POST", f"/api/v1/datasets/{dataset_id}/versions", json=body, name=dataset_id)
        return made

    @contextmanager
    def _rows(
        self, record: Record, columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.ipc.RecordBatchStreamReader]:
        """An Arrow reader over the answer, which is read as fast as its batches are taken."""
        import pyarrow as pa

        query: dict[str, Any] = {"format": "arrow"}
        query |= {"columns": ",".join(columns)} if columns else {}
        query |= {"filters": condition(filters)} if filters else {}
        query |= {"limit": limit} if limit is not None else {}
        query |= {"version": record["asked_version"]} if "asked_version" in record else {}
        try:
            with self._client.stream("GET", f"/api/v1/datasets/{record['id']}/data", params=query) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise _error(answer, record["id"])
                with pa.ipc.open_stream(Received(answer.iter_raw())) as reader:
                    yield reader
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except pa.ArrowInvalid as error:
            raise ConnectionFailed(
                f"The rows of “{record['name']}” ended before their end ({error}). Read again; the studio's log says what happened."
            ) from error

    def _data(self, method: str, path: str, name: str = "", **given: Any) -> Any:
        try:
            answer = self._client.request(method, path, **given)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if answer.is_error:
            raise _error(answer, name)
        return answer.json()["data"]

    def _unreachable(self, error: httpx.TransportError) -> ConnectionFailed:
        return ConnectionFailed(
            f"The studio at {self._url} cannot be reached ({error}). Start it with “studio serve”, or correct ONE_DATA_URL."
        )


def _error(answer: httpx.Response, name: str) -> CubeError:
    try:
        content = answer.json()
        message, code = str(content["message"]), int(content["code"])
    except (ValueError, KeyError, TypeError):
        message, code = f"The studio answered {answer.status_code}.", 0
    if answer.status_code == 404 and name:
        return DatasetNotFound(f"{message} Dataset.list() shows what there is.", code)
    if answer.status_code == 503:
        return ConnectionFailed(message, code)
    if answer.status_code in (401, 403):
        return PermissionDenied(f"{message} Set ONE_DATA_TOKEN to the token shown under Settings › Server.", code)
    return CubeError(message, code)
