"""What is in each column: nulls, distinct values, range, quantiles, histogram, most frequent values.

One reading of the table answers for all columns at once; histograms and the most frequent values need one more reading
of their column alone, which DuckDB does quickly because few groups come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.datasets.dataset import Bar, Column, ColumnProfile, Quantile, columns_of
from studio.engine.datasets.pages import readable
from studio.engine.datasets.reading import connection, quoted
from studio.engine.datasets.source import Source
from studio.engine.datasets.watch import Watch

BARS = 24
TOP = 8
COUNTED = 100_000  # different values up to which each is counted
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
WIDE = 64  # columns asked for in one statement
NUMBERS = ("int", "uint", "float", "double", "decimal", "halffloat")
TIMES = ("timestamp", "date")
NESTED = ("struct", "list", "map", "fixed_size_list", "large_list")
SHOWN = 200  # characters of a frequent value


def profile(
    source: Source, columns: Sequence[Column], sample: int, *, watch: Watch | None = None, spill: Path | None = None
) -> dict[str, ColumnProfile]:
    """Profiles by column name. Tables longer than `sample` rows are profiled from that many rows drawn at random.

    Raises `Stopped` when `watch` is stopped.
    """
    watch = watch or Watch()
    sampled = source.row_count > sample
    with readable(source.files[0]), connection(spill) as database:
        source.prepare(database)
        table = source.scan()
        if sampled:
            with watch.over(database, 0, 0.7):
                database.execute(_drawing(source, columns, sample))
            table, watch = "data", watch.part(0.7, 1)
        return _all(database, table, columns, sampled, watch)


def profile_table(table: Any) -> dict[str, ColumnProfile]:
    """The same of a `pyarrow.Table`, all of its rows."""
    if not table.num_columns:
        return {}
    with connection() as database:
        database.register("data", table)
        return _all(database, "data", columns_of(table.schema), False, Watch())


def _all(database: Any, table: str, columns: Sequence[Column], sampled: bool, watch: Watch) -> dict[str, ColumnProfile]:
    found: dict[str, ColumnProfile] = {}
    for start in range(0, len(columns), WIDE):
        some = [_Asked(column) for column in columns[start : start + WIDE]]
        part = watch.part(start / len(columns), min(1, (start + WIDE) / len(columns)))
        found.update(_some(database, table, some, sampled, part))
    return found


def _drawing(source: Source, columns: Sequence[Column], sample: int) -> str:
    """Draw `sample` rows by the hash of their number, which spares the columns of all other rows: half of the work of a
    reservoir over everything. A tenth more is drawn than is wanted, and a reservoir leaves the right number."""
    names = ", ".join(quoted(column.name) for column in columns)
    share = min(1.0, 1.1 * sample / source.row_count)
    drawn = f"hash(file_row_number * 1000003 + file_index) < {int(share * (2**64 - 1))}::UBIGINT"
    kept = f"(SELECT {names} FROM {source.scan()} WHERE {drawn})"
    return f"CREATE TABLE data AS SELECT * FROM {kept} USING SAMPLE {int(sample)} ROWS"


@dataclass(frozen=True)
class _Asked:
    """One column and what can be asked of it."""

    column: Column

    @property
    def name(self) -> str:
        return quoted(self.column.name)

    @property
    def number(self) -> bool:
        return self.column.type.startswith(NUMBERS)

    @property
    def time(self) -> bool:
        return self.column.type.startswith(TIMES)

    @property
    def text(self) -> bool:
        return self.column.type in ("string", "dict")

    @property
    def nested(self) -> bool:
        return self.column.type.startswith(NESTED)

    @property
    def float(self) -> bool:
        return self.column.type.startswith(("float", "double", "half"))

    @property
    def place(self) -> str:
        """The value as a number on a line; nothing for what has no place there (NaN, infinity)."""
        if self.time:
            return f"epoch({self.name}::TIMESTAMP)"
        return f"CASE WHEN isfinite({self.name}) THEN {self.name} END::DOUBLE" if self.float else f"{self.name}::DOUBLE"

    def aggregates(self) -> list[str]:
        """Always twelve expressions, NULL where one makes no sense."""
        name, line = self.name, self.number or self.time
        finite = f"CASE WHEN isfinite({name}) THEN {name} END" if self.float else name
        return [
            f"count({name})",
            "NULL" if self.nested else f"approx_count_distinct({name})",
            "NULL" if self.nested else f"min({name})::VARCHAR",
            "NULL" if self.nested else f"max({name})::VARCHAR",
            f"avg({finite})::DOUBLE" if self.number else "NULL",
            f"stddev_pop({finite}::DOUBLE)" if self.number else "NULL",
            f"approx_quantile({finite}, {list(QUANTILES)})::VARCHAR[]" if line else "NULL",
            f"min(length({name}))" if self.text else "NULL",
            f"max(length({name}))" if self.text else "NULL",
            f"count(*) FILTER ({name} = '')" if self.text else "NULL",
            f"min({self.place})" if line else "NULL",
            f"max({self.place})" if line else "NULL",
        ]


def _some(database: Any, table: str, asked: Sequence[_Asked], sampled: bool, watch: Watch) -> dict[str, ColumnProfile]:
    expressions = [each for one in asked for each in one.aggregates()]
    with watch.over(database, 0, 0.4):
        rows, *values = database.execute(f"SELECT count(*), {', '.join(expressions)} FROM {table}").fetchone()
    size = len(values) // max(1, len(asked))
    found = {}
    for place, one in enumerate(asked):
        own = values[place * size : (place + 1) * size]
        profile = found[one.column.name] = _first(one, rows, sampled, own[:-2])
        with watch.over(database, 0.4 + 0.6 * place / len(asked), 0.4 + 0.6 * (place + 1) / len(asked)):
            if own[-1] is not None:
                profile.histogram = _histogram(database, table, one, float(own[-2]), float(own[-1]))
            _frequent(database, table, one, profile)
    return found


def _first(one: _Asked, rows: int, sampled: bool, values: Sequence[Any]) -> ColumnProfile:
    present, distinct, low, high, mean, deviation, quantiles, shortest, longest, empty = values
    found = ColumnProfile(
        name=one.column.name, type=one.column.type, rows=rows, sampled=sampled, nulls=rows - present,
        distinct=min(distinct or 0, present), low=low and low[:SHOWN], high=high and high[:SHOWN], mean=mean,
        deviation=deviation, shortest=shortest, longest=longest, empty=empty,
    )  # fmt: skip
    if quantiles:
        found.quantiles = [
            Quantile(at=at, value=value) for at, value in zip(QUANTILES, quantiles, strict=True) if value is not None
        ]
    middle = next((each.value for each in found.quantiles if each.at == 0.5), None)
    found.median = float(middle) if middle is not None and one.number else None
    return found


# Histograms


def _histogram(database: Any, table: str, one: _Asked, low: float, high: float) -> list[Bar]:
    bars = _bars(one, low, high)
    step = (high - low) / bars if high > low else 0.0
    sql = f"SELECT {_bar_of(one, low, high, bars)} AS bar, count(*) FROM {table} WHERE {one.place} IS NOT NULL GROUP BY bar"
    counts = dict(database.execute(sql).fetchall())
    return [_bar(one, low + step * bar, low + step * (bar + 1), counts.get(bar, 0)) for bar in range(bars)]


def _bars(one: _Asked, low: float, high: float) -> int:
    """Whole numbers with few values get a bar each."""
    if high <= low:
        return 1
    whole = one.number and not one.float and not one.column.type.startswith("decimal")
    return int(min(BARS, high - low + 1)) if whole else BARS


def _bar_of(one: _Asked, low: float, high: float, bars: int) -> str:
    if bars == 1:
        return "0"
    scale = bars / (high - low)
    return f"least(floor(({one.place} - ({low!r}::DOUBLE)) * {scale!r}::DOUBLE), {bars - 1})::UTINYINT"


def _bar(one: _Asked, low: float, high: float, count: int) -> Bar:
    if not one.time:
        return Bar(label=f"{low:g} – {high:g}", count=count, low=low, high=high)
    first, last = _moment(low), _moment(high)
    return Bar(label=f"{first} – {last}", count=count, low=first, high=last)


def _moment(seconds: float) -> str:
    from datetime import datetime, timedelta

    try:
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return f"{seconds:g} s"


# Frequent values


def _frequent(database: Any, table: str, one: _Asked, found: ColumnProfile) -> None:
    """The most frequent values, and the exact number of different ones, where they are not too many to count."""
    if one.nested or (found.distinct > COUNTED and not found.sampled):
        return
    sql = f"""
    WITH counted AS (SELECT {one.name} AS value, count(*) AS n FROM {table} WHERE {one.name} IS NOT NULL GROUP BY 1)
    SELECT value::VARCHAR, n, count(*) OVER () FROM counted ORDER BY n DESC, value LIMIT {TOP}
    """
    rows = database.execute(sql).fetchall()
    if rows and rows[0][1] > 1 and not (one.time and rows[0][2] > 4 * TOP):
        found.top = [Bar(label=str(value)[:SHOWN], count=count) for value, count, _ in rows]
    found.distinct, found.distinct_exact = (rows[0][2] if rows else 0), True
