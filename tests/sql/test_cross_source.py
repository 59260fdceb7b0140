"""One query over a file, a table of a database server and Parquet in a bucket; each of them real."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import quote

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.errors import StudioError
from tests.data_rooms import Rooms
from tests.servers import mariadb as mysql_server
from tests.servers.mariadb import MariaDb
from tests.servers.seaweed import KEY, SECRET, Seaweed

pytestmark = pytest.mark.server
MYSQL = """
DROP DATABASE IF EXISTS crm; CREATE DATABASE crm; USE crm;
CREATE TABLE customers (id bigint, name varchar(40), region varchar(20));
INSERT INTO customers VALUES (1, '李静', '华南'), (2, 'Marta Ruiz', 'EMEA'), (3, '周晓彤', '华南');
"""
JOINED = """
SELECT c.region, r.label, count(*) AS orders, sum(o.amount) AS amount
FROM orders o JOIN customers c ON o.customer = c.id JOIN regions r ON c.region = r.region
GROUP BY ALL ORDER BY region"""


@pytest.fixture
async def sources(rooms: Rooms, mariadb: MariaDb, seaweed: Seaweed, tmp_path: Path) -> Rooms:
    mariadb.run(MYSQL)
    word = quote(mysql_server.PASSWORD, safe="")
    await rooms.datasets.register(
        f"mysql://{mysql_server.USER}:{word}@127.0.0.1:{mariadb.port}/crm/customers", "customers"
    )
    bucket, sink = seaweed.empty("warehouse"), io.BytesIO()
    numbers = range(30_000)
    table = pyarrow.table({"id": numbers, "customer": [n % 3 + 1 for n in numbers], "amount": [n % 7 for n in numbers]})
    pyarrow.parquet.write_table(table, sink)
    seaweed.client().put_object(bucket, "orders/part.parquet", io.BytesIO(sink.getvalue()), len(sink.getvalue()))
    await rooms.connections.add("s3", "lake", {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET})
    await rooms.datasets.register(f"s3://{bucket}/orders/", "orders")
    (tmp_path / "regions.csv").write_text("region,label\n华南,South China\nEMEA,Europe\n")
    await rooms.datasets.register(tmp_path / "regions.csv")
    return rooms


async def test_a_csv_is_joined_with_a_mysql_table_and_parquet_in_a_bucket(sources: Rooms) -> None:
    expected = {region: [0, 0] for region in ("EMEA", "华南")}
    for number in range(30_000):
        region = "EMEA" if number % 3 + 1 == 2 else "华南"
        expected[region][0] += 1
        expected[region][1] += number % 7
    rows = (await sources.sql.query(JOINED)).rows
    assert [(row["region"], [row["orders"], int(row["amount"])]) for row in rows] == list(expected.items())
    assert [row["label"] for row in rows] == ["Europe", "South China"]
    read = await sources.sql.scanned(JOINED)
    assert read is not None and 0 < read.bytes < read.of


async def test_the_result_is_kept_with_all_three_as_its_sources(sources: Rooms) -> None:
    saved = await sources.sql.save_as(JOINED, "by region")
    names = ("customers", "orders", "regions")
    ids = {(await sources.datasets.get(name)).id for name in names}
    assert set(saved.statistics["origin"]["datasets"]) == ids and saved.row_count == 2


async def test_no_key_or_password_is_reached_by_a_query(sources: Rooms) -> None:
    for attempt in ("FROM duckdb_secrets()", "FROM which_secret('s3://warehouse/x', 's3')", "FROM duckdb_databases()"):
        with pytest.raises(StudioError) as caught:
            await sources.sql.query(f"SELECT * {attempt}")
        assert SECRET not in str(caught.value) and mysql_server.PASSWORD not in str(caught.value)


async def test_a_source_that_is_gone_is_named_and_the_others_go_on(sources: Rooms, mariadb: MariaDb) -> None:
    files = await sources.datasets.get("regions")
    Path(files.storage_path).unlink()
    with pytest.raises(StudioError, match=r"regions\.csv"):
        await sources.sql.query(JOINED)
    assert (await sources.sql.query("SELECT count(*) AS n FROM orders JOIN customers c ON customer = c.id")).rows == [
        {"n": 30_000}
    ]
