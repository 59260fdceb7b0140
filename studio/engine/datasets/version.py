"""What a version of a dataset is."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.datasets.dataset import Column, iso
from studio.engine.text import Text

State = Literal["current", "here", "kept", "gone"]
ADDRESS = re.compile(r"(.+)@(\d+)")

STATES: dict[State, Text] = {
    "current": Text("Current", "当前版本"),
    "here": Text("Still at its place", "仍在原处"),
    "kept": Text("Kept by the studio", "由本程序保留"),
    "gone": Text("Overwritten, not kept", "已被覆盖，未保留"),
}


class Kept(BaseModel):
    """What the studio keeps of a version that its own path no longer shows.

    `files` are (name below the folder, bytes, time in ns): a file that is no longer so is not the version's content.
    """

    folder: str
    files: list[tuple[str, int, int]]
    statistics: dict[str, Any] = {}
    partitions: bool = False
    linked: bool = False  # the person's own files under a second name: no room, but gone when written over in place

    @property
    def size_bytes(self) -> int:
        return sum(size for _, size, _ in self.files)


class Version(BaseModel):
    """A content that a dataset had. `checksum` is empty until the content was read; `origin` says how it came to be.

    `origin["kind"]` is registered, changed, path, query, workflow or rollback (with `version`).
    """

    id: str
    dataset_id: str
    number: int
    path: str
    format: str = ""
    fingerprint: str = ""
    checksum: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    columns: list[Column] = []
    origin: dict[str, Any] = {}
    kept: Kept | None = None
    created_at: float
    state: State = "here"

    @property
    def address(self) -> str:
        """How every reading method of the datasets names this version instead of the current one."""
        return f"{self.dataset_id}@{self.number}"

    def as_api(self) -> dict[str, Any]:
        """The shape of the HTTP API."""
        return {
            "version_id": self.id,
            "version_number": self.number,
            "storage_path": self.path,
            "row_count": self.rows,
            "size_bytes": self.size_bytes,
            "checksum": self.checksum,
            "created_at": iso(self.created_at),
            "id": self.id,
            "dataset_id": self.dataset_id,
            "format": self.format,
            "schema": {"columns": [column.model_dump() for column in self.columns]},
            "origin": self.origin,
            "state": self.state,
        }


def version_address(id_or_name: str) -> tuple[str, int | None]:
    """`ds-001@3` as the dataset and the number of a version; None where none is named."""
    found = ADDRESS.fullmatch(id_or_name)
    return (found[1], int(found[2])) if found else (id_or_name, None)
