"""The table of attempts: what SQL must never do, whoever wrote it. To be run at every change of DuckDB's version."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import pytest_asyncio

from studio.engine.datasets.locked import Locked
from studio.engine.datasets.spill import Spill
from studio.engine.errors import StudioError
from tests.data_rooms import Rooms, open_rooms

on_one_loop = pytest.mark.asyncio(loop_scope="module")

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
    "copy of the plan": "EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO '{file}'",
    "copy through a plan of a plan": "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "prepare a select": "PREPARE p AS SELECT 1",
    "prepare and execute": "PREPARE p AS COPY (SELECT 1) TO '{file}'; EXECUTE p",
    "copy in a second common table": "WITH a AS (SELECT 1), b AS (COPY numbers TO '{file}') SELECT * FROM b",
    "copy in a materialized common table": "WITH a AS MATERIALIZED (COPY numbers TO '{file}') SELECT * FROM a",
    "copy from a common table": "WITH a AS (SELECT 1) COPY a TO '{file}'",
    "update in a common table": "WITH a AS (UPDATE numbers SET a = 9 RETURNING *) SELECT * FROM a",
    "delete in a common table": "WITH a AS (DELETE FROM numbers RETURNING *) SELECT * FROM a",
    "read_text of the registered file": "SELECT * FROM read_text('{file}')",
    "read_text in a list": "SELECT * FROM read_text(['{file}', '/etc/passwd'])",
    "read_text by a lateral join": "SELECT t.* FROM numbers, LATERAL read_text('/etc/passwd') t",
    "read_text in a common table": "WITH t AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM t",
    "read_text in EXISTS": "SELECT * FROM numbers WHERE EXISTS (FROM read_text('/etc/passwd'))",
    "read_text in ORDER BY": "SELECT * FROM numbers ORDER BY (SELECT size FROM read_text('/etc/passwd'))",
    "read_text in a union": "SELECT 'a' UNION ALL SELECT content FROM read_text('/etc/passwd')",
    "read_text in VALUES": "VALUES ((SELECT content FROM read_text('/etc/passwd')))",
    "read_text in a list comprehension": "SELECT [x FOR x IN (SELECT list(content) FROM read_text('/etc/passwd'))]",
    "read_text by its whole name": "SELECT * FROM system.main.read_text('/etc/passwd')",
    "read_text in a pivot": "PIVOT (FROM read_text('/etc/passwd')) ON size USING count(*)",
    "read_text with FROM first": "FROM read_text('/etc/passwd')",
    "a summary of a file": "SUMMARIZE '{folder}/secret.csv'",
    "a summary of a function": "SUMMARIZE FROM read_csv('{folder}/secret.csv')",
    "a description of a file": "DESCRIBE '{folder}/secret.csv'",
    "a description of a function": "DESCRIBE FROM read_csv('{folder}/secret.csv')",
    "read_csv_auto": "SELECT * FROM read_csv_auto('/etc/passwd')",
    "read_json_auto": "SELECT * FROM read_json_auto('{folder}/secret.json')",
    "read_ndjson": "SELECT * FROM read_ndjson('{folder}/secret.json')",
    "read_json_objects": "SELECT * FROM read_json_objects('{folder}/secret.json')",
    "read_xlsx": "SELECT * FROM read_xlsx('{folder}/secret.xlsx')",
    "sniff_csv of a data file": "SELECT * FROM sniff_csv('{folder}/secret.csv')",
    "parquet_schema": "SELECT * FROM parquet_schema('{file}')",
    "parquet_file_metadata": "SELECT * FROM parquet_file_metadata('{file}')",
    "parquet_kv_metadata": "SELECT * FROM parquet_kv_metadata('{file}')",
    "parquet_bloom_probe": "SELECT * FROM parquet_bloom_probe('{file}', 'a', 1)",
    "glob of the folder": "SELECT * FROM glob('{folder}/**')",
    "a glob as a table": "SELECT * FROM '{folder}/*.csv'",
    "a list of files as a table": "SELECT * FROM ['{file}']",
    "getenv in capitals": "SELECT GETENV('HOME')",
    "getenv with a schema": "SELECT main.getenv('HOME')",
    "getenv as a method": "SELECT ('HOME').getenv()",
    "getenv in a lambda": "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "getenv quoted": "SELECT \"getenv\"('HOME')",
    "getvariable": "SELECT getvariable('x')",
    "query in a subquery": "SELECT (FROM query('SELECT 1'))",
    "query of a copy": "SELECT * FROM query('COPY numbers TO ''{file}''')",
    "query_table of a file": "SELECT * FROM query_table('{folder}/secret.csv')",
    "query_table of a list": "SELECT * FROM query_table(['numbers'])",
    "serialized sql as a function": "SELECT json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "from substrait": "SELECT * FROM from_substrait('x')",
    "sqlite_scan": "SELECT * FROM sqlite_scan('{folder}/home/data/catalog.db', 'datasets')",
    "postgres_scan": "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 't')",
    "mysql_query": "SELECT * FROM mysql_query('m', 'SELECT 1')",
    "iceberg_scan": "SELECT * FROM iceberg_scan('{folder}')",
    "delta_scan": "SELECT * FROM delta_scan('{folder}')",
    "attach if not there": "ATTACH IF NOT EXISTS '{folder}/x.db' AS x",
    "attach for reading": "ATTACH '{folder}/home/data/catalog.db' AS c (TYPE sqlite, READ_ONLY)",
    "attach a web address": "ATTACH 'https://example.org/x.db'",
    "create or replace secret": "CREATE OR REPLACE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "drop secret": "DROP SECRET s",
    "the secrets shown": "FROM duckdb_secrets(redact := false)",
    "the functions": "SELECT * FROM duckdb_functions()",
    "the databases": "SELECT * FROM duckdb_databases()",
    "the databases as a view": "SELECT * FROM duckdb_databases",
    "the log": "SELECT * FROM duckdb_logs",
    "the memory": "SELECT * FROM duckdb_memory()",
    "the files put aside": "SELECT * FROM duckdb_temporary_files()",
    "the cached files": "SELECT * FROM duckdb_external_file_cache()",
    "the schema table": "SELECT * FROM sqlite_master",
    "another catalog": "SELECT * FROM system.main.duckdb_settings",
    "set the folder for rows put aside": "SET temp_directory = '{folder}'",
    "set the home": "SET home_directory = '{folder}'",
    "set allowed folders": "SET allowed_directories = ['{folder}']",
    "set allowed paths": "SET allowed_paths = ['{file}']",
    "set the log": "SET enable_logging = true",
    "set for the session": "SET SESSION memory_limit = '100GB'",
    "set local": "SET LOCAL threads = 1",
    "set schema": "SET schema = 'main'",
    "pragma that writes": "PRAGMA force_checkpoint",
    "pragma of memory": "PRAGMA memory_limit='100GB'",
    "call of a scan": "CALL read_text('/etc/passwd')",
    "load a file": "LOAD '{folder}/x.duckdb_extension'",
    "install from a folder": "INSTALL httpfs FROM '{folder}'",
    "update extensions": "UPDATE EXTENSIONS",
    "copy database": "COPY FROM DATABASE memory TO x",
    "comment on": "COMMENT ON VIEW numbers IS 'x'",
    "create type": "CREATE TYPE t AS ENUM ('a')",
    "create sequence": "CREATE SEQUENCE s",
    "create schema": "CREATE SCHEMA s",
    "create index": "CREATE INDEX i ON numbers (a)",
    "a macro over a file": "CREATE MACRO f() AS TABLE FROM read_text('/etc/passwd')",
    "two statements in one line": "SELECT 1;SELECT content FROM read_text('/etc/passwd')",
    "a statement behind a line comment": "-- SELECT 1\nCOPY (SELECT 1) TO '{file}'",
    "a statement after a carriage return": "-- SELECT 1\rCOPY (SELECT 1) TO '{file}'",
    "a comment inside a word": "CO/**/PY (SELECT 1) TO '{file}'",
    "a comment inside a call": "SELECT * FROM read_text/* */('/etc/passwd')",
    "a name that is not closed": 'SELECT "a; COPY (SELECT 1) TO {file}',
    "a tagged quote": "SELECT $a$;$a$; COPY (SELECT 1) TO '{file}'",
    "an escape": "SELECT E'\\''; COPY (SELECT 1) TO '{file}'; --'",
    "a zero character": "SELECT 1;\x00COPY (SELECT 1) TO '{file}'",
    "a wide semicolon": "SELECT 1\uff1bCOPY (SELECT 1) TO '{file}'",
    "a wide space": "COPY\u3000(SELECT 1)\u3000TO '{file}'",
    "a list of python": "SELECT * FROM secret_rows",
    "a table of python as a text": "SELECT * FROM 'secret_table'",
    "a module of python": "SELECT * FROM pyarrow",
    "python_map_function": "SELECT * FROM python_map_function(numbers)",
    "seq_scan": "SELECT * FROM seq_scan('numbers')",
    "arrow_scan_dumb": "SELECT * FROM arrow_scan_dumb(1, 2, 3)",
    "test_all_types": "SELECT * FROM test_all_types()",
    "the version": "SELECT * FROM pragma_user_agent()",
    "the storage": "SELECT * FROM pragma_storage_info('numbers')",
    "the last profile": "SELECT * FROM pragma_last_profiling_output()",
    "a column of a file": "SELECT file_row_number FROM '{file}'",
    "sleeping": "SELECT sleep_ms(1000000)",
    "write_log": "SELECT write_log('x')",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rooms]:
    """Opened once: that nothing changes them is what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONE_DATA_KEYRING", "file")
        async with open_rooms(tmp_path_factory.mktemp("locked") / "home") as opened:
            yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def file(rooms: Rooms) -> Path:
    path = rooms.paths.data.parents[1] / "numbers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2, 3]}), path)
    (path.parent / "secret.csv").write_text("secret\n1\n")
    (path.parent / "secret.json").write_text('{"secret": 1}')
    await rooms.datasets.register(path)
    return path


