"""What a query is and what it brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field

from studio.engine.datasets.dataset import Column
from studio.engine.errors import Invalid
from studio.engine.text import Text


@dataclass(frozen=True)
class Read:
    """How many bytes of the datasets' files a query had to look at, of how many there are."""

    bytes: int
    of: int


@dataclass(frozen=True)
class QueryResult:
    """Rows of a query. `table` is a pyarrow Table; `truncated` says that the limit cut it."""

    columns: list[Column]
    table: Any
    seconds: float
    truncated: bool
    sql: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as plain values; for short results."""
        return list(self.table.to_pylist())


class Problem(BaseModel):
    """What is wrong with a query, and where; line and column count from 1, 0 means nobody knows."""

    line: int = 0
    column: int = 0
    message: str
    repair: str = ""
    message_zh: str = Field("", exclude=True)  # for the window


class Query(BaseModel):
    """A query that was run. `started_at` is UTC seconds."""

    id: str
    sql: str
    status: Literal["done", "failed", "cancelled"]
    rows: int | None = None
    seconds: float | None = None
    error: str | None = None
    started_at: float
    pinned: bool = False


class Filter(BaseModel):
    """A word of the question and the value it stands for. `operator` is =, contains, >=, < …"""

    word: str
    column: str
    operator: str
    value: Any


class Attempt(BaseModel):
    """A query that a model wrote and that did not run, with what the locked connection said."""

    sql: str
    error: Text


class NotAnswered(Invalid):
    """No query answers a question; `attempts` are those that a model wrote."""

    def __init__(self, message: Text, repair: Text | None, attempts: list[Attempt]) -> None:
        super().__init__(message, repair)
        self.attempts = attempts


@dataclass(frozen=True)
class Sqled:
    """A question answered with SQL.

    `rows_sql` selects rows that the answer rests on, and `where` is its condition (for `Datasets.page`); both are empty
    when the answer has no such rows. `how` is "model" when a language model wrote the query, "matched" when the words of
    the question were matched with the values of the columns. `attempts` did not run before this one did.
    """

    sql: str
    how: Literal["model", "matched"]
    result: QueryResult
    filters: list[Filter] = field(default_factory=list)
    rows_sql: str = ""
    where: str = ""
    dataset_id: str = ""
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True)
class Written:
    """The SQL that would answer a question, proved on the locked connection and not run. With `how` "none" there is no such: `sql`
    is the last attempt then. `attempts` are what was written and does not hold, with the reasons."""

    sql: str
    how: Literal["model", "matched", "none"]
    attempts: list[Attempt] = field(default_factory=list)
