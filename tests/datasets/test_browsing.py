"""Filters and orders over open tables, and the copies that make scattered rows quick."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.engine.datasets import browsing, native
from studio.engine.datasets.view import Filter, View
from studio.engine.errors import BadParameter, BadState, Forbidden, StudioError
from tests.data_rooms import Rooms

ROWS = 5_000


@pytest.fixture
async def shop(rooms: Rooms, tmp_path: Path) -> str:
    """Two files of orders; the second one has a column more."""
    folder = tmp_path / "shop"
    folder.mkdir()
    rng = random.Random(7)
    for number in range(2):
        rows = range(number * ROWS, (number + 1) * ROWS)
        table = {
            "id": pa.array([2**53 + 1 + row for row in rows], "int64"),
            "amount": pa.array([Decimal(rng.randrange(10**6)) / 100 for _ in rows], pa.decimal128(12, 2)),
            "city": [None if row % 11 == 0 else ["华东", "华南", "", 'O\'Hara, "x"'][rng.randrange(4)] for row in rows],
        }
        if number:
            table["late"] = [bool(row % 2) for row in rows]
        pq.write_table(pa.table(table), folder / f"part-{number}.parquet", row_group_size=1_000)
    return (await rooms.datasets.register(folder, "shop")).id


def expected(folder: Path, view: View, columns: str = "*") -> list[tuple[object, ...]]:
    files = f"read_parquet('{folder}/*.parquet', union_by_name=true, file_row_number=true)"
    where = " AND ".join([each.condition for each in view.filters] + ([view.where] if view.where else [])) or "true"
    order = view.order_by("filename, file_row_number")
    return duckdb.sql(f"SELECT {columns} FROM {files} WHERE {where} ORDER BY {order}").fetchall()


VIEWS = [
    View(),
    View(order=(("amount", True),)),
    View(order=(("city", False), ("amount", True))),
    View(filters=(Filter("city", "is", "华东"),)),
    View(filters=(Filter("city", "is", '"O\'Hara, ""x""",华南'),)),
    View(filters=(Filter("city", "is", ""), Filter("amount", "ge", "5000", "decimal(12,2)"))),
    View(filters=(Filter("id", "between", f"{2**53 + 10},{2**53 + 6000}", "int64"),), order=(("id", True),)),
    View(filters=(Filter("late", "true"),), where="amount > 100", order=(("amount", False),)),
    View(filters=(Filter("city", "null"),), where="id % 2 = 0 -- even"),
    View(where="city LIKE '华%'", order=(("city", True),)),
]


@pytest.mark.parametrize("view", VIEWS)
async def test_any_window_of_a_view_is_what_one_query_would_say(
    rooms: Rooms, shop: str, tmp_path: Path, view: View
) -> None:
    wanted = expected(
        tmp_path / "shop", View(view.filters, view.where.removesuffix(" -- even"), view.order), "id, city"
    )
    asked = {"order": list(view.order), "where": view.where, "filters": view.filters}
    assert await rooms.datasets.count(shop, view.where, filters=view.filters) == len(wanted)
    for offset in (0, 700, max(0, len(wanted) - 3)):
        page = await rooms.datasets.page(shop, offset, 50, columns=["id", "city"], **asked)
        assert list(zip(*page.to_pydict().values(), strict=True)) == wanted[offset : offset + 50]


async def test_a_column_that_only_some_files_have_is_empty_in_the_others(rooms: Rooms, shop: str) -> None:
    page = await rooms.datasets.page(shop, ROWS - 2, 4, columns=["late", "id"])
    assert page.column_names == ["late", "id"]
    assert page.column("late").to_pylist() == [None, None, False, True]


async def test_the_first_rows_of_an_order_come_before_the_order_is_known(
    rooms: Rooms, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "QUICK_ROWS", 100)
    wanted = expected(tmp_path / "shop", View(order=(("amount", False),)), "id")
    pages = rooms.datasets.browsing
    first = await rooms.datasets.page(shop, 0, 20, order=("amount", False))
    assert first.column("id").to_pylist() == [row for (row,) in wanted[:20]]
    deep = await rooms.datasets.page(shop, 9_000, 20, order=("amount", False))
    assert deep.column("id").to_pylist() == [row for (row,) in wanted[9_000:9_020]]
    await pages.settled()


async def test_a_long_sort_is_a_job_that_can_be_stopped(
    rooms: Rooms, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "LONG_ROWS", 100)
    pages = rooms.datasets.browsing.pages
    wanted = expected(tmp_path / "shop", View(order=(("amount", False),)), "id")
    deep = await rooms.datasets.page(shop, 9_000, 20, order=("amount", False))
    assert deep.column("id").to_pylist() == [row for (row,) in wanted[9_000:9_020]]
    assert [job.kind for job in await rooms.jobs.list()] == [browsing.SORT]
    endless = "SELECT count(*) FROM range(10_000_000_000) a, range(10_000) b WHERE a.range % 7 = b.range % 11"
    monkeypatch.setattr(pages, "find", lambda *given: given[-1].execute(endless).fetchall())
    waiting = asyncio.create_task(rooms.datasets.page(shop, 9_000, 20, order=("amount", True)))
    while not (running := [job for job in rooms.jobs.running() if job.kind == browsing.SORT]):
        await asyncio.sleep(0.01)
    await rooms.jobs.cancel(running[0].id)
    with pytest.raises(BadState, match="stopped"):
        await waiting


