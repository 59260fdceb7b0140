"""The table of attempts: what SQL must never do, whoever wrote it. To be run at every change of DuckDB's version."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.datasets.locked import Locked
from studio.engine.errors import StudioError
from tests.data_rooms import Rooms

ATTEMPTS = {
    "copy over the registered file": "COPY (SELECT 1 AS a) TO '{file}'",
    "copy the table": "COPY numbers TO '{file}' (FORMAT parquet)",
    "copy to a new file": "COPY numbers TO '{folder}/new.csv'",
    "copy from a file": "COPY numbers FROM '{file}'",
    "explain analyze copy": "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "explain copy": "EXPLAIN COPY (SELECT 1) TO '{file}'",
    "prepared copy": "PREPARE p AS COPY (SELECT 1) TO '{file}'",
    "execute": "EXECUTE p",
    "deallocate": "DEALLOCATE p",
    "copy in a common table": "WITH a AS (COPY (SELECT 1) TO '{file}') SELECT * FROM a",
    "insert in a common table": "WITH a AS (INSERT INTO numbers VALUES (9) RETURNING *) SELECT * FROM a",
    "read_text": "SELECT content FROM read_text('/etc/passwd')",
    "read_blob": "SELECT content FROM read_blob('/etc/passwd')",
    "read_csv": "SELECT * FROM read_csv('/etc/passwd')",
    "read_csv in a subquery": "SELECT (SELECT count(*) FROM read_csv('/etc/passwd')) FROM numbers",
    "read_parquet of the registered file": "SELECT * FROM read_parquet('{file}')",
    "parquet_metadata": "SELECT * FROM parquet_metadata('{file}')",
    "parquet_scan": "SELECT * FROM parquet_scan('{file}')",
    "read_json": "SELECT * FROM read_json('{folder}/secret.json')",
    "sniff_csv": "SELECT * FROM sniff_csv('/etc/passwd')",
    "a file name as a table": "SELECT * FROM '{file}'",
    "a csv name as a table": "SELECT * FROM '{folder}/secret.csv'",
    "a quoted file name as a table": 'SELECT * FROM "/etc/passwd"',
    "a web address as a table": "SELECT * FROM 'https://example.org/x.parquet'",
    "glob": "SELECT * FROM glob('/etc/*')",
    "getenv": "SELECT getenv('HOME')",
    "a setting": "SELECT current_setting('home_directory')",
    "the settings": "SELECT * FROM duckdb_settings()",
    "the settings as a table": "SELECT * FROM pg_catalog.pg_settings",
    "attach": "ATTACH '{folder}/x.db'",
    "attach the catalog": "ATTACH '{folder}/home/data/catalog.db' (TYPE sqlite)",
    "detach": "DETACH memory",
    "use": "USE memory",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "force install": "FORCE INSTALL sqlite FROM community",
    "set": "SET enable_external_access=true",
    "set unlocks": "SET lock_configuration=false",
    "set global": "SET GLOBAL threads=1",
    "set variable": "SET VARIABLE x = 1",
    "reset": "RESET lock_configuration",
    "pragma": "PRAGMA database_list",
    "pragma with a value": "PRAGMA enable_profiling='json'",
    "profile output": "PRAGMA profiling_output='{folder}/new.json'",
    "call": "CALL pragma_version()",
    "create secret": "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "secrets": "SELECT * FROM duckdb_secrets()",
    "which_secret": "SELECT * FROM which_secret('s3://x', 's3')",
    "two statements": "SELECT 1; SELECT 2",
    "a second statement behind a comment": "SELECT 1; -- fine\nCOPY (SELECT 1) TO '{file}'",
    "a statement behind a block comment": "/* SELECT 1 */ COPY (SELECT 1) TO '{file}'",
    "a nested comment": "/* /* */ SELECT 1 */ COPY (SELECT 1) TO '{file}'",
    "semicolons before": ";;COPY (SELECT 1) TO '{file}'",
    "a dollar quote": "SELECT $$;$$; COPY (SELECT 1) TO '{file}'",
    "create table": "CREATE TABLE t AS SELECT 1",
    "create view": "CREATE VIEW v AS SELECT 1",
    "create macro": "CREATE MACRO f() AS 1",
    "create temporary": "CREATE TEMP TABLE t (a INT)",
    "create or replace the table": "CREATE OR REPLACE TABLE numbers AS SELECT 1",
    "insert": "INSERT INTO numbers VALUES (1)",
    "update": "UPDATE numbers SET a = 1",
    "delete": "DELETE FROM numbers",
    "merge": "MERGE INTO numbers USING (SELECT 1 AS a) s ON true WHEN MATCHED THEN DELETE",
    "truncate": "TRUNCATE numbers",
    "drop": "DROP VIEW numbers",
    "alter": "ALTER TABLE numbers ADD COLUMN b INT",
    "export": "EXPORT DATABASE '{folder}/dump'",
    "import": "IMPORT DATABASE '{folder}/dump'",
    "checkpoint": "CHECKPOINT",
    "vacuum": "VACUUM",
    "begin": "BEGIN TRANSACTION",
    "select into": "SELECT * INTO t FROM numbers",
    "a table of python": "SELECT * FROM secret_table",
    "arrow_scan": "SELECT * FROM arrow_scan(1, 2, 3)",
    "pandas_scan": "SELECT * FROM pandas_scan(1)",
    "query": "SELECT * FROM query('SELECT 1')",
    "query_table": "SELECT * FROM query_table('numbers')",
    "json_execute": "SELECT * FROM json_execute_serialized_sql('{{}}')",
    "pragma as a function": "SELECT * FROM pragma_database_list()",
    "extensions": "SELECT * FROM duckdb_extensions()",
    "another schema": "SELECT * FROM secrets.main.t",
    "explain": "EXPLAIN SELECT 1",
    "nothing": "  -- nothing\n",
}


@pytest.fixture
async def file(rooms: Rooms, tmp_path: Path) -> Path:
    path = tmp_path / "numbers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2, 3]}), path)
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    (tmp_path / "secret.json").write_text('{"secret": 1}')
    await rooms.datasets.register(path)
    return path


@pytest.mark.parametrize("sql", ATTEMPTS.values(), ids=ATTEMPTS.keys())
async def test_it_is_refused_and_no_file_changes(rooms: Rooms, file: Path, sql: str) -> None:
    secret_table = pyarrow.table({"secret": [1]})
    before = _files(file.parent)
    with pytest.raises(StudioError) as caught:
        await rooms.sql.query(sql.format(file=file, folder=file.parent), remember=False)
    assert caught.value.message.zh and secret_table.num_rows
    assert _files(file.parent) == before


@pytest.mark.parametrize("sql", ATTEMPTS.values(), ids=ATTEMPTS.keys())
async def test_it_is_refused_in_a_plan_and_an_export_too(rooms: Rooms, file: Path, sql: str) -> None:
    before = _files(file.parent)
    sql = sql.format(file=file, folder=file.parent)
    with pytest.raises(StudioError):
        await rooms.sql.explain(sql)
    with pytest.raises(StudioError):
        await rooms.sql.export(sql, file.parent / "export.csv")
    assert _files(file.parent) == before


FILE_ATTEMPTS = [sql for sql in ATTEMPTS.values() if "{file}" in sql or "{folder}" in sql or "/etc" in sql]


@pytest.mark.parametrize("sql", FILE_ATTEMPTS)
def test_the_connection_alone_keeps_files_out_even_if_the_check_were_fooled(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "numbers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2, 3]}), path)
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    before = _files(tmp_path)
    locked = Locked({"numbers": pyarrow.table({"a": [1]})})
    import duckdb

    with pytest.raises(duckdb.Error):
        locked._database.execute(sql.format(file=path, folder=tmp_path)).fetchall()
    locked.close()
    assert _files(tmp_path) == before


ALLOWED = {
    "select": "SELECT count(*) FROM numbers",
    "by id": 'SELECT * FROM "{id}"',
    "from first": "FROM numbers SELECT a",
    "with": "WITH big AS (SELECT * FROM numbers WHERE a > 1) SELECT sum(a) FROM big",
    "values": "VALUES (1), (2)",
    "range": "SELECT * FROM range(3)",
    "unnest": "SELECT unnest([1, 2])",
    "window": "SELECT a, row_number() OVER (ORDER BY a DESC) FROM numbers",
    "describe": "DESCRIBE numbers",
    "summarize": "SUMMARIZE numbers",
    "pivot with values": "PIVOT numbers ON a IN (1, 2) USING count(*)",
    "a semicolon and a comment at the end": "SELECT 1; -- done",
    "a comment with danger in it": "SELECT 1 /* COPY x TO 'y' */",
    "a text with danger in it": "SELECT 'COPY x TO y; DROP TABLE z'",
    "json": "SELECT '{{\"a\": 1}}'::JSON ->> 'a'",
}


@pytest.mark.parametrize("sql", ALLOWED.values(), ids=ALLOWED.keys())
async def test_what_only_reads_is_run(rooms: Rooms, file: Path, sql: str) -> None:
    dataset = await rooms.datasets.get("numbers")
    assert (await rooms.sql.query(sql.format(id=dataset.id))).table.num_rows > 0


async def test_only_the_named_datasets_are_visible(rooms: Rooms, file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("b\n1\n")
    await rooms.datasets.register(tmp_path / "other.csv")
    with pytest.raises(StudioError, match="other"):
        await rooms.sql.query("SELECT * FROM other", datasets=["numbers"])


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder but the catalog's, with its bytes and time."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if "home" not in path.relative_to(folder).parts:
                found[str(path)] = (path.read_bytes(), path.stat().st_mtime_ns)
    return found
