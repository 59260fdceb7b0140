"""Registering and opening: Parquet files and folders, CSV in the background, beside DuckDB and pyarrow alone in the same run.

python benchmarks/data/opening.py [--files 1000] [--rows 20000000] [--csv-mb 1024] [--repeat 5]

The floor of a folder is one `read_parquet` over it: DuckDB reads all footers with `union_by_name`, as the studio does. The
floor of a CSV file is one `COPY (FROM read_csv(…)) TO … (FORMAT parquet)` with the same number of threads.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter

os.environ.setdefault("ONE_DATA_KEYRING", "file")
sys.path.insert(0, str(Path(__file__).parents[2]))

import duckdb

from tests.data_rooms import Rooms, open_rooms

THREADS = 2
ORDERS = """SELECT range AS id, TIMESTAMP '2019-01-01' + INTERVAL (range) SECOND AS at, 'customer ' || (range % 5000) AS name,
    ['华东', '华南', 'EMEA'][1 + range % 3] AS region, (range % 5)::INT AS qty, (range % 100000 / 7)::DECIMAL(12, 2) AS amount
    FROM range({rows})"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=1000)
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--csv-mb", type=int, default=1024)
    options.add_argument("--repeat", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(chosen, Path(folder)))


async def measure(chosen: argparse.Namespace, folder: Path) -> None:
    database = duckdb.connect(config={"threads": THREADS})
    if chosen.rows:
        await one_file(database, folder, chosen.rows, chosen.repeat)
    if chosen.files:
        await many_files(database, folder, chosen.files, chosen.repeat)
    if chosen.csv_mb:
        await long_csv(database, folder, chosen.csv_mb)


async def one_file(database: duckdb.DuckDBPyConnection, folder: Path, rows: int, repeat: int) -> None:
    file = folder / "orders.parquet"
    database.execute(f"COPY ({ORDERS.format(rows=rows)}) TO '{file}' (FORMAT parquet)")
    raw = f"SELECT count(*) FROM read_parquet('{file}')"
    floor = [timed(lambda: duckdb.connect(config={"threads": THREADS}).execute(raw).fetchall()) for _ in range(repeat)]

    async def look(rooms: Rooms) -> None:
        dataset = await rooms.datasets.register(file)
        assert (dataset.row_count, len(dataset.columns)) == (rows, 6) and dataset.size_bytes

    tell(f"schema, count and size of a Parquet file of {rows:,} rows", await fresh(look, repeat), floor)


async def many_files(database: duckdb.DuckDBPyConnection, folder: Path, files: int, repeat: int) -> None:
    parts = folder / "parts"
    parts.mkdir()
    database.execute(f"COPY ({ORDERS.format(rows=10_000)}) TO '{parts / '00000.parquet'}' (FORMAT parquet)")
    for number in range(1, files):
        shutil.copyfile(parts / "00000.parquet", parts / f"{number:05}.parquet")
    raw = f"SELECT count(*) FROM read_parquet('{parts}/*.parquet', union_by_name=true)"
    floor = [timed(lambda: duckdb.connect(config={"threads": THREADS}).execute(raw).fetchall()) for _ in range(repeat)]

    async def look(rooms: Rooms) -> None:
        dataset = await rooms.datasets.register(parts)
        assert (dataset.row_count, dataset.statistics["files"]) == (files * 10_000, files)

    tell(f"a folder of {files:,} Parquet files: schema, count and size", await fresh(look, repeat), floor)

    async def first_page(rooms: Rooms) -> None:
        dataset = await rooms.datasets.register(parts)
        assert (await rooms.datasets.page(dataset.id, 0, 100)).num_rows == 100

    tell("the same to its first hundred rows", await fresh(first_page, repeat), floor)


async def long_csv(database: duckdb.DuckDBPyConnection, folder: Path, megabytes: int) -> None:
    file, out = folder / "orders.csv", folder / "orders copy.parquet"
    rows = megabytes * 1_000_000 // 55
    database.execute(f"COPY ({ORDERS.format(rows=rows)}) TO '{file}' (FORMAT csv)")
    size = file.stat().st_size / 1e6
    copy = f"COPY (FROM read_csv('{file}')) TO '{out}' (FORMAT parquet)"
    floor = [timed(lambda: duckdb.connect(config={"threads": THREADS}).execute(copy).fetchall())]

    async def first(rooms: Rooms) -> None:
        dataset = await rooms.datasets.register(file)
        assert (await rooms.datasets.page(dataset.id, 0, 100)).num_rows == 100

    async def whole(rooms: Rooms) -> None:
        dataset = await rooms.datasets.register(file)
        assert await rooms.datasets.count(dataset.id) == rows

    tell(f"a CSV file of {size:,.0f} MB: first hundred rows, the rest in the background", await fresh(first, 3), floor)
    tell(f"a CSV file of {size:,.0f} MB, {rows:,} rows: all read", await fresh(whole, 1), floor)


async def fresh(work: Callable[[Rooms], Awaitable[None]], repeat: int) -> list[float]:
    """Seconds of the work in rooms that know nothing, each time anew."""
    seconds = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as home:
            async with open_rooms(Path(home)) as rooms:
                began = perf_counter()
                await work(rooms)
                seconds.append(perf_counter() - began)
                for job in rooms.jobs.running():
                    await rooms.jobs.cancel(job.id)
    return seconds


def timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def tell(what: str, seconds: list[float], floor: list[float]) -> None:
    ours, raw = statistics.median(seconds), statistics.median(floor)
    print(
        f"{what}: {ours:.3f} s (worst {max(seconds):.3f}), DuckDB alone {raw:.3f} s, {ours / raw:.2f} times", flush=True
    )


if __name__ == "__main__":
    main()
