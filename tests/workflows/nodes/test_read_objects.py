from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from studio.engine.errors import BadParameter, Invalid, NotFound
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.read_objects import ReadObjectsParams, read_objects
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket", "rooms"]


async def read(bucket: Any, result: str, pattern: str = "*", place: str = "s3://in") -> Any:
    params = ReadObjectsParams(place=place, result=result, pattern=pattern)  # type: ignore[arg-type]
    return (await read_objects(Context(services=Services(objects=bucket)), params))["objects"]


class TestReadObjects(NodeContract):
    name = "read_objects"

    async def test_a_bucket_is_listed_and_read(self, bucket: Any) -> None:
        await bucket.put("s3://in/2026/a.csv", b"id,n\n1,5\n")
        await bucket.put("s3://in/2026/b.csv", b"id,n,more\n2,6,x\n")
        await bucket.put("s3://in/notes.txt", "\ufeff汉".encode())
        listed = (await read(bucket, "list")).to_pylist()
        assert [row["url"] for row in listed] == ["s3://in/2026/a.csv", "s3://in/2026/b.csv", "s3://in/notes.txt"]
        assert (await read(bucket, "rows", "*.csv")).to_pylist() == [
            {"id": 1, "n": 5, "more": None}, {"id": 2, "n": 6, "more": "x"},
        ]  # fmt: skip
        assert [d["text"] for d in await read(bucket, "text", "*.txt")] == ["汉"]
        assert len(await read(bucket, "list", place="s3://in/2026")) == 2

    async def test_what_is_not_there_or_no_table_is_named(self, bucket: Any) -> None:
        await bucket.put("s3://in/a.txt", b"x")
        await bucket.put("s3://in/bad.parquet", b"PAR1 no")
        with pytest.raises(NotFound, match=r"named \*\.csv"):
            await read(bucket, "rows", "*.csv")
        with pytest.raises(BadParameter, match="no rows"):
            await read(bucket, "rows", "*.txt")
        with pytest.raises(Invalid, match=r"bad\.parquet cannot be read"):
            await read(bucket, "rows", "*.parquet")

    async def test_the_cache_knows_when_a_bucket_changed(self, bucket: Any, rooms: SimpleNamespace) -> None:
        await bucket.put("s3://in/a.csv", b"id\n1\n")
        context, params = Context(services=Services(objects=bucket)), ReadObjectsParams(place="s3://in", result="rows")
        assert self.type.fingerprint is not None
        before = await self.type.fingerprint(context, params)
        assert await self.type.fingerprint(context, params) == before
        await bucket.put("s3://in/a.csv", b"id\n2\n")
        assert await self.type.fingerprint(context, params) != before