@pytest.mark.parametrize("sql", ATTEMPTS.values(), ids=ATTEMPTS.keys())
@on_one_loop
async def test_it_is_refused_in_a_query_a_plan_and_an_export_and_no_file_changes(
    rooms: Rooms, file: Path, sql: str
) -> None:
    secret_table, secret_rows = pyarrow.table({"secret": [1]}), [1]
    before = _files(file.parent)
    sql = sql.format(file=file, folder=file.parent)
    with pytest.raises(StudioError) as caught:
        await rooms.sql.query(sql, remember=False)
    assert caught.value.message.zh and secret_table.num_rows and secret_rows
    with pytest.raises(StudioError):
        await rooms.sql.plan(sql, analyze=True)
    with pytest.raises(StudioError):
        await rooms.sql.export(sql, file.parent / "export.csv")
    assert _files(file.parent) == before and not list(rooms.paths.spill.glob("*"))


@pytest.mark.parametrize("sql", ATTEMPTS.values(), ids=ATTEMPTS.keys())
@on_one_loop
async def test_run_as_a_text_of_statements_it_changes_no_file_either(rooms: Rooms, file: Path, sql: str) -> None:
    before = _files(file.parent)
    outcomes = [each async for each in rooms.sql.run(sql.format(file=file, folder=file.parent))]
    assert outcomes[-1].error is not None or sql in ("SELECT 1; SELECT 2", "EXPLAIN SELECT 1")
    assert _files(file.parent) == before


