from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.datasets.locked import SqlProblem
from studio.engine.errors import BadParameter, BadState, NotFound, Unavailable
from tests.data_rooms import Rooms

ENDLESS = "SELECT count(*) FROM range(1000000000000) a"


@pytest.fixture
async def numbers(rooms: Rooms, tmp_path: Path) -> Path:
    path = tmp_path / "my numbers.csv"
    path.write_text("id,word\n" + "".join(f"{n},w{n}\n" for n in range(5000)))
    await rooms.datasets.register(path, "my numbers")
    return path


async def test_rows_come_with_columns_and_time(rooms: Rooms, numbers: Path) -> None:
    result = await rooms.sql.query('SELECT id, word FROM "my numbers" WHERE id < ? ORDER BY id', parameters=[2])
    assert result.rows == [{"id": 0, "word": "w0"}, {"id": 1, "word": "w1"}]
    assert [(column.name, column.type) for column in result.columns] == [("id", "int64"), ("word", "string")]
    assert result.seconds > 0 and not result.truncated


async def test_more_rows_than_asked_for_are_cut_and_it_says_so(rooms: Rooms, numbers: Path) -> None:
    result = await rooms.sql.query('FROM "my numbers"', limit=100)
    assert result.table.num_rows == 100 and result.truncated
    assert not (await rooms.sql.query('FROM "my numbers"', limit=5000)).truncated


async def test_the_limits_of_the_settings_hold(rooms: Rooms, numbers: Path) -> None:
    await rooms.settings.set("data.query_rows", 7)
    assert (await rooms.sql.query('FROM "my numbers"')).table.num_rows == 7
    await rooms.settings.set("data.query_seconds", 1)
    with pytest.raises(BadState, match="1 second"):
        await rooms.sql.query(ENDLESS)


async def test_a_query_that_wants_too_much_memory_is_ended(rooms: Rooms) -> None:
    await rooms.settings.set("data.query_memory_mb", 128)
    with pytest.raises(Unavailable, match="memory"):
        await rooms.sql.query("SELECT a, list(b) FROM range(100000000) t(b), range(3) s(a) GROUP BY a")


async def test_cancelling_ends_the_query_at_once(rooms: Rooms) -> None:
    task = asyncio.ensure_future(rooms.sql.query(ENDLESS))
    await asyncio.wait({task}, timeout=0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await rooms.sql.history.list())[0].status == "cancelled"


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT * FRM x", (1, 14)),
        ("SELECT '华南',\n  nope FROM \"my numbers\"", (2, 3)),
        ('SELECT id\nFROM "my numbers"\nWHERE', (3, 6)),
        ("SELECT missing_function(1)", (1, 8)),
        ("SELECT 1 FROM nowhere", (1, 15)),
    ],
)
async def test_a_mistake_is_shown_at_its_place(rooms: Rooms, numbers: Path, sql: str, place: tuple[int, int]) -> None:
    problem = (await rooms.sql.validate(sql))[0]
    assert (problem.line, problem.column) == place and problem.message
    with pytest.raises(SqlProblem) as caught:
        await rooms.sql.query(sql)
    assert (caught.value.line, caught.value.column) == place


async def test_a_missing_dataset_is_named_with_those_there_are(rooms: Rooms, numbers: Path) -> None:
    with pytest.raises(SqlProblem) as caught:
        await rooms.sql.query("SELECT * FROM nowhere")
    assert "nowhere" in caught.value.message.zh and "my numbers" in caught.value.repair.en


async def test_a_dataset_whose_file_is_gone_says_so(rooms: Rooms, numbers: Path) -> None:
    numbers.unlink()
    with pytest.raises(Unavailable, match=r"my numbers\.csv"):
        await rooms.sql.query('SELECT * FROM "my numbers"')


async def test_a_value_that_does_not_fit_is_a_problem_not_a_crash(rooms: Rooms, numbers: Path) -> None:
    with pytest.raises(SqlProblem, match="w0"):
        await rooms.sql.query('SELECT word::INT FROM "my numbers"')


