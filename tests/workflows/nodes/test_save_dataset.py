from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pyarrow
import pytest

from studio.engine.errors import Conflict
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.save_dataset import SaveDatasetParams, save_dataset
from tests.contracts.node_contract import NodeContract


class TestSaveDataset(NodeContract):
    name = "save_dataset"
    example: ClassVar[dict[str, object]] = {"name": "report"}

    async def test_a_run_makes_a_dataset_and_the_next_run_a_version_of_it(self, rooms: SimpleNamespace) -> None:
        params = SaveDatasetParams(name="report", description="by region")
        for run, count in (("exec-1", 2), ("exec-2", 3)):
            context = Context(services=Services(sql=rooms.sql), run=run, step="save")
            saved = await save_dataset(pyarrow.table({"n": list(range(count))}), context, params)
        dataset = await rooms.datasets.get(saved)
        assert (dataset.name, dataset.row_count, dataset.version, dataset.description) == ("report", 3, 2, "by region")
        versions = await rooms.datasets.versions(saved)
        assert [each.origin["execution_id"] for each in versions] == ["exec-2", "exec-1"]
        assert (await rooms.datasets.page(f"{saved}@1", 0, 9)).num_rows == 2

    async def test_data_from_elsewhere_is_never_overwritten(self, rooms: SimpleNamespace, tmp_path: Path) -> None:
        file = tmp_path / "orders.csv"
        file.write_text("id\n1\n")
        await rooms.datasets.register(file, "orders")
        with pytest.raises(Conflict, match="orders"):
            context = Context(services=Services(sql=rooms.sql))
            await save_dataset(pyarrow.table({"n": [1]}), context, SaveDatasetParams(name="orders"))
        assert file.read_text() == "id\n1\n"