FILE_ATTEMPTS = [
    sql
    for sql in ATTEMPTS.values()
    if ("{file}" in sql or "{folder}" in sql or "/etc" in sql) and "\0" not in sql  # DuckDB reads no further than that
]


@pytest.mark.parametrize("sql", FILE_ATTEMPTS)
def test_the_connection_alone_keeps_files_out_even_if_the_check_were_fooled(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "numbers.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2, 3]}), path)
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    before = _files(tmp_path)
    locked = Locked({"numbers": pyarrow.table({"a": [1]})}, spill=Spill(tmp_path / "home" / "spill", 100))
    import duckdb

    with pytest.raises(duckdb.Error):
        locked._database.execute(sql.format(file=path, folder=tmp_path)).fetchall()
    locked.close()
    assert _files(tmp_path) == before and not list((tmp_path / "home" / "spill").iterdir())


def test_a_folder_for_rows_put_aside_is_the_only_one_that_a_fooled_check_would_open(tmp_path: Path) -> None:
    """DuckDB allows its own temporary folder: so it is empty, has a name nobody can guess, and goes with the query."""
    import duckdb

    (tmp_path / "mine.csv").write_text("a\n1\n")
    locked = Locked({}, spill=Spill(tmp_path / "spill", 100))
    other = Locked({}, spill=Spill(tmp_path / "spill", 100))
    own, others = locked._folder, other._folder
    assert own is not None and others is not None and own.stat().st_mode & 0o777 == 0o700
    for attempt in (
        f"COPY (SELECT 1) TO '{others}/x.csv'",
        f"FROM read_text('{tmp_path}/mine.csv')",
        f"FROM '{own}/../../mine.csv'",
    ):
        with pytest.raises(duckdb.Error):
            locked._database.execute(attempt).fetchall()
    with pytest.raises(StudioError):
        locked.check(f"FROM read_text('{own}/x')")
    locked.close()
    other.close()
    assert (tmp_path / "mine.csv").read_text() == "a\n1\n" and not list((tmp_path / "spill").iterdir())


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
@on_one_loop
async def test_what_only_reads_is_run(rooms: Rooms, file: Path, sql: str) -> None:
    dataset = await rooms.datasets.get("numbers")
    assert (await rooms.sql.query(sql.format(id=dataset.id))).table.num_rows > 0


@on_one_loop
async def test_only_the_named_datasets_are_visible(rooms: Rooms, file: Path) -> None:
    (file.parent / "other.csv").write_text("b\n1\n")
    await rooms.datasets.register(file.parent / "other.csv")
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
