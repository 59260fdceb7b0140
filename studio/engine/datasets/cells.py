"""Tables of loose values, as spreadsheets and SQLite hold them: one type for each column that all its values fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from studio.engine.datasets.watch import Watch

BATCH = 10_000  # rows
EXACT = 2**53  # whole numbers up to here are the same as floats


class Grid(Protocol):
    """Rows of loose values under names."""

    names: list[str]

    def rows(self) -> Iterator[Sequence[Any]]: ...


@dataclass
class Kinds:
    """Which kinds of values were seen in a column. With `whole_floats`, floats that are whole numbers count as such."""

    whole_floats: bool = False
    seen: set[type] = field(default_factory=set)
    exact: bool = True  # whole numbers stay the same as floats

    def look(self, value: Any) -> None:
        if value is None:
            return
        if self.whole_floats and isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
            self.seen.add(int)
            return
        self.seen.add(type(value))
        if isinstance(value, int) and abs(value) > EXACT:
            self.exact = False

    def arrow(self) -> Any:
        """The narrowest type that holds them all; text for what does not go together."""
        import pyarrow

        types = set(self.seen)
        one = {
            bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string(),
            bytes: pyarrow.binary(), date: pyarrow.date32(), datetime: pyarrow.timestamp("us"),
            time: pyarrow.time64("us"), timedelta: pyarrow.duration("us"),
        }  # fmt: skip
        if len(types) == 1:
            return one[types.pop()]
        if types == {int, float} and self.exact:
            return pyarrow.float64()
        return pyarrow.timestamp("us") if types == {date, datetime} else pyarrow.string()


def schema_of(names: Sequence[str], rows: Iterable[Sequence[Any]], whole_floats: bool = False) -> Any:
    """The columns and the types that all values fit; the rows are gone through once."""
    import pyarrow

    columns = [Kinds(whole_floats) for _ in names]
    for row in rows:
        for kind, value in zip(columns, row, strict=False):
            kind.look(value)
    return pyarrow.schema([(name, kind.arrow()) for name, kind in zip(names, columns, strict=True)])


def all_names(grids: Sequence[Grid]) -> list[str]:
    return list(dict.fromkeys(name for grid in grids for name in grid.names))


def together(grids: Sequence[Grid], watch: Watch) -> Iterator[list[Any]]:
    """The rows of all grids, by the names of their columns; what one lacks is NULL there."""
    names = all_names(grids)
    for place, grid in enumerate(grids):
        watch.step(place / len(grids))
        places = [grid.names.index(name) if name in grid.names else -1 for name in names]
        for row in grid.rows():
            yield [row[place] if 0 <= place < len(row) else None for place in places]


def write_parquet(rows: Iterable[Sequence[Any]], schema: Any, target: Path, count: int, watch: Watch) -> None:
    """Write rows in little memory, whatever their number; `count` is for the progress."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(target, schema) as writer:
        done = 0
        for batch in batches(rows, schema):
            writer.write_batch(batch)
            done += batch.num_rows
            watch.step(done / max(count, 1))


def batches(rows: Iterable[Sequence[Any]], schema: Any) -> Iterator[Any]:
    """Rows as Arrow record batches in these types."""
    import pyarrow

    remaining = iter(rows)
    while piece := list(islice(remaining, BATCH)):
        columns = [
            pyarrow.array([_fitting(row[place] if place < len(row) else None, each.type) for row in piece], each.type)
            for place, each in enumerate(schema)
        ]
        yield pyarrow.record_batch(columns, schema=schema)


def named(titles: Sequence[Any]) -> list[str]:
    """Names for columns: those without one are counted, and none comes twice, whatever its capitals."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for number, title in enumerate(titles, 1):
        name = plain(title).strip() if title is not None else ""
        name = name or f"column{number}"
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        names.append(name if seen[name.lower()] == 1 else f"{name}_{seen[name.lower()] - 1}")
    return names


def plain(value: Any) -> str:
    """A value as text, as one would write it."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _fitting(value: Any, kind: Any) -> Any:
    import pyarrow.types as types

    if value is None:
        return None
    if types.is_string(kind):
        return plain(value)
    if types.is_int64(kind):
        return int(value)
    if types.is_timestamp(kind) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return float(value) if types.is_float64(kind) else value
