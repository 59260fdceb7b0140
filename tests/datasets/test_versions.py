"""Every content that was seen is a version: told apart by hash, compared by key, gone back to."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.datasets.version import Version
from studio.engine.datasets.version_records import VersionRecords
from studio.engine.errors import BadParameter, BadState, NotFound, Unavailable
from tests.data_rooms import Rooms

FIRST = "id,name,amount\n1,Ann,10\n2,Bob,20\n3,Cem,30\n"
SECOND = "id,name,amount\n1,Ann,10\n3,Cem,35\n4,Dan,40\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(FIRST)
    return path


def parquet(path: Path, **columns: list[object]) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


async def test_a_registered_file_is_version_1_with_the_hash_of_its_bytes(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.history.settled()
    [version] = await rooms.datasets.versions(dataset.id)
    assert (version.number, version.rows, version.state, version.origin) == (1, 3, "current", {"kind": "registered"})
    assert version.checksum == hashlib.sha256(FIRST.encode()).hexdigest()
    assert version.as_api()["version_number"] == 1 and version.as_api()["storage_path"] == str(table)


async def test_changed_content_is_a_new_version_and_the_old_one_can_still_be_read(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.history.settled()
    table.write_text(SECOND)
    assert (await rooms.datasets.get(dataset.id)).version == 2
    assert await rooms.datasets.moved_on(dataset.id, 1, wait=30)
    newest, oldest = await rooms.datasets.versions(dataset.id)
    assert (newest.number, newest.state, oldest.state) == (2, "current", "kept")
    assert newest.checksum != oldest.checksum == hashlib.sha256(FIRST.encode()).hexdigest()
    rows = await rooms.datasets.page(f"{dataset.id}@1", 0, 10)
    assert rows.column("name").to_pylist() == ["Ann", "Bob", "Cem"]
    assert await rooms.datasets.count("people@1") == 3
    assert (await rooms.datasets.get(dataset.id, version=1)).row_count == 3


async def test_a_file_that_is_only_touched_makes_no_version(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.history.settled()
    os.utime(table, ns=(1, 1))
    await rooms.datasets.get(dataset.id)
    assert not await rooms.datasets.moved_on(dataset.id, 1)  # it has the number 2 until its content is hashed
    assert not await rooms.datasets.moved_on(dataset.id, 1, wait=30)
    assert [each.number for each in await rooms.datasets.versions(dataset.id)] == [1]
    assert (await rooms.datasets.get(dataset.id)).version == 1


async def test_whoever_looks_while_a_version_is_withdrawn_adds_none(
    rooms: Rooms, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.history.settled()

    added: list[str] = []
    add, change, remove = VersionRecords.add, VersionRecords.change, VersionRecords.remove

    async def noted(records: VersionRecords, version: Version) -> Version:
        added.append(version.id)
        return await add(records, version)

    async def changed(records: VersionRecords, version_id: str, **fields: Any) -> None:
        await change(records, version_id, **fields)
        await rooms.datasets.moved_on(dataset.id, 1)

    async def removed(records: VersionRecords, version_id: str) -> None:
        await remove(records, version_id)
        await rooms.datasets.moved_on(dataset.id, 1)

    monkeypatch.setattr(VersionRecords, "add", noted)
    monkeypatch.setattr(VersionRecords, "change", changed)
    monkeypatch.setattr(VersionRecords, "remove", removed)
    os.utime(table, ns=(1, 1))
    await rooms.datasets.get(dataset.id)
    await rooms.datasets.history.settled()
    assert len(added) == 1
    assert [each.number for each in await rooms.datasets.versions(dataset.id)] == [1]
    assert (await rooms.datasets.get(dataset.id)).version == 1


async def test_a_file_that_moved_is_the_same_version(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    await rooms.datasets.history.settled()
    moved = table.rename(table.with_name("moved.csv"))
    await rooms.datasets.update(dataset.id, path=str(moved))
    await rooms.datasets.history.settled()
    [version] = await rooms.datasets.versions(dataset.id)
    assert (version.number, version.path, version.state) == (1, str(moved), "current")


async def test_a_new_path_becomes_a_version_and_the_old_one_stays_where_it_lies(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    other = table.with_name("people-2.csv")
    other.write_text(SECOND)
    made = await rooms.datasets.create_version(dataset.id, other)
    assert (made.number, made.path, made.origin, made.state) == (2, str(other), {"kind": "path"}, "current")
    now = await rooms.datasets.get(dataset.id)
    assert (now.version, now.storage_path, now.row_count, now.status) == (2, str(other), 3, "active")
    assert [each.state for each in await rooms.datasets.versions(dataset.id)] == ["current", "here"]
    assert (await rooms.datasets.page(f"{dataset.id}@1", 0, 9)).num_rows == 3


async def test_a_version_of_nothing_new_is_the_current_one(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    assert (await rooms.datasets.create_version(dataset.id)).number == 1
    table.write_text(SECOND)
    assert (await rooms.datasets.create_version(dataset.id)).number == 2


async def test_going_back_makes_a_new_version_and_leaves_the_file_alone(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    table.write_text(SECOND)
    await rooms.datasets.get(dataset.id)
    back = await rooms.datasets.history.roll_back(dataset.id, 1)
    assert (back.number, back.origin) == (3, {"kind": "rollback", "version": 1})
    rows = await rooms.datasets.page(dataset.id, 0, 10)
    assert rows.column("amount").to_pylist() == [10, 20, 30]
    assert table.read_text() == SECOND
    await rooms.datasets.history.settled()
    assert [each.number for each in await rooms.datasets.versions(dataset.id)] == [3, 2, 1]
    again = await rooms.datasets.history.roll_back(dataset.id, 2)  # the way to undo it
    assert (again.number, again.path) == (4, str(table))
    assert (await rooms.datasets.page(dataset.id, 0, 10)).column("amount").to_pylist() == [10, 35, 40]


async def test_the_current_version_is_nothing_to_go_back_to(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    with pytest.raises(BadState, match="version 1 already"):
        await rooms.datasets.history.roll_back(dataset.id, 1)
    with pytest.raises(NotFound, match="no version 7"):
        await rooms.datasets.history.roll_back(dataset.id, 7)


async def test_a_parquet_file_that_is_replaced_is_kept_without_a_copy(rooms: Rooms, tmp_path: Path) -> None:
    path = parquet(tmp_path / "n.parquet", n=[1, 2, 3])
    dataset = await rooms.datasets.register(path)
    await rooms.datasets.history.settled()
    parquet(tmp_path / "aside.parquet", n=[4, 5]).replace(path)
    await rooms.datasets.get(dataset.id)
    assert [each.state for each in await rooms.datasets.versions(dataset.id)] == ["current", "kept"]
    assert (await rooms.datasets.page(f"{dataset.id}@1", 0, 9)).column("n").to_pylist() == [1, 2, 3]


async def test_a_parquet_file_that_is_written_over_in_place_is_gone_unless_the_disk_shares_blocks(
    rooms: Rooms, tmp_path: Path
) -> None:
    path = parquet(tmp_path / "n.parquet", n=[1, 2, 3])
    dataset = await rooms.datasets.register(path)
    await rooms.datasets.history.settled()
    with path.open("r+b") as file:  # the same file, as pandas writes it
        content = parquet(tmp_path / "aside.parquet", n=[4, 5]).read_bytes()
        file.truncate(0)
        file.write(content)
    await rooms.datasets.get(dataset.id)
    newest, oldest = await rooms.datasets.versions(dataset.id)
    assert oldest.kept is not None and newest.state == "current"
    assert oldest.state == ("gone" if oldest.kept.linked else "kept")
    assert (await rooms.datasets.page(dataset.id, 0, 9)).column("n").to_pylist() == [4, 5]


async def test_what_was_overwritten_and_not_kept_says_so(rooms: Rooms, table: Path) -> None:
    await rooms.settings.set("data.versions_kept", 0)
    dataset = await rooms.datasets.register(table)
    table.write_text(SECOND)
    await rooms.datasets.get(dataset.id)
    assert [each.state for each in await rooms.datasets.versions(dataset.id)] == ["current", "gone"]
    with pytest.raises(Unavailable, match="version 1 of “people” is gone"):
        await rooms.datasets.history.roll_back(dataset.id, 1)
    assert (await rooms.datasets.get(dataset.id)).version == 2


async def test_only_the_last_versions_are_kept(rooms: Rooms, table: Path) -> None:
    await rooms.settings.set("data.versions_kept", 2)
    dataset = await rooms.datasets.register(table)
    for number in range(2, 6):
        table.write_text(FIRST + f"{number + 2},Eve{number},{number}\n")
        await rooms.datasets.get(dataset.id)
        await rooms.datasets.history.settled()
    states = {each.number: each.state for each in await rooms.datasets.versions(dataset.id)}
    assert states == {5: "current", 4: "kept", 3: "kept", 2: "gone", 1: "gone"}


async def test_a_difference_by_key_tells_added_removed_and_changed_rows(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    table.write_text(SECOND)
    await rooms.datasets.get(dataset.id)
    found = await rooms.datasets.history.compare(dataset.id, 1, 2)
    assert found.key == ["id"]
    assert (found.added, found.removed, found.changed, found.same, found.total) == (1, 1, 1, 1, 3)
    assert found.changed_columns == {"amount": 1}
    rows = await rooms.datasets.history.changes(dataset.id, 1, 2)
    assert [(row.change, row.key["id"], row.columns) for row in rows] == [
        ("removed", 2, []), ("changed", 3, ["amount"]), ("added", 4, []),
    ]  # fmt: skip
    assert rows[1].before is not None and rows[1].after is not None
    assert (rows[1].before["amount"], rows[1].after["amount"]) == (30, 35)
    [added] = await rooms.datasets.history.changes(dataset.id, 1, 2, change="added")
    assert added.after == {"id": 4, "name": "Dan", "amount": 40} and added.before is None


async def test_a_difference_tells_added_removed_and_retyped_columns(rooms: Rooms, tmp_path: Path) -> None:
    one = parquet(tmp_path / "1.parquet", id=[1, 2], old=["a", "b"], price=[1, 2])
    two = parquet(tmp_path / "2.parquet", id=[1, 2], price=[1.0, 2.5], new=[True, False])
    dataset = await rooms.datasets.register(one)
    await rooms.datasets.create_version(dataset.id, two)
    found = await rooms.datasets.history.compare(dataset.id, 1, 2)
    assert [column.name for column in found.added_columns] == ["new"]
    assert [column.name for column in found.removed_columns] == ["old"]
    assert [(each.name, each.before, each.after) for each in found.retyped_columns] == [("price", "int64", "double")]
    assert found.changed_columns == {"price": 1}  # 1 and 1.0 are the same number


async def test_without_a_key_whole_rows_are_compared_and_doubles_are_counted(rooms: Rooms, tmp_path: Path) -> None:
    one = parquet(tmp_path / "1.parquet", kind=["a", "a", "b", None], n=[1, 1, 2, None])
    two = parquet(tmp_path / "2.parquet", kind=["a", "b", "b", None], n=[1, 2, 2, None])
    dataset = await rooms.datasets.register(one)
    await rooms.datasets.create_version(dataset.id, two)
    found = await rooms.datasets.history.compare(dataset.id, 1, 2)
    assert (found.key, found.added, found.removed, found.changed, found.same) == ([], 1, 1, 0, 3)


async def test_a_key_is_chosen_by_name_and_an_unknown_one_is_told(rooms: Rooms, table: Path) -> None:
    dataset = await rooms.datasets.register(table)
    table.write_text(SECOND)
    await rooms.datasets.get(dataset.id)
    found = await rooms.datasets.history.compare(dataset.id, 1, 2, ["name", "amount"])
    assert (found.key, found.added, found.removed, found.changed) == (["name", "amount"], 2, 2, 0)
    with pytest.raises(BadParameter, match="“nothing”"):
        await rooms.datasets.history.compare(dataset.id, 1, 2, ["nothing"])


async def test_a_difference_over_many_files_numbers_rows_through(rooms: Rooms, tmp_path: Path) -> None:
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        for part in range(4):
            numbers = list(range(part * 1000, part * 1000 + 1000))
            values = [n * 2 + (version == "two" and n == 3210) for n in numbers]
            parquet(tmp_path / version / f"{part}.parquet", n=numbers, v=values)
    dataset = await rooms.datasets.register(tmp_path / "one")
    await rooms.datasets.create_version(dataset.id, tmp_path / "two")
    [row] = await rooms.datasets.history.changes(dataset.id, 1, 2)
    assert (row.change, row.before, row.after) == ("changed", {"n": 3210, "v": 6420}, {"n": 3210, "v": 6421})


async def test_the_id_of_something_in_the_trash_starts_with_no_history(rooms: Rooms, table: Path) -> None:
    await rooms.datasets.register(table, dataset_id="ds-abc")
    table.write_text(SECOND)
    await rooms.datasets.get("ds-abc")
    await rooms.datasets.delete("ds-abc")
    await rooms.datasets.register(table, dataset_id="ds-abc")
    assert [each.number for each in await rooms.datasets.versions("ds-abc")] == [1]


async def test_what_a_query_made_says_so_in_its_first_version(rooms: Rooms, table: Path) -> None:
    origin = {"kind": "query", "sql": "SELECT 1", "datasets": ["ds-001"]}
    dataset = await rooms.datasets.register(table, origin=origin)
    assert (await rooms.datasets.versions(dataset.id))[0].origin == origin
    table.write_text(SECOND)
    assert (await rooms.datasets.get(dataset.id)).statistics["origin"] == origin
