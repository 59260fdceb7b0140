"""What is in each column: nulls, distinct values, range, histogram, most frequent values."""

from __future__ import annotations

from typing import Any

from studio.engine.datasets.dataset import Bar, Column, ColumnProfile
from studio.engine.datasets.reading import connection, quoted
from studio.engine.datasets.source import Source

BARS = 24
TOP = 8
NUMBERS = ("int", "uint", "float", "double", "decimal", "halffloat")
TIMES = ("timestamp", "date")


def profile(source: Source, columns: list[Column], sample: int) -> dict[str, ColumnProfile]:
    """Profiles by column name. Tables longer than `sample` rows are profiled from that many rows drawn at random."""
    sampled = source.row_count > sample
    draw = f"USING SAMPLE {int(sample)} ROWS" if sampled else ""
    with connection() as database:
        database.execute(f"CREATE TABLE data AS SELECT * FROM {source.scan()} {draw}")
        return {column.name: _one(database, column, sampled) for column in columns}


def _one(database: Any, column: Column, sampled: bool) -> ColumnProfile:
    name = quoted(column.name)
    number, time = column.type.startswith(NUMBERS), column.type.startswith(TIMES)
    mean = f"avg({name})::DOUBLE, median({name})::DOUBLE" if number else "NULL, NULL"
    sql = f"SELECT count(*), count({name}), approx_count_distinct({name}), min({name})::VARCHAR, max({name})::VARCHAR, {mean}"
    if column.type in ("struct", "list", "map"):
        sql = f"SELECT count(*), count({name}), approx_count_distinct({name}), NULL, NULL, NULL, NULL"
    rows, present, distinct, low, high, average, median = database.execute(f"{sql} FROM data").fetchone()
    found = ColumnProfile(
        name=column.name, type=column.type, rows=rows, sampled=sampled, nulls=rows - present, distinct=min(distinct, present),
        low=low, high=high, mean=average, median=median,
    )  # fmt: skip
    if number or time:
        found.histogram = _histogram(database, name, time)
    if not time and column.type not in ("struct", "list", "map"):
        found.distinct = _exact_distinct(database, name, found.distinct)
        found.top = _top(database, name)
    return found


def _exact_distinct(database: Any, name: str, about: int) -> int:
    """The approximation is good enough for many values; few ones are counted."""
    if about > 10_000:
        return about
    return int(database.execute(f"SELECT count(DISTINCT {name}) FROM data").fetchone()[0])


def _histogram(database: Any, name: str, time: bool) -> list[Bar]:
    value = f"epoch({name}::TIMESTAMP)" if time else f"{name}::DOUBLE"
    sql = f"""
    WITH v AS (SELECT {value} AS x FROM data WHERE {name} IS NOT NULL AND isfinite({value})),
         r AS (SELECT min(x) AS low, max(x) AS high FROM v)
    SELECT least(floor((x - low) / nullif(high - low, 0) * {BARS}), {BARS - 1})::INT AS bar, count(*), any_value(low), any_value(high)
    FROM v, r GROUP BY bar ORDER BY bar
    """
    rows = database.execute(sql).fetchall()
    if not rows:
        return []
    low, high = rows[0][2], rows[0][3]
    if high == low:
        return [_bar(low, low, sum(row[1] for row in rows), time)]
    counts = {row[0]: row[1] for row in rows}
    step = (high - low) / BARS
    return [_bar(low + step * bar, low + step * (bar + 1), counts.get(bar, 0), time) for bar in range(BARS)]


def _bar(low: float, high: float, count: int, time: bool) -> Bar:
    if not time:
        return Bar(label=f"{low:g} – {high:g}", count=count, low=low, high=high)
    from datetime import UTC, datetime

    first, last = (datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M") for moment in (low, high))
    return Bar(label=f"{first} – {last}", count=count, low=first, high=last)


def _top(database: Any, name: str) -> list[Bar]:
    sql = f"SELECT {name}::VARCHAR, count(*) AS n FROM data WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP}"
    return [Bar(label=label[:200], count=count) for label, count in database.execute(sql).fetchall()]
