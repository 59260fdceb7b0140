from __future__ import annotations

import asyncio
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.datasets.dataset import DatasetsChanged
from studio.engine.datasets.source import Broken
from studio.engine.errors import BadParameter, Conflict, Forbidden, NotFound, StudioError, Unavailable
from tests.data_rooms import Rooms


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(1000)))
    return path


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """300,000 rows in three files, `n` counts through, `turned` runs backwards."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in range(3):
        numbers = list(range(part * 100_000, (part + 1) * 100_000))
        columns = {"n": numbers, "turned": [300_000 - n for n in numbers], "odd": [n % 2 for n in numbers]}
        pyarrow.parquet.write_table(pyarrow.table(columns), folder / f"{part}.parquet", row_group_size=20_000)
    return folder


async def test_a_file_is_registered_where_it_lies(rooms: Rooms, table: Path) -> None:
    before = table.read_bytes()
    dataset = await rooms.datasets.register(table, description="Numbers", tags=["test"])
    assert dataset.id.startswith("ds-") and len(dataset.id) == 11
    assert (dataset.name, dataset.format, dataset.row_count, dataset.status) == ("numbers", "csv", 1000, "active")
    assert [(column.name, column.type) for column in dataset.columns] == [("id", "int64"), ("name", "string")]
    assert table.read_bytes() == before
    assert await rooms.datasets.get("numbers") == await rooms.datasets.get(dataset.id)


async def test_the_api_sees_both_ids_the_schema_and_times(rooms: Rooms, table: Path) -> None:
    seen = (await rooms.datasets.register(table)).as_api()
    assert seen["id"] == seen["dataset_id"] and seen["created_at"].endswith("Z")
    assert seen["schema"]["columns"][0] == {"name": "id", "type": "int64", "nullable": True, "description": ""}


async def test_names_are_unique_whatever_their_capitals(rooms: Rooms, table: Path) -> None:
    await rooms.datasets.register(table, "Numbers")
    with pytest.raises(Conflict, match="numbers"):
        await rooms.datasets.register(table, "numbers")
    assert (await rooms.datasets.register(table)).name == "numbers 2"


async def test_two_at_once_do_not_get_one_name(rooms: Rooms, table: Path) -> None:
    both = [rooms.datasets.register(table, "one") for _ in range(2)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Dataset"]


@pytest.mark.parametrize("name", ["", "   ", 'a"b', "a\nb", "x" * 256])
def test_a_name_must_be_usable(rooms: Rooms, name: str) -> None:
    from studio.engine.datasets.records import proper_name

    with pytest.raises(BadParameter):
        proper_name(name)


async def test_deleting_is_the_trash_and_can_be_undone(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.delete(dataset.id)
    with pytest.raises(NotFound):
        await rooms.datasets.get(dataset.id)
    assert await rooms.datasets.list() == [] and table.exists()
    assert (await rooms.datasets.restore(dataset.id)).name == dataset.name
    assert [each.id for each in await rooms.datasets.list()] == [dataset.id]


async def test_restoring_does_not_take_a_name_from_another(rooms: Rooms, table: Path) -> None:
    first = await rooms.datasets.register(table)
    await rooms.datasets.delete(first.id)
    await rooms.datasets.register(table, first.name)
    with pytest.raises(Conflict):
        await rooms.datasets.restore(first.id)


async def test_a_bucket_that_cannot_be_reached_is_registered_all_the_same(rooms: Rooms) -> None:
    dataset = await rooms.datasets.register("s3://bucket/data/", "test")
    assert dataset.status == "unreachable" and "bucket" in dataset.status_reason.en
    await rooms.objects.put("s3://bucket/data/a.csv", b"id\n1\n2\n")
    assert (await rooms.datasets.get("test")).status == "active"
    assert await rooms.datasets.count("test") == 2


async def test_a_local_file_that_is_not_there_is_not_registered(rooms: Rooms, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"gone\.csv"):
        await rooms.datasets.register(tmp_path / "gone.csv")
    assert await rooms.datasets.list() == []


async def test_a_moved_file_says_so_and_is_located_again(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    moved = table.rename(table.with_name("moved.csv"))
    found = await rooms.datasets.get(dataset.id)
    assert found.status == "unreachable" and "Locate" in found.status_reason.en and "重新定位" in found.status_reason.zh
    with pytest.raises(Unavailable, match="numbers"):
        await rooms.datasets.page(dataset.id, 0, 10)
    assert (await rooms.datasets.update(dataset.id, path=str(moved))).status == "active"
    assert (await rooms.datasets.page(dataset.id, 0, 10)).num_rows == 10


async def test_a_file_that_broke_says_so_and_comes_back(rooms: Rooms, parts: Path) -> None:
    dataset = await rooms.datasets.register(parts)
    good = (parts / "1.parquet").read_bytes()
    (parts / "1.parquet").write_bytes(good[:1000])
    with pytest.raises(Broken, match=r"1\.parquet"):
        await rooms.datasets.page(dataset.id, 0, 10)
    assert (await rooms.datasets.list())[0].status == "broken"
    (parts / "1.parquet").write_bytes(good)
    assert (await rooms.datasets.refresh(dataset.id)).status == "active"


async def test_more_rows_are_seen_at_once_and_other_columns_are_told(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    with table.open("a") as file:
        file.write("1000,one more\n")
    assert await rooms.datasets.count(dataset.id) == 1001
    grown = await rooms.datasets.get(dataset.id)
    assert (grown.status, grown.version, grown.row_count) == ("active", 2, 1001)
    table.write_text("id,title\n1,x\n")
    changed = await rooms.datasets.get(dataset.id)
    assert changed.status == "changed" and "title" in changed.status_reason.en
    assert (await rooms.datasets.refresh(dataset.id)).status == "active"


async def test_any_page_of_several_files_is_what_the_files_hold(rooms: Rooms, parts: Path) -> None:
    await rooms.datasets.register(parts)
    for offset in (0, 99_990, 100_000, 250_003, 299_995):
        page = await rooms.datasets.page("parts", offset, 20)
        assert page.column("n").to_pylist() == list(range(offset, min(offset + 20, 300_000)))
        assert page.column_names == ["n", "turned", "odd"]
    assert (await rooms.datasets.page("parts", 300_000, 20)).num_rows == 0


async def test_pages_can_be_ordered_filtered_and_narrowed(rooms: Rooms, parts: Path) -> None:
    await rooms.datasets.register(parts)
    page = await rooms.datasets.page("parts", 10, 3, order=("turned", False), where="odd = 1", columns=["n"])
    assert page.to_pydict() == {"n": [299_979, 299_977, 299_975]}
    back = await rooms.datasets.page("parts", 149_998, 5, where="odd = 1 -- odd ones", columns=["n"])
    assert back.to_pydict() == {"n": [299_997, 299_999]}
    assert await rooms.datasets.count("parts", "odd = 1") == 150_000


async def test_a_condition_cannot_reach_beyond_its_table(rooms: Rooms, parts: Path) -> None:
    await rooms.datasets.register(parts)
    for where in (
        "n IN (SELECT 1 FROM read_text('/etc/passwd'))",
        "true) TO '/tmp/x' --",
        "1; DROP TABLE data",
        "n = (SELECT max(n) FROM other)",
    ):
        with pytest.raises(StudioError):
            await rooms.datasets.page("parts", 0, 5, where=where)
    with pytest.raises(Forbidden):
        await rooms.datasets.count("parts", "n IN (SELECT 1 FROM read_text('/etc/passwd'))")


async def test_an_unknown_column_is_named_with_those_there_are(rooms: Rooms, table: Path) -> None:
    await rooms.datasets.register(table)
    with pytest.raises(BadParameter, match="Columns: id, name"):
        await rooms.datasets.page("numbers", 0, 5, order=("nope", True))


async def test_exact_numbers_stay_exact(rooms: Rooms, tmp_path: Path) -> None:
    from decimal import Decimal

    exact = {"whole": [2**63 - 1, -(2**63)], "money": [Decimal("12345678901234567.89"), Decimal("-0.01")]}
    pyarrow.parquet.write_table(pyarrow.table(exact), tmp_path / "exact.parquet")
    await rooms.datasets.register(tmp_path / "exact.parquet")
    assert (await rooms.datasets.page("exact", 0, 2)).to_pydict() == exact
    assert (await rooms.datasets.page("exact", 0, 2, where="money > 0")).to_pydict() == {
        key: each[:1] for key, each in exact.items()
    }


async def test_batches_bring_the_whole_in_order(rooms: Rooms, parts: Path) -> None:
    await rooms.datasets.register(parts)
    numbers = [n async for batch in rooms.datasets.batches("parts", ["n"]) for n in batch.column(0).to_pylist()]
    assert numbers == list(range(300_000))
    odd = [
        n
        async for batch in rooms.datasets.batches("parts", ["n"], "odd = 1 AND n < 6")
        for n in batch.column(0).to_pylist()
    ]
    assert odd == [1, 3, 5]


async def test_a_profile_counts_and_says_when_it_is_of_a_sample(rooms: Rooms, tmp_path: Path, parts: Path) -> None:
    (tmp_path / "p.csv").write_text("v,word,day\n1,a,2025-01-01\n2,a,2025-01-02\n,b,2025-02-01\n")
    await rooms.datasets.register(tmp_path / "p.csv")
    found = await rooms.datasets.profile("p")
    assert (found["v"].nulls, found["v"].distinct, found["v"].low, found["v"].mean) == (1, 2, "1", 1.5)
    assert [(bar.label, bar.count) for bar in found["word"].top] == [("a", 2), ("b", 1)]
    assert sum(bar.count for bar in found["v"].histogram) == 2 and sum(bar.count for bar in found["day"].histogram) == 3
    await rooms.datasets.register(parts)
    sampled = (await rooms.datasets.profile("parts", sample=1000))["n"]
    assert sampled.sampled and sampled.rows == 1000


async def test_changes_are_told(rooms: Rooms, table: Path) -> None:
    heard: list[str] = []
    rooms.events.subscribe(DatasetsChanged, lambda event: heard.append(event.dataset_id))
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.update(
        dataset.id, description="New", columns=[{"name": "id", "type": "int64", "description": "Key"}]
    )
    await rooms.datasets.delete(dataset.id)
    assert heard == [dataset.id] * 3


async def test_a_description_of_a_column_outlives_a_refresh(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.update(dataset.id, columns=[{"name": "id", "type": "int64", "description": "Key"}])
    table.write_text("id,name\n1,x\n")
    assert (await rooms.datasets.refresh(dataset.id)).columns[0].description == "Key"


async def test_the_list_is_searched_by_name_tag_column_and_status(rooms: Rooms, table: Path, parts: Path) -> None:
    await rooms.datasets.register(table, tags=["sales"])
    await rooms.datasets.register(parts)
    await rooms.datasets.register("s3://nowhere/x/", "far")
    names = [[each.name for each in await rooms.datasets.list(**query)] for query in (
        {"q": "NUMB"}, {"q": "turned"}, {"tags": ["sales"]}, {"status": "unreachable"}, {"format": "parquet"}
    )]  # fmt: skip
    assert names == [["numbers"], ["parts"], ["numbers"], ["far"], ["parts"]]


async def test_damaged_pages_behind_a_sound_footer_are_named(rooms: Rooms, parts: Path) -> None:
    await rooms.datasets.register(parts)
    content = bytearray((parts / "0.parquet").read_bytes())
    content[4:20_000] = b"\xff" * 19_996
    (parts / "0.parquet").write_bytes(content)
    with pytest.raises(Broken, match=r"0\.parquet"):
        await rooms.datasets.page("parts", 0, 10)
    assert (await rooms.datasets.page("parts", 200_000, 10)).num_rows == 10


async def test_the_cache_may_be_deleted_at_any_time(rooms: Rooms, table: Path) -> None:
    import shutil

    await rooms.datasets.register(table)
    shutil.rmtree(rooms.paths.cache)
    assert (await rooms.datasets.page("numbers", 990, 100)).num_rows == 10


async def test_the_copy_of_old_content_is_removed(rooms: Rooms, table: Path) -> None:
    await rooms.datasets.register(table)
    await rooms.datasets.register(table, "again")
    table.write_text("id,name\n1,x\n")
    await rooms.datasets.refresh("numbers")
    assert len(list((rooms.paths.cache / "datasets").iterdir())) == 2
    await rooms.datasets.refresh("again")
    assert len(list((rooms.paths.cache / "datasets").iterdir())) == 1


async def test_the_same_file_registered_twice_at_once_is_fine(rooms: Rooms, table: Path) -> None:
    both = await asyncio.gather(rooms.datasets.register(table, "a"), rooms.datasets.register(table, "b"))
    assert [dataset.row_count for dataset in both] == [1000, 1000]
