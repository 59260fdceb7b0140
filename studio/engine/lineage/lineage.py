"""What is told of a dataset's origin and its users."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.text import Text

Kind = Literal["file", "folder", "object_store", "database", "web", "copy", "dataset", "query", "workflow", "version"]
UseKind = Literal["query", "history", "workflow", "collection", "thread", "dataset"]


class Step(BaseModel):
    """One step of where a dataset comes from. `opens` is what to show of it: a kind that the window opens, and an id."""

    kind: Kind
    title: Text
    detail: Text
    opens: tuple[str, str] | None = None
    sql: str = ""
    at: float | None = None


class Use(BaseModel):
    """Something that uses a dataset. `id` opens it; `columns` are those it reads, empty where that is not known."""

    kind: UseKind
    id: str
    title: str
    detail: Text
    columns: list[str] = []
    sql: str = ""
    at: float | None = None


class ColumnOrigin(BaseModel):
    """A column of another dataset that a column is made of."""

    dataset_id: str
    dataset: str
    column: str


class Lineage(BaseModel):
    """Where a dataset comes from, step by step to its current version, what its columns are made of, and what uses it.

    `columns` is empty for what no query made; a column that is made of no other one, such as a count, has an empty list.
    """

    dataset_id: str
    name: str
    steps: list[Step]
    columns: dict[str, list[ColumnOrigin]] = {}
    uses: list[Use] = []

    def as_api(self) -> dict[str, Any]:
        """The shape of the HTTP API."""
        return {"id": self.dataset_id, **self.model_dump(mode="json")}
