"""Datasets in buckets of a real S3 server: Parquet is read where it lies."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from studio.engine.datasets.locked import Locked
from studio.engine.errors import Forbidden, StudioError, Unavailable
from tests.data_rooms import Rooms
from tests.servers.seaweed import KEY, SECRET, Seaweed

pytestmark = pytest.mark.server
ROWS = 100_000


@pytest.fixture
async def lake(rooms: Rooms, seaweed: Seaweed) -> str:
    """A bucket with two hive partitions of Parquet, a file of a job, and a CSV beside."""
    bucket = seaweed.empty("lake")
    for year in (2024, 2025):
        put(seaweed, bucket, f"sales 华东/year={year}/part 1.parquet", parquet(year))
    put(seaweed, bucket, "sales 华东/_SUCCESS", b"")
    put(seaweed, bucket, "prices.csv", "sku,价格\nK7,12345678901234567\n".encode())
    await rooms.connections.add("s3", "lake", {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET})
    return bucket


def parquet(year: int) -> bytes:
    numbers = range(year * ROWS, year * ROWS + ROWS)
    table = pa.table({"id": pa.array(numbers, "int64"), "name": [f"name {number}" for number in numbers]})
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink, row_group_size=20_000)
    return sink.getvalue()


def put(seaweed: Seaweed, bucket: str, key: str, content: bytes) -> None:
    seaweed.client().put_object(bucket, key, io.BytesIO(content), len(content))


def downloaded(rooms: Rooms) -> int:
    """Bytes that lie in the cache."""
    return sum(file.stat().st_size for file in rooms.paths.cache.rglob("*") if file.is_file())


async def test_parquet_is_described_paged_filtered_and_queried_without_a_copy(rooms: Rooms, lake: str) -> None:
    made = await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    assert (made.status, made.format, made.row_count) == ("active", "parquet", 2 * ROWS), made.status_reason
    assert [column.name for column in made.columns] == ["id", "name", "year"]
    page = await rooms.datasets.page("sales", ROWS + 43_456, 3)
    assert page["id"].to_pylist() == [2025 * ROWS + 43_456 + number for number in range(3)]
    assert page["year"].to_pylist() == [2025] * 3
    assert await rooms.datasets.count("sales", "year = 2025 AND id % 1000 = 7") == 100
    ordered = await rooms.datasets.page("sales", 0, 2, order=("id", True))
    assert ordered["id"].to_pylist() == [2026 * ROWS - 1, 2026 * ROWS - 2]
    result = await rooms.sql.query("SELECT year, count(*) AS n FROM sales GROUP BY year ORDER BY year")
    assert result.table.to_pylist() == [{"year": 2024, "n": ROWS}, {"year": 2025, "n": ROWS}]
    assert (await rooms.datasets.profile("sales"))["id"].nulls == 0
    assert downloaded(rooms) < 100_000


async def test_other_formats_are_brought_here_once_and_nothing_beside_them(rooms: Rooms, lake: str) -> None:
    await rooms.datasets.register(f"s3://{lake}/prices.csv", "prices")
    page = await rooms.datasets.page("prices", 0, 10)
    assert page.to_pylist() == [{"sku": "K7", "价格": 12345678901234567}]
    assert downloaded(rooms) < 100_000
    (file,) = await rooms.datasets.files("prices")
    assert file.read_bytes().startswith(b"sku")


async def test_files_of_remote_parquet_are_local_copies_for_whoever_asks(rooms: Rooms, lake: str) -> None:
    await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    files = await rooms.datasets.files("sales")
    assert sum(pyarrow.parquet.read_metadata(file).num_rows for file in files) == 2 * ROWS


async def test_a_csv_joins_with_parquet_in_a_bucket(rooms: Rooms, lake: str, tmp_path: Path) -> None:
    (tmp_path / "wanted.csv").write_text(f"id\n{2024 * ROWS + 5}\n{2025 * ROWS + 6}\n")
    await rooms.datasets.register(tmp_path / "wanted.csv", "wanted")
    await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    found = await rooms.sql.query("SELECT s.name FROM wanted w JOIN sales s ON s.id = w.id ORDER BY 1")
    assert found.table["name"].to_pylist() == [f"name {2024 * ROWS + 5}", f"name {2025 * ROWS + 6}"]


async def test_the_batches_of_a_large_dataset_arrive_one_after_the_other(rooms: Rooms, lake: str) -> None:
    await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    rows = [batch.num_rows async for batch in rooms.datasets.batches("sales", ["id"], size=50_000)]
    assert sum(rows) == 2 * ROWS and max(rows) <= 50_000


async def test_a_bucket_that_vanishes_during_a_scan_is_named_and_hurts_no_other_dataset(
    rooms: Rooms, lake: str, seaweed: Seaweed, tmp_path: Path
) -> None:
    (tmp_path / "here.csv").write_text("a\n1\n")
    await rooms.datasets.register(tmp_path / "here.csv", "here")
    content = parquet(2025)
    for number in range(40):  # more than is fetched ahead
        put(seaweed, lake, f"sales 华东/year=2025/part {number}.parquet", content)
    await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    scan = rooms.datasets.batches("sales", size=2048)
    assert (await anext(scan)).num_rows
    seaweed.empty(lake)
    with pytest.raises(Unavailable, match=lake):
        async for _ in scan:
            pass
    with pytest.raises(Unavailable, match=lake):
        await rooms.datasets.page("sales", 30 * ROWS, 10)
    with pytest.raises(Unavailable, match=f"{lake}|in a bucket"):
        await rooms.sql.query("SELECT sum(id), max(name) FROM sales")
    assert (await rooms.datasets.refresh("sales")).status == "unreachable"
    assert (await rooms.datasets.page("here", 0, 5)).num_rows == 1
    put(seaweed, lake, "sales 华东/year=2025/part 1.parquet", parquet(2025))
    assert (await rooms.datasets.refresh("sales")).status == "active"
    assert (await rooms.datasets.page("sales", 0, 1))["id"].to_pylist() == [2025 * ROWS]


async def test_a_dataset_whose_server_is_down_is_registered_and_comes_back_by_itself(
    rooms: Rooms, lake: str, seaweed: Seaweed
) -> None:
    seaweed.stop()
    try:
        made = await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
        assert made.status == "unreachable" and made.status_reason is not None
        with pytest.raises(StudioError, match=lake):
            await rooms.datasets.page("sales", 0, 1)
    finally:
        seaweed.start()
    assert (await rooms.datasets.get("sales")).status == "active"
    assert (await rooms.datasets.page("sales", 0, 1)).num_rows == 1


async def test_the_keys_of_a_bucket_are_read_by_no_query_and_stand_in_no_error(rooms: Rooms, lake: str) -> None:
    await rooms.datasets.register(f"s3://{lake}/sales 华东/", "sales")
    await rooms.datasets.page("sales", 0, 1)
    attempts = [
        "SELECT * FROM duckdb_secrets()", "FROM duckdb_secrets(redact=false)", "SELECT * FROM duckdb_settings()",
        "SELECT * FROM which_secret('s3://lake/x', 's3')", "SELECT which_secret('s3://lake/x', 's3') FROM sales",
        f"SELECT * FROM read_parquet('s3://{lake}/sales 华东/year=2025/part 1.parquet')",
        f"SELECT * FROM 's3://{lake}/sales 华东/year=2025/part 1.parquet'", "SELECT * FROM sales, duckdb_secrets()",
        "CREATE SECRET s (TYPE s3)", "LOAD httpfs", "INSTALL httpfs",
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(StudioError) as caught:
            await rooms.sql.query(attempt)
        told = str(caught.value.as_dict())
        assert (SECRET not in told and isinstance(caught.value, Forbidden)) or "SqlProblem" in told, attempt
    source = await rooms.datasets.source("sales")
    assert SECRET not in repr(source)
    locked = Locked({"sales": source.dataset()})
    try:
        assert SECRET not in str(locked._database.execute("SELECT * FROM sales LIMIT 1").fetchall())
    finally:
        locked.close()
