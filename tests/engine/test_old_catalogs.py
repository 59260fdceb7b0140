"""A catalog of an older studio is brought to this version, and nothing in it is lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from studio.engine.catalog import Catalog
from studio.engine.catalog.catalog import MIGRATIONS, connect
from studio.engine.catalog.tables import dataset_versions, datasets

COLUMNS = [{"name": "id", "type": "int64", "nullable": True, "description": "the key"}]


def old_catalog(file: Path, revision: str) -> None:
    """A catalog as the studio of that migration left it, with one dataset at version 4."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = connect(file)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO datasets VALUES ('ds-001', 'orders', 'all of them', 'local', '/data/orders.csv', 'csv', 'active', NULL, 12, "
            "340, '[\"sales\"]', ?, '{}', 4, 'f00d', 1.0, 2.0, NULL)",
            [json.dumps(COLUMNS)],
        )


async def test_a_dataset_of_the_first_studio_keeps_everything_and_has_a_version(tmp_path: Path) -> None:
    old_catalog(tmp_path / "catalog.db", "0001")
    catalog = Catalog(tmp_path / "catalog.db")
    await catalog.start()
    try:
        [dataset] = await catalog.read(lambda connection: connection.execute(select(datasets)).mappings().all())
        [version] = await catalog.read(lambda connection: connection.execute(select(dataset_versions)).mappings().all())
    finally:
        await catalog.close()
    assert (dataset["name"], dataset["tags"], dataset["columns"], dataset["owner"]) == (
        "orders",
        ["sales"],
        COLUMNS,
        "",
    )
    assert (version["dataset_id"], version["number"], version["path"]) == ("ds-001", 4, "/data/orders.csv")
    assert (version["rows"], version["columns"], version["origin"]) == (12, COLUMNS, {"kind": "registered"})
    assert version["id"].startswith("ver-") and version["kept"] is None
