from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from studio.engine.connections.service import Connections
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Invalid
from studio.engine.objects.service import Objects
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.save_file import SaveFileParams, content_of, save_file
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket", "rooms"]


class TestSaveFile(NodeContract):
    name = "save_file"
    example: ClassVar = {"place": "s3://results/x"}

    async def test_a_value_becomes_a_file(self, rooms: SimpleNamespace, tmp_path: Path) -> None:
        paths: Paths = rooms.paths
        objects = Objects(paths, Connections(rooms.catalog, rooms.events, Egress(), Secrets(paths.data)))
        await objects.start()
        context = Context(services=Services(objects=objects), run="exec-1")
        assert await save_file({"a": "汉"}, context, SaveFileParams(format="json")) == "s3://results/exec-1.json"
        assert "汉" in (await objects.get("s3://results/exec-1.json")).decode()
        for bad in ("/etc/passwd", "s3://results/", "file:///tmp/x"):
            with pytest.raises(BadParameter):
                await save_file("x", context, SaveFileParams(place=bad))
        await objects.close()

    @pytest.mark.parametrize(
        ("format", "start"), [("csv", b'"a"'), ("parquet", b"PAR1"), ("json", b"["), ("text", b"[")]
    )
    def test_tables_have_every_format(self, format: Any, start: bytes) -> None:
        assert content_of(table_of([{"a": 1}]), format).startswith(start)

    async def test_text_and_rows_are_added_to_what_is_there_one_after_the_other(self, bucket: Any) -> None:
        context = Context(services=Services(objects=bucket))
        params = SaveFileParams(place="s3://results/log", append=True)
        await asyncio.gather(*(save_file(word, context, params) for word in ("a", "b", "汉")))
        assert sorted((await bucket.get("s3://results/log.txt")).decode().split("\n")) == ["a", "b", "汉"]
        rows = SaveFileParams(place="s3://results/rows", format="csv", append=True)
        for n in (1, 2):
            await save_file(table_of([{"n": n, "word": "x"}]), context, rows)
        assert (await bucket.get("s3://results/rows.csv")).decode() == '"n","word"\n1,"x"\n2,"x"\n'
        with pytest.raises(Invalid, match="has the columns"):
            await save_file(table_of([{"other": 1}]), context, rows)
        with pytest.raises(BadParameter, match="cannot be added to"):
            await save_file({}, context, SaveFileParams(place="s3://results/x", format="json", append=True))
