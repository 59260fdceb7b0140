"""What people know of the data is kept, and all of it can be found."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from studio.engine.errors import BadParameter, NotFound, StudioError
from tests.metadata.conftest import Known

ORDERS = "order_id,客户姓名,phone,product\n1,李静,13812345678,咖啡机\n2,王一鸣,13912345678,恒温壶\n3,陈子涵,15012345678,净化器\n"


async def found(known: Known, query: str) -> list[tuple[str, str, str]]:
    return [(hit.name, hit.where, hit.column) for hit in await known.metadata.search(query)]


async def test_personal_data_is_found_when_a_dataset_is_registered(known: Known, tmp_path: Path) -> None:
    orders = await known.register(tmp_path / "o.csv", "订单", ORDERS)
    marks = await known.metadata.marks(orders)
    assert [(mark.column, mark.kind, mark.state) for mark in marks] == [
        ("phone", "phone", "found"), ("客户姓名", "name", "found"),
    ]  # fmt: skip
    assert await known.metadata.key_column(orders) == "order_id"


async def test_what_a_person_decides_outlives_the_next_look(known: Known, tmp_path: Path) -> None:
    orders = await known.register(tmp_path / "o.csv", "订单", ORDERS)
    await known.metadata.decide(orders, "phone", "confirmed")
    await known.metadata.decide(orders, "客户姓名", "rejected")
    (tmp_path / "o.csv").write_text(ORDERS + "4,刘洋,15112345678,磨豆机\n")
    await known.rooms.datasets.get(orders)
    await known.metadata.settled()
    states = {mark.column: mark.state for mark in await known.metadata.marks(orders)}
    assert states == {"phone": "confirmed", "客户姓名": "rejected"}
    await known.metadata.decide(orders, "phone", None)
    assert {mark.column: mark.state for mark in await known.metadata.marks(orders)}["phone"] == "found"


async def test_a_person_can_mark_what_no_rule_found(known: Known, tmp_path: Path) -> None:
    orders = await known.register(tmp_path / "o.csv", "订单", ORDERS)
    await known.metadata.decide(orders, "product", "confirmed")
    assert ("product", "personal") in [(mark.column, mark.kind) for mark in await known.metadata.marks(orders)]
    with pytest.raises(NotFound, match="“nothing”"):
        await known.metadata.decide(orders, "nothing", "confirmed")
    with pytest.raises(BadParameter, match="“shoe size”"):
        await known.metadata.decide(orders, "product", "confirmed", "shoe size")


async def test_a_dataset_is_found_by_everything_that_is_known_of_it(known: Known, tmp_path: Path) -> None:
    await known.register(
        tmp_path / "o.csv", "订单", ORDERS, description="Web and store orders", tags=["gold"], owner="林薇"
    )
    await known.register(tmp_path / "t.csv", "tickets", "id,text\n1,hello\n")
    assert await found(known, "订单") == [("订单", "name", "")]
    assert await found(known, "dd") == [("订单", "name", "")]
    assert await found(known, "dingdan") == [("订单", "name", "")]
    assert await found(known, "khxm") == [("订单", "column", "客户姓名")]
    assert await found(known, "STORE") == [("订单", "description", "")]
    assert await found(known, "gold") == [("订单", "tag", "")]
    assert await found(known, "林薇") == [("订单", "owner", "")]
    assert await found(known, "lw") == [("订单", "owner", "")]
    assert await found(known, "恒温") == [("订单", "value", "product")]
    assert await found(known, "hello") == [("tickets", "value", "text")]
    assert await found(known, "订单 gold") == [("订单", "name", "")]
    assert await found(known, "订单 hello") == []
    assert await found(known, " ") == []


async def test_names_come_before_columns_and_those_before_values(known: Known, tmp_path: Path) -> None:
    await known.register(tmp_path / "a.csv", "values", "text\nrefund\n")
    await known.register(tmp_path / "b.csv", "columns", "refund\nx\n")
    await known.register(tmp_path / "c.csv", "refunds 2024", "text\nx\n")
    await known.register(tmp_path / "d.csv", "refund", "text\nx\n")
    assert [name for name, _, _ in await found(known, "refund")] == ["refund", "refunds 2024", "columns", "values"]


async def test_values_of_personal_columns_are_not_kept_for_the_search(known: Known, tmp_path: Path) -> None:
    orders = await known.register(tmp_path / "o.csv", "订单", ORDERS)
    assert await found(known, "李静") == []
    await known.metadata.decide(orders, "product", "confirmed")
    await known.metadata.settled()
    assert await found(known, "恒温") == []


async def test_the_search_follows_what_changes(known: Known, tmp_path: Path) -> None:
    orders = await known.register(tmp_path / "o.csv", "orders", ORDERS)
    assert await found(known, "orders")
    await known.rooms.datasets.update(orders, name="bestellungen")
    await known.metadata.settled()
    assert await found(known, "bestell") == [("bestellungen", "name", "")]
    await known.metadata.describe_column(orders, "product", "What was bought")
    await known.metadata.settled()
    assert await found(known, "bought") == [("bestellungen", "description", "product")]
    await known.rooms.datasets.delete(orders)
    await known.metadata.settled()
    assert await found(known, "bestell") == []


async def test_the_project_is_a_database_and_so_is_a_bucket(known: Known, tmp_path: Path) -> None:
    await known.rooms.with_orders()
    await known.register(tmp_path / "o.csv", "local", ORDERS)
    listed = {each.name: each.table_count for each in await known.metadata.databases()}
    assert listed == {"studio": 2, "s3:sample": 1}
    assert [each.name for each in await known.metadata.tables("s3:sample")] == ["orders"]
    assert (await known.metadata.table("studio", "LOCAL")).name == "local"
    changed = await known.metadata.describe_database("s3:sample", description="The sample", owner="林薇")
    assert (changed.description, changed.owner, changed.tags, changed.table_count) == ("The sample", "林薇", [], 1)
    assert (await known.metadata.describe_database("s3:sample", tags=["demo"])).description == "The sample"
    with pytest.raises(NotFound, match="“nowhere”"):
        await known.metadata.tables("nowhere")


async def test_a_file_with_damaged_pages_is_passed_over_and_the_search_goes_on(known: Known, tmp_path: Path) -> None:
    path = tmp_path / "damaged.parquet"
    rows = 60_000
    ids = pyarrow.array([f"{row:012d}-{row * 7919 % 104729}" for row in range(rows)])
    pyarrow.parquet.write_table(
        pyarrow.table({"id": ids}), path, row_group_size=2_000, compression="none", use_dictionary=False
    )
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200_000] = (
        b"\xff" * 200_000
    )  # the first rows and the footer are whole
    path.write_bytes(content)
    dataset = await known.rooms.datasets.register(path, "damaged")
    await known.metadata.settled()
    with pytest.raises(StudioError, match="damaged"):
        await known.metadata.look_through(dataset.id)
    await known.register(tmp_path / "t.csv", "tickets", "id,text\n1,hello\n")
    assert await found(known, "tickets") == [("tickets", "name", "")]
