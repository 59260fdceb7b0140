from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from studio.engine.errors import NotFound
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.dataset import DatasetParams, dataset
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract


class TestDataset(NodeContract):
    name = "dataset"
    example: ClassVar[dict[str, object]] = {"dataset": "orders"}

    async def test_rows_columns_and_condition_are_taken_from_the_dataset(
        self, rooms: SimpleNamespace, tmp_path: Path
    ) -> None:
        file = tmp_path / "orders.csv"
        file.write_text("id,region,qty\n1,华南,2\n2,华北,1\n3,华南,5\n")
        await rooms.datasets.register(file, "orders")
        context = Context(services=Services(datasets=rooms.datasets))
        table = await dataset(context, DatasetParams(dataset="orders", columns=["id", "qty"], where="region = '华南'"))
        assert table.to_pylist() == [{"id": 1, "qty": 2}, {"id": 3, "qty": 5}]

    async def test_a_dataset_that_is_not_there_is_named(self, rooms: SimpleNamespace) -> None:
        with pytest.raises(NotFound, match="nothing"):
            await dataset(Context(services=Services(datasets=rooms.datasets)), DatasetParams(dataset="nothing"))

    async def test_an_older_version_is_read_by_its_number(self, rooms: SimpleNamespace) -> None:
        for n in (1, 2):
            await rooms.sql.save_rows(table_of([{"n": n}]), "log", origin={"kind": "workflow"})
        context = Context(services=Services(datasets=rooms.datasets))
        assert (await dataset(context, DatasetParams(dataset="log"))).to_pylist() == [{"n": 2}]
        assert (await dataset(context, DatasetParams(dataset="log", version=1))).to_pylist() == [{"n": 1}]
        with pytest.raises(NotFound, match="no version 7"):
            await dataset(context, DatasetParams(dataset="log", version=7))
