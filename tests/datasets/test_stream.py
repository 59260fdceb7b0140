"""All rows of a table, batch by batch."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest

from studio.engine.errors import BadParameter
from tests.data_rooms import Rooms


async def all_of(rooms: Rooms, **given: object) -> pa.Table:
    return pa.Table.from_batches([batch async for batch in rooms.datasets.batches("orders", **given)])  # type: ignore[arg-type]


async def test_rows_straight_from_the_files_are_those_of_the_locked_connection(rooms: Rooms) -> None:
    await rooms.with_orders()
    plain = await all_of(rooms, columns=["order_id", "amount", "region"], size=1000)
    filtered = await all_of(rooms, columns=["order_id", "amount", "region"], where="true", size=1000)
    assert plain.num_rows == 12_000 and plain.to_pylist() == filtered.to_pylist()


@pytest.mark.parametrize("where", ["", "order_id > 0"])
async def test_a_reader_that_leaves_in_the_middle_ends_the_work_in_peace(rooms: Rooms, where: str) -> None:
    await rooms.with_orders()
    for _ in range(20):
        scan = rooms.datasets.batches("orders", where=where, size=50)
        await anext(scan)
        waiting = asyncio.ensure_future(anext(scan))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await scan.aclose()
    assert (await all_of(rooms, where=where)).num_rows == 12_000


async def test_a_column_that_is_not_there_is_named_before_the_first_row(rooms: Rooms) -> None:
    await rooms.with_orders()
    with pytest.raises(BadParameter, match="nothing"):
        await all_of(rooms, columns=["nothing"])
