"""What the editor does with the engine: several statements, plans, all rows of a long result, results kept as datasets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.datasets.locked import SqlProblem
from studio.engine.errors import BadState, Conflict, Forbidden, Invalid, Unavailable
from studio.engine.sql.drafts import Draft
from studio.engine.sql.script import Outcome
from studio.engine.sql.spool import Spooled
from tests.data_rooms import Rooms

ENDLESS = "SELECT count(*) FROM range(1000000000000) a"


@pytest.fixture
async def sales(rooms: Rooms, tmp_path: Path) -> Path:
    path = tmp_path / "sales.parquet"
    table = pyarrow.table({"region": ["华南", "华东", "华南"] * 1000, "amount": list(range(3000))})
    pyarrow.parquet.write_table(table, path)
    await rooms.datasets.register(path)
    return path


async def outcomes(rooms: Rooms, text: str) -> list[Outcome]:
    return [each async for each in rooms.sql.run(text)]


async def test_several_statements_bring_several_results(rooms: Rooms, sales: Path) -> None:
    first, second, third = await outcomes(rooms, "SELECT 1 AS a; -- one; two\nSELECT ';' AS b;\nFROM sales")
    assert (
        first.result.rows == [{"a": 1}] and second.result.rows == [{"b": ";"}] and third.result.table.num_rows == 3000
    )
    assert [(each.number, each.of) for each in (first, second, third)] == [(0, 3), (1, 3), (2, 3)]


async def test_the_first_mistake_ends_the_run_and_has_its_place_in_the_whole_text(rooms: Rooms, sales: Path) -> None:
    good, bad = await outcomes(rooms, "SELECT 1;\n\n  SELECT amount,\n  nope FROM sales; SELECT 2")
    assert good.error is None and isinstance(bad.error, SqlProblem) and (bad.error.line, bad.error.column) == (4, 3)
    _, bad = await outcomes(rooms, "SELECT 1; SELECT 2; SELECT nope FROM sales".replace("SELECT 2; ", ""))
    assert (bad.error.line, bad.error.column) == (1, 18)
    (empty,) = await outcomes(rooms, " -- nothing\n")
    assert isinstance(empty.error, SqlProblem)


async def test_a_statement_that_writes_is_refused_between_others(rooms: Rooms, sales: Path) -> None:
    before = sales.read_bytes()
    one, two = await outcomes(rooms, f"SELECT 1; COPY sales TO '{sales}'; SELECT 2")
    assert one.result and isinstance(two.error, Forbidden) and sales.read_bytes() == before


async def test_a_text_is_checked_without_being_run_and_marked_at_its_place(rooms: Rooms, sales: Path) -> None:
    assert await rooms.sql.validate("SELECT 1; EXPLAIN ANALYZE FROM sales") == []
    (problem,) = await rooms.sql.validate("FROM sales;\nEXPLAIN SELECT nope FROM sales")
    assert (problem.line, problem.column) == (2, 16)


async def test_explain_is_a_tree_and_analyze_says_rows_and_time(rooms: Rooms, sales: Path) -> None:
    query = "SELECT region, sum(amount) FROM sales WHERE amount > 10 GROUP BY region ORDER BY 2"
    (planned,) = await outcomes(rooms, f"EXPLAIN {query}")
    steps = [step for _, step in planned.plan.root.steps()]
    assert not planned.plan.measured and steps[-1].operator == "ARROW_SCAN" and steps[0].title.zh
    (measured,) = await outcomes(rooms, f"EXPLAIN ANALYZE {query}")
    steps = [step for _, step in measured.plan.root.steps()]
    scan = next(step for step in steps if step.operator == "ARROW_SCAN")
    assert measured.plan.measured and scan.rows == 2989 and scan.seconds is not None
    assert sum(step.share for step in steps) == pytest.approx(1) and "amount" in measured.plan.as_text()


async def test_closing_a_run_ends_the_query_at_once(rooms: Rooms) -> None:
    run = rooms.sql.run(f"SELECT 1; {ENDLESS}; SELECT 2")
    assert (await anext(run)).result.rows == [{"1": 1}]
    task = asyncio.ensure_future(anext(run))
    await asyncio.wait({task}, timeout=0.3)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.status for each in await rooms.sql.history.list()] == ["cancelled", "done"]
    assert not list(rooms.paths.spill.glob("*"))


@pytest.mark.slow
async def test_more_than_the_memory_is_sorted_and_joined_on_the_disk_which_is_empty_afterwards(rooms: Rooms) -> None:
    await rooms.settings.set("data.query_memory_mb", 128)
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            with suppress(FileNotFoundError):  # a file that was emptied in this moment
                most = max(most, sum(file.stat().st_size for file in rooms.paths.spill.glob("*/*")))
            await asyncio.sleep(0.01)

    watching = asyncio.ensure_future(watch())
    big = "SELECT i, repeat(md5(i::VARCHAR), 5) AS word FROM range(1000000) t(i)"
    joined = f"SELECT count(*) AS n, sum(x.i) AS s FROM ({big}) x JOIN ({big}) y USING (word)"
    assert (await rooms.sql.query(joined)).rows == [{"n": 1_000_000, "s": 1_000_000 * 999_999 // 2}]
    rows = [each async for each in rooms.sql.all_rows(f"{big} ORDER BY word")][-1]
    watching.cancel()
    assert isinstance(rows, Spooled) and rows.rows == 1_000_000 and rows.page(0, 1).column("word")[0].as_py() < "0001"
    assert most > 10_000_000 and not list(rooms.paths.spill.glob("*"))


async def test_without_disk_space_the_settings_that_would_help_are_named(rooms: Rooms) -> None:
    await rooms.settings.set("data.query_memory_mb", 128)
    sql = "SELECT i, md5(i::VARCHAR) AS word FROM range(5000000) t(i) ORDER BY word, i LIMIT 4000000"
    await rooms.settings.set("data.query_disk_mb", 0)
    with pytest.raises(Unavailable, match="128 MB") as caught:
        await rooms.sql.query(sql)
    assert "Query memory limit" in caught.value.repair.en and "查询内存上限" in caught.value.repair.zh
    await rooms.settings.set("data.query_disk_mb", 20)
    with pytest.raises(Unavailable, match="20 MB") as caught:
        await rooms.sql.query(sql)
    assert "Disk space a query may use" in caught.value.repair.en
    await rooms.settings.set("data.query_seconds", 1)
    with pytest.raises(BadState) as late:
        await rooms.sql.query(ENDLESS)
    assert "Query time limit" in late.value.repair.en and "查询时限" in late.value.repair.zh
    assert not list(rooms.paths.spill.glob("*"))


async def test_the_history_is_searched_and_what_is_pinned_stays_on_top(rooms: Rooms, sales: Path) -> None:
    for text in ("SELECT 1", "FROM sales LIMIT 1", "SELECT 2"):
        await rooms.sql.query(text)
    history = rooms.sql.history
    (oldest,) = [each for each in await history.list() if each.sql == "SELECT 1"]
    await history.pin(oldest.id)
    assert [(each.sql, each.pinned) for each in await history.list(2)] == [("SELECT 1", True), ("SELECT 2", False)]
    assert [each.sql for each in await history.list(q="sales limit")] == ["FROM sales LIMIT 1"]
    await history.trim(1)
    assert [each.sql for each in await history.list()] == ["SELECT 1", "SELECT 2"]
    await history.pin(oldest.id, False)
    assert [each.pinned for each in await history.list()] == [False, False]


async def test_a_draft_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, signal\nfrom pathlib import Path\nfrom tests.data_rooms import open_rooms\n"
        "from studio.engine.sql.drafts import Draft\n"
        "async def main():\n"
        f"    async with open_rooms(Path({str(tmp_path / 'home')!r})) as rooms:\n"
        "        await rooms.sql.drafts.keep(Draft(name='Query 2', sql='SELECT 华南', place=1))\n"
        "        await rooms.sql.drafts.keep(Draft(name='Query 1', sql='SELECT 1', place=0))\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env={**os.environ, "ONE_DATA_KEYRING": "file"}, timeout=600
    )
    assert killed.returncode == -9
    from tests.data_rooms import open_rooms

    async with open_rooms(tmp_path / "home") as rooms:
        drafts = rooms.sql.drafts
        assert [(each.name, each.sql) for each in await drafts.all()] == [
            ("Query 1", "SELECT 1"),
            ("Query 2", "SELECT 华南"),
        ]
        await drafts.keep(Draft(name="Query 1", sql="SELECT 3", place=5))
        assert [each.sql for each in await drafts.all()] == ["SELECT 华南", "SELECT 3"]
        await drafts.drop("Query 1")
        assert [each.name for each in await drafts.all()] == ["Query 2"]


async def test_a_text_is_laid_out_anew(rooms: Rooms) -> None:
    text = "select region,count(*) n from sales where a=1 group by 1; -- second\nselect 2"
    laid = await rooms.sql.formatted(text)
    assert laid.startswith("SELECT\n  region,\n") and "/* second */" in laid and laid.count(";") == 1
    assert await rooms.sql.formatted(laid) == laid
    with pytest.raises(Invalid):
        await rooms.sql.formatted("SELECT (")


async def test_all_rows_of_a_long_result_are_paged_and_sorted_from_a_file_of_ours(rooms: Rooms, sales: Path) -> None:
    said = [each async for each in rooms.sql.all_rows("SELECT i, i % 7 AS m, 1 AS i FROM range(300000) t(i)")]
    rows = said[-1]
    assert isinstance(rows, Spooled) and rows.rows == 300_000 and rows.schema.names == ["i", "m", "i_2"]
    assert rows.page(65_530, 10).column("i").to_pylist() == list(range(65_530, 65_540))
    assert rows.page(299_999, 500).num_rows == 1
    ordered = [each async for each in rooms.sql.sorted_rows(rows, "m", descending=True)][-1]
    assert isinstance(ordered, Spooled) and ordered.page(0, 1).column("m").to_pylist() == [6]
    rows.remove()
    await rooms.sql.close()
    assert not rooms.paths.spools.exists()


async def test_showing_all_rows_is_ended_at_once_and_leaves_nothing(rooms: Rooms) -> None:
    run = rooms.sql.all_rows("SELECT i, md5(i::VARCHAR) FROM range(100000000000) t(i)")
    assert isinstance(await anext(run), int)
    await run.aclose()
    assert not [*rooms.paths.spools.glob("*"), *rooms.paths.spools.glob(".*")]


async def test_a_result_is_saved_as_a_dataset_that_knows_where_it_came_from(rooms: Rooms, sales: Path) -> None:
    sql = "SELECT region, sum(amount) AS amount FROM sales GROUP BY region ORDER BY 1"
    saved = await rooms.sql.save_as(sql, "by region")
    source = await rooms.datasets.get("sales")
    assert saved.statistics["origin"] == {"kind": "query", "sql": sql, "datasets": [source.id]}
    assert (await rooms.sql.query('FROM "by region"')).rows[0]["region"] == "华东"
    assert Path(saved.storage_path).is_relative_to(rooms.paths.results) and saved.row_count == 2
    assert (await rooms.datasets.refresh(saved.id)).statistics["origin"]["sql"] == sql
    with pytest.raises(Conflict):
        await rooms.sql.save_as(ENDLESS, "By Region")
    with pytest.raises(SqlProblem):
        await rooms.sql.save_as("SELECT nope FROM sales", "other")
    assert len(list(rooms.paths.results.iterdir())) == 1


async def test_rows_come_in_batches_and_an_empty_result_still_has_its_columns(rooms: Rooms, sales: Path) -> None:
    batches = [batch async for batch in rooms.sql.batches("FROM sales", 1000)]
    assert sum(batch.num_rows for batch in batches) == 3000 and len(batches) > 1
    (empty,) = [batch async for batch in rooms.sql.batches("FROM sales WHERE amount < 0")]
    assert empty.num_rows == 0 and empty.schema.names == ["region", "amount"]
    endless = rooms.sql.batches("SELECT i FROM range(1000000000000) t(i)")
    await anext(endless)
    await endless.aclose()
    assert not list(rooms.paths.spill.glob("*"))


async def test_it_is_said_how_much_of_the_files_a_query_looks_at(rooms: Rooms, sales: Path) -> None:
    some, whole = await rooms.sql.scanned("SELECT sum(amount) FROM sales"), await rooms.sql.scanned("FROM sales")
    assert some and whole and 0 < some.bytes < some.of == whole.bytes < sales.stat().st_size
    filtered = await rooms.sql.scanned("SELECT sum(amount) FROM sales WHERE region = '华南'")
    assert filtered and filtered.bytes == whole.bytes
    assert await rooms.sql.scanned("SELECT 1") is None
