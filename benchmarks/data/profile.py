"""The profile of all rows of a long Parquet, beside the same aggregates written straight in DuckDB, in the same run.

    python benchmarks/data/profile.py [--rows 20000000] [--runs 3] [--file kept.parquet]

Straight in DuckDB means: one statement with count, approximate distinct count, least, greatest, mean, deviation and seven
quantiles of every column, then one GROUP BY for each histogram and one for the most frequent values of each column with few
different ones. Both sides have two threads; they take turns, so that other work on the machine hits both. Processor time is
printed too, which other work does not change.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
QUANTILES = "[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]"
NUMBERS, TEXTS = ["order_id", "qty", "amount", "rating", "score"], ["customer", "region", "product", "status"]


def straight(file: Path) -> None:
    """What somebody would write who knows the table."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as database:
        parts = []
        for name in [*NUMBERS, *TEXTS, "ordered_at"]:
            parts += [f"count({name})", f"approx_count_distinct({name})", f"min({name})", f"max({name})"]
        parts += [f"avg({name}), stddev_pop({name}::DOUBLE)" for name in NUMBERS]
        parts += [f"approx_quantile({name}, {QUANTILES})" for name in [*NUMBERS, "ordered_at"]]
        parts += [f"min(length({name})), max(length({name})), count(*) FILTER ({name} = '')" for name in TEXTS]
        database.execute(f"SELECT count(*), {', '.join(parts)} FROM '{file}'").fetchall()
        for value in [f"{name}::DOUBLE" for name in NUMBERS] + ["epoch(ordered_at)"]:
            ends = f"SELECT min({value}), max({value}) FROM '{file}'"
            low, high = database.execute(ends).fetchone() or (0, 1)
            bar = f"least(floor(({value} - {low}) * {24 / (high - low)}), 23)::UTINYINT"
            database.execute(f"SELECT {bar} AS bar, count(*) FROM '{file}' GROUP BY bar").fetchall()
        for name in [*TEXTS, "qty", "rating"]:
            counted = f"SELECT {name}, count(*) AS n FROM '{file}' WHERE {name} IS NOT NULL GROUP BY 1"
            database.execute(f"SELECT * FROM ({counted}) ORDER BY n DESC LIMIT 8").fetchall()


def ours(file: Path) -> None:
    from studio.engine.datasets.dataset import columns_of
    from studio.engine.datasets.profile import profile
    from studio.engine.datasets.source import open_parquet

    source = open_parquet([file])
    found = profile(source, columns_of(source.schema), source.row_count)
    assert not any(each.sampled for each in found.values())


def sampled(file: Path) -> None:
    from studio.engine.datasets.dataset import columns_of
    from studio.engine.datasets.profile import profile
    from studio.engine.datasets.source import open_parquet

    source = open_parquet([file])
    profile(source, columns_of(source.schema), 200_000)


def timed(work: Callable[[Path], None], file: Path) -> tuple[float, float]:
    wall, own = time.perf_counter(), time.process_time()
    work(file)
    return time.perf_counter() - wall, time.process_time() - own


def main() -> None:
    from browser import make

    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = make(chosen.rows, chosen.file or Path(folder) / "orders.parquet")
        print(f"load {os.getloadavg()[0]:.1f}, {chosen.rows:,} rows, {chosen.runs} runs in turns")
        kinds = {"profile of all rows": ours, "straight in DuckDB": straight, "profile of a sample": sampled}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for _ in range(chosen.runs):
            for name, work in kinds.items():
                times[name].append(timed(work, file))
    middle = {
        name: tuple(statistics.median(each) for each in zip(*found, strict=True)) for name, found in times.items()
    }
    for name, (wall, own) in middle.items():
        print(f"| {name} | {wall:.1f} s | {own:.1f} s own |")
    a, b = middle["profile of all rows"], middle["straight in DuckDB"]
    print(f"ratio {a[0] / b[0]:.2f} by the clock, {a[1] / b[1]:.2f} by processor time; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
