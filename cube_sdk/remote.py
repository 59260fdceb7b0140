"""Datasets of a studio that answers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from cube_sdk.errors import ConnectionFailed, CubeError, DatasetNotFound, PermissionDenied
from cube_sdk.source import Filters, Names, Records, condition

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"


class Remote:
    """One studio. Reads stream, so a large dataset does not need its memory."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=self._url, headers=headers, timeout=httpx.Timeout(30, read=600), trust_env=False
        )

    def get(self, id_or_name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._data("GET", f"/api/v1/datasets/{id_or_name}", name=id_or_name)
        return found

    def list(self, tags: Names | None, status: str | None, format: str | None) -> Records:
        query = {"tags": ",".join(tags or []), "status": status, "format": format, "page_size": 1000}
        chosen = {key: value for key, value in query.items() if value}
        found: Records = self._data("GET", "/api/v1/datasets", params=chosen)
        return found

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        made = self._data("POST", "/api/v1/datasets", json=body)
        return self.get(made["id"])

    def update(self, dataset_id: str, body: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = self._data("PUT", f"/api/v1/datasets/{dataset_id}", json=body, name=dataset_id)
        return changed

    def delete(self, dataset_id: str) -> None:
        self._data("DELETE", f"/api/v1/datasets/{dataset_id}", name=dataset_id)

    def batches(
        self, record: dict[str, Any], columns: Names | None, filters: Filters, limit: int | None
    ) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        query: dict[str, Any] = {"format": "arrow"}
        query |= {"columns": ",".join(columns)} if columns else {}
        query |= {"filters": condition(filters)} if filters else {}
        query |= {"limit": limit} if limit is not None else {}
        try:
            with self._client.stream("GET", f"/api/v1/datasets/{record['id']}/data", params=query) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise _error(answer, record["id"])
                with pa.ipc.open_stream(_Readable(answer.iter_bytes())) as reader:
                    yield from reader
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

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


class _Readable:
    """Received bytes as a file that Arrow reads."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _error(answer: httpx.Response, name: str) -> CubeError:
    try:
        content = answer.json()
        message, code = str(content["message"]), int(content["code"])
    except (ValueError, KeyError, TypeError):
        message, code = f"The studio answered {answer.status_code}.", 0
    if answer.status_code == 404 and name:
        return DatasetNotFound(f"{message} Dataset.list() shows what there is.", code)
    if answer.status_code in (401, 403):
        return PermissionDenied(f"{message} Set ONE_DATA_TOKEN to the token shown under Settings › Server.", code)
    return CubeError(message, code)
