"""Tables of real database servers as datasets."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from studio.engine.errors import BadParameter, StudioError, Unavailable
from tests.data_rooms import Rooms
from tests.servers import mariadb as mysql_server
from tests.servers import postgres as postgres_server
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.server
MYSQL = """
DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
CREATE TABLE `订单 orders` (id bigint unsigned, amount decimal(20,4), huge decimal(60,20), region varchar(20), at datetime(6),
  flag tinyint(1), kind enum('a','b'), duration time);
INSERT INTO `订单 orders` VALUES (18446744073709551615, 1234567890123456.7891, 1.00000000000000000001, '华南',
  '2025-01-01 10:00:00.123456', 2, 'a', '838:59:59'), (2, NULL, NULL, '', NULL, NULL, NULL, NULL)
"""
POSTGRES = """
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE shop.orders (id bigint, amount numeric(20,4), free numeric, region text, at timestamptz, code uuid, parts int[], body jsonb, took interval);
INSERT INTO shop.orders VALUES (9223372036854775807, 1234567890123456.7891, 3.14159265358979323846264338327950288, '华南', '2025-01-01T10:00:00Z',
  '11111111-2222-3333-4444-555555555555', '{1,2}', '{"a": 1}', '1 day'), (2, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL);
"""


@pytest.fixture
def mysql_url(mariadb: MariaDb) -> str:
    mariadb.run(MYSQL)
    word = quote(mysql_server.PASSWORD, safe="")
    return f"mysql://{mysql_server.USER}:{word}@127.0.0.1:{mariadb.port}/shop/{quote('订单 orders')}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    postgres.run("DROP SCHEMA IF EXISTS shop CASCADE")
    postgres.run(POSTGRES)
    word = quote(postgres_server.PASSWORD, safe="")
    return f"postgres://{postgres_server.USER}:{word}@127.0.0.1:{postgres.port}/postgres/shop.orders"


async def test_a_mysql_table_is_registered_with_every_value_exact(rooms: Rooms, mysql_url: str) -> None:
    made = await rooms.datasets.register(mysql_url, "orders")
    assert (made.status, made.storage_type, made.row_count) == ("active", "mysql", 2), made.status_reason
    rows = (await rooms.datasets.page("orders", 0, 10, order=("id", True))).to_pylist()
    assert rows[0]["id"] == 18446744073709551615 and str(rows[0]["amount"]) == "1234567890123456.7891"
    assert rows[0]["huge"] == "1.00000000000000000001" and rows[0]["flag"] == 2 and rows[0]["duration"] == "838:59:59"
    assert rows[1]["region"] == "" and rows[1]["amount"] is None
    assert abs(made.statistics["taken_at"] - time.time()) < 60


async def test_a_postgresql_table_is_registered_with_every_value_exact(rooms: Rooms, postgres_url: str) -> None:
    made = await rooms.datasets.register(postgres_url, "orders")
    assert (made.status, made.storage_type, made.row_count) == ("active", "postgresql", 2), made.status_reason
    rows = (await rooms.datasets.page("orders", 0, 10, order=("id", True))).to_pylist()
    assert rows[0]["id"] == 9223372036854775807 and str(rows[0]["amount"]) == "1234567890123456.7891"
    assert rows[0]["free"] == "3.14159265358979323846264338327950288" and rows[0]["parts"] == [1, 2]
    assert rows[0]["code"] == "11111111-2222-3333-4444-555555555555" and "1 day" in rows[0]["took"]


async def test_the_password_is_in_the_keychain_and_in_no_address_file_or_error(
    rooms: Rooms, mysql_url: str, mariadb: MariaDb
) -> None:
    made = await rooms.datasets.register(mysql_url, "orders")
    assert ":" not in made.storage_path.partition("://")[2].partition("@")[0]
    word = mysql_server.PASSWORD
    for file in [each for each in rooms.paths.data.parent.rglob("*") if each.is_file()]:
        assert word.encode() not in file.read_bytes() and quote(word, safe="").encode() not in file.read_bytes(), file
    mariadb.stop()
    try:
        told = (await rooms.datasets.refresh("orders")).status_reason
        assert told is not None and word not in told.en + told.zh and str(mariadb.port) in told.en
    finally:
        mariadb.start()


async def test_rows_are_of_the_time_they_say_until_a_person_refreshes(
    rooms: Rooms, mysql_url: str, mariadb: MariaDb
) -> None:
    before = await rooms.datasets.register(mysql_url, "orders")
    mariadb.run("INSERT INTO shop.`订单 orders` (id) VALUES (3)")
    assert (await rooms.datasets.get("orders")).row_count == 2
    after = await rooms.datasets.refresh("orders")
    assert after.row_count == 3 and after.statistics["taken_at"] > before.statistics["taken_at"]
    assert len(list((rooms.paths.cache / "datasets").glob("*/ready.json"))) == 1


async def test_tables_of_two_servers_and_a_file_join(
    rooms: Rooms, mysql_url: str, postgres_url: str, tmp_path: Path
) -> None:
    (tmp_path / "names.csv").write_text("region,title\n华南,South\n")
    await rooms.datasets.register(tmp_path / "names.csv", "names")
    await rooms.datasets.register(mysql_url, "m")
    await rooms.datasets.register(postgres_url, "p")
    sql = "SELECT n.title, m.amount = p.amount AS same FROM m JOIN p USING (region) JOIN names n USING (region)"
    assert (await rooms.sql.query(sql)).table.to_pylist() == [{"title": "South", "same": True}]


async def test_a_large_table_shows_its_first_rows_while_the_rest_is_read(rooms: Rooms, postgres: Postgres) -> None:
    postgres.run("DROP TABLE IF EXISTS large")
    postgres.run(
        "CREATE TABLE large AS SELECT g AS id, md5(g::text) AS word FROM generate_series(1, 200000) g; ANALYZE large"
    )
    url = f"postgres://{postgres_server.USER}:{quote(postgres_server.PASSWORD, safe='')}@127.0.0.1:{postgres.port}/postgres/large"
    made = await rooms.datasets.register(url)
    assert made.name == "large" and made.statistics.get("reading") == "running"
    assert (await rooms.datasets.page("large", 0, 5)).num_rows == 5
    assert await rooms.datasets.count("large") == 200_000
    whole = await rooms.datasets.get("large")
    assert whole.row_count == 200_000 and "reading" not in whole.statistics and whole.version == 1


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
async def test_a_database_that_closes_the_connection_fails_that_dataset_alone_and_comes_back(
    rooms: Rooms, mysql_url: str, postgres_url: str, mariadb: MariaDb, postgres: Postgres, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "here.csv").write_text("a\n1\n")
    await rooms.datasets.register(tmp_path / "here.csv", "here")
    server: MariaDb | Postgres = mariadb if kind == "mysql" else postgres
    await rooms.datasets.register(mysql_url if kind == "mysql" else postgres_url, "orders")
    server.stop()
    try:
        gone = await rooms.datasets.refresh("orders")
        assert gone.status == "unreachable" and gone.status_reason is not None
        with pytest.raises(Unavailable, match=str(server.port)):
            await rooms.datasets.page("orders", 0, 1)
        assert (await rooms.datasets.page("here", 0, 5)).num_rows == 1
        assert [each.state for each in await rooms.connections.list()] == ["unreachable"]
    finally:
        server.start()
    assert (await rooms.datasets.get("orders")).status == "active"
    assert (await rooms.datasets.page("orders", 0, 5)).num_rows == 2


@pytest.mark.slow
async def test_a_connection_cut_in_the_middle_of_a_copy_leaves_no_half_table(rooms: Rooms, postgres: Postgres) -> None:
    postgres.run("DROP TABLE IF EXISTS cut")
    postgres.run(
        "CREATE TABLE cut AS SELECT g AS id, repeat(md5(g::text), 20) AS word FROM generate_series(1, 400000) g; ANALYZE cut"
    )
    url = f"postgres://{postgres_server.USER}:{quote(postgres_server.PASSWORD, safe='')}@127.0.0.1:{postgres.port}/postgres/cut"
    await rooms.datasets.register(url, "cut")
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()"
    while int(await asyncio.to_thread(postgres.run, end)) == 0:
        assert (await rooms.datasets.get("cut")).statistics.get("reading"), "it was over before it could be cut"
    with pytest.raises(StudioError, match=str(postgres.port)):
        await rooms.datasets.count("cut")
    assert not list((rooms.paths.cache / "datasets").glob("*/ready.json"))
    assert (await rooms.datasets.refresh("cut")).status == "active"
    assert await rooms.datasets.count("cut") == 400_000


async def test_an_address_without_a_table_and_one_that_is_not_there_say_so(
    rooms: Rooms, mysql_url: str, mariadb: MariaDb
) -> None:
    with pytest.raises(BadParameter, match="table"):
        await rooms.datasets.register(mysql_url.rpartition("/")[0])
    made = await rooms.datasets.register(f"{mysql_url.rpartition('/')[0]}/nothing")
    assert made.status == "unreachable" and made.status_reason is not None and "nothing" in made.status_reason.en


async def test_without_a_password_the_dataset_waits_for_a_sign_in(rooms: Rooms, mysql_url: str) -> None:
    bare = f"mysql://{mysql_server.USER}@{mysql_url.rpartition('@')[2]}"
    made = await rooms.datasets.register(bare, "orders")
    (connection,) = await rooms.connections.list()
    assert made.status == "unreachable" and connection.state == "sign_in"
    await rooms.connections.change(connection.id, password=mysql_server.PASSWORD)
    assert (await rooms.datasets.get("orders")).status == "active"