async def test_a_copy_is_a_job_and_gives_the_same_rows(
    rooms: Rooms, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "PAYS_ROWS", 1_000)
    order = ("amount", True)
    before = await rooms.datasets.page(shop, 4_000, 300, order=order)
    assert [job.kind for job in await rooms.jobs.list()] == [browsing.KIND]
    await rooms.datasets.browsing.settled()
    source = await rooms.datasets.source(shop)
    assert rooms.datasets.browsing._natives.ready(source) is not None
    assert (await rooms.datasets.page(shop, 4_000, 300, order=order)).equals(before)
    plain = await rooms.datasets.page(shop, ROWS - 5, 10, columns=["id"])
    assert plain.column("id").to_pylist() == [2**53 + 1 + row for row in range(ROWS - 5, ROWS + 5)]


async def test_a_table_that_is_slow_to_jump_in_gets_a_copy_without_being_sorted(
    rooms: Rooms, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "PAYS_ROWS", 1_000)
    monkeypatch.setattr(browsing, "SLOW", 1e9)
    for _ in range(browsing.MEASURED + 1):
        await rooms.datasets.page(shop, 7_000, 10)
    assert await rooms.jobs.list() == []
    monkeypatch.setattr(browsing, "SLOW", 0.0)
    await rooms.datasets.page(shop, 7_000, 10)
    assert [job.kind for job in await rooms.jobs.list()] == [browsing.KIND]
    await rooms.datasets.browsing.settled()


async def test_a_stopped_copy_leaves_nothing_and_is_not_begun_again(
    rooms: Rooms, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "PAYS_ROWS", 1_000)
    pages = rooms.datasets.browsing
    monkeypatch.setattr(pages._natives, "make", _slow)
    await rooms.datasets.page(shop, 0, 10, order=("amount", True))
    (job,) = [job for job in await rooms.jobs.list() if job.kind == browsing.KIND]
    await rooms.jobs.cancel(job.id)
    await rooms.datasets.page(shop, 0, 10, order=("amount", False))
    assert len(await rooms.jobs.list()) == 1
    assert not list(pages._natives.path("x").parent.glob("*.duckdb"))


def _slow(_source: object, watch: object) -> None:
    import time

    from studio.engine.datasets.watch import Stopped

    while not watch.stopped:  # type: ignore[attr-defined]
        time.sleep(0.01)
    raise Stopped


async def test_a_value_that_does_not_fit_its_column_is_the_filters_fault(rooms: Rooms, shop: str) -> None:
    with pytest.raises(BadParameter, match="does not fit"):
        await rooms.datasets.count(shop, filters=[Filter("amount", "ge", "many", "string")])
    assert (await rooms.datasets.get(shop)).status == "active"
    with pytest.raises(BadParameter, match="no column"):
        await rooms.datasets.count(shop, filters=[Filter("gone", "null")])


async def test_a_filter_is_text_and_never_becomes_sql(rooms: Rooms, shop: str, tmp_path: Path) -> None:
    attack = "x') OR 1=1; COPY (SELECT 1) TO '" + str(tmp_path / "stolen") + "' --"
    for operator in ("is", "contains", "between", "ge"):
        assert await rooms.datasets.count(shop, filters=[Filter("city", operator, attack)]) < 2 * ROWS
    with pytest.raises(StudioError):
        await rooms.datasets.count(shop, filters=[Filter("amount", "ge", "1 OR 1=1", "decimal(12,2)")])
    with pytest.raises(Forbidden):
        await rooms.datasets.count(shop, filters=[Filter(raw=f"(SELECT count(*) FROM read_csv('{tmp_path}/x')) > 0")])
    assert not (tmp_path / "stolen").exists()


async def test_a_wish_that_nobody_has_any_more_ends_at_once(rooms: Rooms, shop: str) -> None:
    task = asyncio.ensure_future(rooms.datasets.page(shop, 0, 500, order=[("city", False), ("amount", True)]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await rooms.datasets.page(shop, 0, 5)).num_rows == 5


async def test_a_file_that_changes_while_a_person_scrolls_is_never_shown_half(
    rooms: Rooms, shop: str, tmp_path: Path
) -> None:
    assert (await rooms.datasets.page(shop, 0, 5)).num_rows == 5
    for file in (tmp_path / "shop").iterdir():
        file.unlink()
    with pytest.raises(StudioError):
        await rooms.datasets.page(shop, 6_000, 5)
    assert (await rooms.datasets.get(shop)).status == "unreachable"
