"""What a dataset is, as everybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.events import Event
from studio.engine.text import Text

Status = Literal["active", "unreachable", "changed", "broken"]


class Column(BaseModel):
    """A column. `type` is Arrow's name in short: int64, decimal(12,2), timestamp, string, struct, list …"""

    name: str
    type: str
    nullable: bool = True
    description: str = ""


class Dataset(BaseModel):
    """A registered dataset. Times are UTC seconds; `status_reason` says what is wrong and what to do."""

    id: str
    name: str
    description: str = ""
    storage_type: str = "local"
    storage_path: str
    format: str = ""
    status: Status = "active"
    status_reason: Text | None = None
    row_count: int | None = None
    size_bytes: int | None = None
    tags: list[str] = []
    columns: list[Column] = []
    statistics: dict[str, Any] = {}
    version: int = 1
    fingerprint: str = ""
    owner: str = ""
    created_at: float
    updated_at: float

    @property
    def options(self) -> dict[str, Any]:
        """How the file is read, where a person decided it: see the format's `options`."""
        return dict(self.statistics.get("options", {}))

    @property
    def reading(self) -> str:
        """Whether the whole is still being read: "running", "stopped", or "" when it is there."""
        return str(self.statistics.get("reading", ""))

    def as_api(self) -> dict[str, Any]:
        """The shape of the HTTP API."""
        values = self.model_dump(mode="json", exclude={"columns", "fingerprint"})
        columns = [column.model_dump() for column in self.columns]
        times = {key: iso(getattr(self, key)) for key in ("created_at", "updated_at")}
        return {"dataset_id": self.id, **values, "schema": {"columns": columns}, **times}


class Bar(BaseModel):
    """One bar of a histogram, or one of the most frequent values. `low` and `high` are numbers or ISO times."""

    label: str
    count: int
    low: float | str | None = None
    high: float | str | None = None


class Quantile(BaseModel):
    """A value below which the share `at` of the others lies; the value digit by digit."""

    at: float
    value: str


class ColumnProfile(BaseModel):
    """What is in a column. When `sampled`, all counts are of `rows` rows drawn at random, not of the whole.

    Values are written digit by digit, never as floats. `distinct` is counted up to 100,000 and estimated beyond that
    (`distinct_exact` says which); quantiles are estimated. `shortest`, `longest` and `empty` are of texts, in characters.
    """

    name: str
    type: str
    rows: int
    sampled: bool
    nulls: int
    distinct: int
    distinct_exact: bool = False
    low: str | None = None
    high: str | None = None
    mean: float | None = None
    deviation: float | None = None
    median: float | None = None
    quantiles: list[Quantile] = []
    shortest: int | None = None
    longest: int | None = None
    empty: int | None = None
    histogram: list[Bar] = []
    top: list[Bar] = []


@dataclass(frozen=True, slots=True)
class DatasetsChanged(Event):
    """A dataset was registered, changed, read anew, deleted or restored."""

    dataset_id: str


def columns_of(schema: Any) -> list[Column]:
    """The columns of an Arrow schema."""
    return [Column(name=field.name, type=type_name(field.type), nullable=field.nullable) for field in schema]


def type_name(arrow_type: Any) -> str:
    """Arrow's name for a type, in short."""
    import pyarrow.types as types

    if types.is_decimal(arrow_type):
        return f"decimal({arrow_type.precision},{arrow_type.scale})"
    if types.is_timestamp(arrow_type):
        return "timestamp" if arrow_type.tz is None else f"timestamp({arrow_type.tz})"
    if types.is_date(arrow_type):
        return "date"
    nested = {"struct": types.is_struct, "list": types.is_list, "map": types.is_map, "dict": types.is_dictionary}
    return next((name for name, test in nested.items() if test(arrow_type)), str(arrow_type).removeprefix("large_"))


def iso(seconds: float) -> str:
    """A time as the API tells it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
