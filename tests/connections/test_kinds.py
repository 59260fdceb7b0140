"""Looking around in real database servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.connections.kind import kinds
from studio.engine.errors import StudioError
from tests.data_rooms import Rooms, open_rooms
from tests.servers import mariadb as mysql_server
from tests.servers import postgres as postgres_server
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres


def of_mysql(server: MariaDb, **changed: object) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "user": mysql_server.USER,
        "password": mysql_server.PASSWORD,
        **changed,
    }


def of_postgres(server: Postgres, **changed: object) -> dict[str, object]:
    values = {"host": "127.0.0.1", "port": server.port, "user": postgres_server.USER}
    return {**values, "password": postgres_server.PASSWORD, **changed}


def test_every_kind_says_what_it_needs_in_both_languages_and_keeps_its_password_apart() -> None:
    assert set(kinds.all()) == {"s3", "mysql", "postgresql", "web"} and not kinds.failures
    for kind in kinds:
        assert kind.title.en and kind.title.zh
        assert len(kind.secret_names()) == 1


@pytest.mark.server
async def test_mysql_shows_its_databases_and_their_tables(rooms: Rooms, mariadb: MariaDb) -> None:
    mariadb.run(
        "CREATE DATABASE IF NOT EXISTS `sup port`; USE `sup port`; DROP TABLE IF EXISTS `tick.ets/新`, empty;"
        "CREATE TABLE `tick.ets/新` (id int); INSERT INTO `tick.ets/新` VALUES (1), (2); CREATE TABLE empty (id int)"
    )
    made = await rooms.connections.add("mysql", "support", of_mysql(mariadb))
    assert made.state == "reachable", made.reason
    found = {each.name: each for each in await rooms.connections.branches("support")}
    assert found["sup port"].count == 2 and "mysql" not in found and not found["sup port"].leaf
    tables = await rooms.connections.branches("support", ("sup port",))
    assert [(each.name, each.leaf) for each in tables] == [("empty", True), ("tick.ets/新", True)]
    assert tables[1].address.startswith(f"mysql://studio@127.0.0.1:{mariadb.port}/sup%20port/tick%2Eets%2F")


@pytest.mark.server
async def test_postgresql_shows_databases_schemas_and_tables(rooms: Rooms, postgres: Postgres) -> None:
    postgres.run('CREATE SCHEMA IF NOT EXISTS "s.h"; CREATE TABLE IF NOT EXISTS "s.h"."Or ders" (id int)')
    postgres.run("CREATE TABLE IF NOT EXISTS seen AS SELECT * FROM generate_series(1, 1000); ANALYZE seen")
    await rooms.connections.add("postgresql", "finance", of_postgres(postgres))
    assert "postgres" in [each.name for each in await rooms.connections.branches("finance")]
    schemas = {each.name for each in await rooms.connections.branches("finance", ("postgres",))}
    assert {"public", "s.h"} <= schemas and not any(each.startswith("pg_") for each in schemas)
    (table,) = await rooms.connections.branches("finance", ("postgres", "s.h"))
    assert table.address.endswith("/postgres/s%2Eh.Or%20ders")
    public = {each.name: each for each in await rooms.connections.branches("finance", ("postgres", "public"))}
    assert public["seen"].count == 1000 and public["seen"].about and public["seen"].address.endswith("/postgres/seen")


@pytest.mark.server
@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
async def test_a_wrong_password_asks_to_sign_in_and_stands_in_no_error(
    rooms: Rooms, mariadb: MariaDb, postgres: Postgres, kind: str
) -> None:
    word = "not-the-word"
    values = of_mysql(mariadb, password=word) if kind == "mysql" else of_postgres(postgres, password=word)
    made = await rooms.connections.add(kind, "wrong", values)
    assert made.state == "sign_in", made.reason
    with pytest.raises(StudioError) as caught:
        await rooms.connections.branches("wrong")
    told = str(caught.value.as_dict()) + repr(caught.value.__cause__) + repr(caught.value.__context__)
    assert word not in told and "Sign in" in told
    right = mysql_server.PASSWORD if kind == "mysql" else postgres_server.PASSWORD
    assert (await rooms.connections.change("wrong", password=right)).state == "reachable"


@pytest.mark.server
@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
async def test_a_server_that_is_down_is_named_and_comes_back(
    rooms: Rooms, mariadb: MariaDb, postgres: Postgres, kind: str
) -> None:
    server: MariaDb | Postgres = mariadb if kind == "mysql" else postgres
    values = of_mysql(mariadb) if kind == "mysql" else of_postgres(postgres)
    server.stop()
    try:
        made = await rooms.connections.add(kind, "down", values)
        assert made.state == "unreachable" and made.reason is not None
        assert str(server.port) in made.reason.en and str(server.port) in made.reason.zh
    finally:
        server.start()
    assert (await rooms.connections.check("down")).state == "reachable"


@pytest.mark.server
async def test_while_the_studio_stays_offline_loopback_is_reached_and_nothing_else(
    rooms: Rooms, mariadb: MariaDb
) -> None:
    await rooms.settings.set("privacy.offline", True)
    assert (await rooms.connections.add("mysql", "near", of_mysql(mariadb))).state == "reachable"
    far = await rooms.connections.add("mysql", "far", of_mysql(mariadb, host="203.0.113.7"))
    assert far.state == "unreachable" and far.reason is not None and "offline" in far.reason.en


async def test_a_connection_of_a_plug_in_that_is_gone_keeps_nothing_from_starting(tmp_path: Path) -> None:
    from studio.engine.connections.connection import Connection
    from studio.engine.connections.notes import Notes

    async with open_rooms(tmp_path / "home") as rooms:
        lost = Connection(id="conn-1", name="old", kind="oracle", settings={}, created_at=0.0)
        await Notes(rooms.datasets._records._catalog).write([lost])
    async with open_rooms(tmp_path / "home") as rooms:
        assert (await rooms.connections.check("old")).name == "old"
        assert await rooms.connections.at("mysql://a@b:1") is None
        await rooms.connections.remove("old")
        assert await rooms.connections.list() == []
