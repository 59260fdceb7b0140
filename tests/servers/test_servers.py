"""The servers that other tests use are the real ones."""

from __future__ import annotations

import pytest

from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres
from tests.servers.seaweed import Seaweed

pytestmark = pytest.mark.server


def test_an_object_survives_the_end_of_the_s3_server(seaweed: Seaweed) -> None:
    assert seaweed.client().get_object("ready", "ready").read() == b"ready"
    seaweed.stop()
    seaweed.start()
    assert seaweed.client().get_object("ready", "ready").read() == b"ready"


def test_mariadb_answers(mariadb: MariaDb) -> None:
    assert "MariaDB" in mariadb.run("SELECT version()")


def test_postgresql_answers(postgres: Postgres) -> None:
    assert postgres.run("SELECT version()").startswith("PostgreSQL")