async def test_a_good_query_has_no_problems_and_a_plan(rooms: Rooms, numbers: Path) -> None:
    sql = 'SELECT count(*) FROM "my numbers"'
    assert await rooms.sql.validate(sql) == []
    assert "count" in (await rooms.sql.explain(sql)).lower()


async def test_history_remembers_what_was_run_newest_first(rooms: Rooms, numbers: Path) -> None:
    await rooms.sql.query("SELECT 1")
    with pytest.raises(SqlProblem):
        await rooms.sql.query("SELECT nope")
    last, first = await rooms.sql.history.list()
    assert (first.sql, first.status, first.rows) == ("SELECT 1", "done", 1)
    assert (last.status, last.rows) == ("failed", None) and "nope" in str(last.error)


async def test_tables_given_by_name_are_queried_and_nothing_else(rooms: Rooms, numbers: Path) -> None:
    table = pyarrow.table({"a": [1, 2]})
    assert (await rooms.sql.query_tables("SELECT sum(a) AS s FROM rows", {"rows": table})).rows == [{"s": 3}]
    with pytest.raises(SqlProblem):
        await rooms.sql.query_tables('SELECT * FROM "my numbers"', {"rows": table})


async def test_numbers_that_arrow_does_not_hold_come_as_text_and_never_wrong(rooms: Rooms) -> None:
    greatest = 2**128 - 1
    sql = f"SELECT {greatest}::UHUGEINT AS n, 1 AS n, [{greatest}::UHUGEINT] AS list; -- the greatest"
    result = (await rooms.sql.query(sql)).table
    assert [column.to_pylist() for column in result.columns] == [[str(greatest)], [1], [f"[{greatest}]"]]


async def test_exact_numbers_and_times_come_through(rooms: Rooms) -> None:
    sql = "SELECT 9223372036854775807 AS whole, 12345678901234567.89::DECIMAL(20,2) AS money, TIMESTAMP '2025-01-02 03:04:05' AS at"
    row = (await rooms.sql.query(sql)).rows[0]
    assert row["whole"] == 2**63 - 1 and row["money"] == Decimal("12345678901234567.89") and row["at"].year == 2025


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl"])
async def test_an_export_reads_back_as_it_was(rooms: Rooms, tmp_path: Path, format: str) -> None:
    rows = {"id": [2**53 + 1, 2], "text": ['a "quoted", one\nof two lines', "华南"], "list": [[1, 2], []]}
    await rooms.datasets.register(_parquet(tmp_path / "source.parquet", rows), "source")
    target = tmp_path / f"out.{format}"
    assert await rooms.sql.export("source", target, format) == 2
    copy = await rooms.datasets.register(target, "copy")
    back = (await rooms.datasets.page(copy.id, 0, 10)).to_pydict()
    if format == "csv":
        back["list"] = [json.loads(value) for value in back["list"]]
    assert back == rows


async def test_a_failed_export_leaves_the_old_file(rooms: Rooms, numbers: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(SqlProblem):
        await rooms.sql.export('SELECT word::INT FROM "my numbers"', tmp_path / "out.csv")
    with pytest.raises(BadParameter):
        await rooms.sql.export("SELECT 1", tmp_path / "out.csv", "xlsx")  # type: ignore[arg-type]
    assert (tmp_path / "out.csv").read_text() == "old" and len(list(tmp_path.glob(".out*"))) == 0


async def test_queries_are_kept_by_name(rooms: Rooms) -> None:
    saved = rooms.sql.saved
    await saved.save("Returns", "SELECT 1")
    await saved.save("Returns", "SELECT 2")
    await saved.save("Returns by region", "SELECT 3", old_name="Returns")
    assert [(each.name, each.sql) for each in await saved.all()] == [("Returns by region", "SELECT 3")]
    await saved.delete("Returns by region")
    with pytest.raises(NotFound):
        await saved.get("Returns by region")
    with pytest.raises(BadParameter):
        await saved.save(" ", "SELECT 1")


def _parquet(path: Path, rows: dict[str, list[object]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(rows), path)
    return path
