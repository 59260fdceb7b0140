"""A million rows over HTTP as an Arrow stream, beside DuckDB's own table and IPC write: `python benchmarks/data/http_stream.py`.

The studio serves in a process of its own; client and peer run here, one after the other, several times in turn. The peer
does what any server has to do at least: DuckDB reads the Parquet into an Arrow table, which is written as an IPC stream
into memory. Ratio = peer's median / ours; the aim is 0.7.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ["ONE_DATA_KEYRING"] = "file"

import duckdb
import httpx
import pyarrow as pa

from tests.conftest import serve, stop


def make(file: Path, rows: int) -> None:
    """Eight columns of what tables are made of."""
    columns = """i AS id, TIMESTAMP '2025-01-01' + INTERVAL 1 SECOND * i AS at, hash(i) % 100000 AS customer,
        'region ' || (hash(i * 7) % 12) AS region, 'K' || (hash(i * 3) % 400) || ' 水泵' AS product,
        (hash(i * 5) % 1000000 / 100)::DECIMAL(12, 2) AS amount, random() AS score, hash(i * 11) % 9 = 0 AS returned"""
    duckdb.sql(f"COPY (SELECT {columns} FROM range({rows}) t(i)) TO '{file}' (FORMAT parquet)")


def peer(file: Path) -> tuple[float, int]:
    """DuckDB's own table and its bytes."""
    began = time.perf_counter()
    with duckdb.connect() as database:
        table = database.execute("SELECT * FROM read_parquet(?)", [str(file)]).to_arrow_table()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return time.perf_counter() - began, sink.getvalue().size


def ours(url: str) -> tuple[float, int]:
    """The same rows, until the last byte has arrived."""
    began, size = time.perf_counter(), 0
    with httpx.stream("GET", url, trust_env=False, timeout=120) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            size += len(piece)
    return time.perf_counter() - began, size


def read(home: Path) -> tuple[float, int]:
    """The same through the SDK, as an Arrow table."""
    os.environ["ONE_DATA_HOME"] = str(home)
    from cube_sdk import Dataset

    began = time.perf_counter()
    table = Dataset.get("million").read(as_="arrow")
    return time.perf_counter() - began, table.num_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, home = Path(folder) / "million.parquet", Path(folder) / "home"
        make(file, given.rows)
        running = serve(home)
        try:
            body = {"name": "million", "path": str(file)}
            dataset = httpx.post(f"{running.url}/api/v1/datasets", json=body, trust_env=False).json()["data"]["id"]
            url = f"{running.url}/api/v1/datasets/{dataset}/data?format=arrow"
            times: dict[str, list[float]] = {"peer": [], "ours": [], "sdk": []}
            for _ in range(given.times + 1):
                times["peer"].append(peer(file)[0])
                seconds, size = ours(url)
                times["ours"].append(seconds)
                times["sdk"].append(read(home)[0])
        finally:
            stop(running)
    middle = {name: statistics.median(found[1:]) for name, found in times.items()}
    print(
        f"{given.rows:,} rows, {size / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {given.times} times"
    )
    print(f"DuckDB to_arrow_table + IPC write  {middle['peer'] * 1000:6.0f} ms")
    print(
        f"HTTP Arrow stream                  {middle['ours'] * 1000:6.0f} ms   ratio {middle['peer'] / middle['ours']:.2f}"
    )
    print(
        f"cube_sdk read(as_='arrow')         {middle['sdk'] * 1000:6.0f} ms   ratio {middle['peer'] / middle['sdk']:.2f}"
    )


if __name__ == "__main__":
    main()
