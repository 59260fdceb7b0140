from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pyarrow
import pytest

from studio.engine.datasets import records
from studio.engine.errors import Conflict, Invalid
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.save_dataset import SaveDatasetParams, save_dataset
from tests.contracts.node_contract import NodeContract


class TestSaveDataset(NodeContract):
    name = "save_dataset"
    example: ClassVar[dict[str, object]] = {"name": "report", "mode": "upsert", "key": ["id"]}

    async def test_a_run_makes_a_dataset_and_the_next_run_a_version_of_it(self, rooms: SimpleNamespace) -> None:
        params = SaveDatasetParams(name="report", description="by region")
        for run, count in (("exec-1", 2), ("exec-2", 3)):
            context = Context(services=Services(sql=rooms.sql), run=run, step="save")
            saved = (await save_dataset(pyarrow.table({"n": list(range(count))}), context, params)).text
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

    async def test_rows_are_added_at_the_end_each_run_a_version(self, rooms: SimpleNamespace) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        first = await save_dataset(pyarrow.table({"n": [1], "word": ["a"]}), run_of(rooms, "exec-1"), params)
        second = await save_dataset(
            pyarrow.table({"n": ["2", "3"], "more": [True, None]}), run_of(rooms, "exec-2"), params
        )
        assert (first.version, second.version, second.report) == (1, 2, {"added": 2, "updated": 0, "rows": 3})
        assert (await rooms.datasets.page(second.text, 0, 9)).to_pydict() == {
            "n": [1, 2, 3], "word": ["a", None, None], "more": [None, True, None],
        }  # fmt: skip
        empty = await save_dataset(
            pyarrow.table({"n": pyarrow.array([], pyarrow.int64())}), run_of(rooms, "exec-3"), params
        )
        assert (empty.version, empty.report["rows"]) == (2, 3)
        with pytest.raises(Invalid, match="“n” holds int64") as raised:
            await save_dataset(pyarrow.table({"n": ["x"]}), run_of(rooms, "exec-4"), params)
        assert raised.value.fix is not None and raised.value.repair is not None

    async def test_rows_take_the_place_of_those_with_their_key_and_leave_the_order_as_it_was(
        self, rooms: SimpleNamespace
    ) -> None:
        params = SaveDatasetParams(name="stock", mode="upsert", key=["id", "site"])
        before = pyarrow.table({"id": [3, 1, 2, 1], "site": list("aaab"), "n": [30, 0, 20, 11], "note": list("wxyz")})
        fresh = pyarrow.table({"id": [9, 1, 2, 2], "site": list("aaaa"), "n": [90, 10, 0, 21]})
        first = await save_dataset(before, run_of(rooms, "exec-1"), params)
        assert first.report == {"added": 4, "updated": 0, "rows": 4}
        done = await save_dataset(fresh, run_of(rooms, "exec-2"), params)
        assert done.report == {"added": 1, "updated": 2, "rows": 5}
        assert (await rooms.datasets.page(done.text, 0, 9)).to_pylist() == [
            {"id": 3, "site": "a", "n": 30, "note": "w"}, {"id": 1, "site": "a", "n": 10, "note": "x"},
            {"id": 2, "site": "a", "n": 21, "note": "y"}, {"id": 1, "site": "b", "n": 11, "note": "z"},
            {"id": 9, "site": "a", "n": 90, "note": None},
        ]  # fmt: skip
        assert (await rooms.datasets.page(f"{done.text}@1", 0, 9)).column("n").to_pylist() == [30, 0, 20, 11]
        newest = (await rooms.datasets.versions(done.text))[0]
        assert (newest.origin["execution_id"], newest.origin["mode"], newest.origin["updated"]) == (
            "exec-2",
            "upsert",
            2,
        )

    async def test_a_key_has_to_be_there_in_every_row(self, rooms: SimpleNamespace) -> None:
        params = SaveDatasetParams(name="stock", mode="upsert", key=["id"])
        for rows, told in ({"n": [1]}, "no column “id”"), ({"id": [1, None]}, "nothing in “id”"):
            with pytest.raises(Invalid, match=told):
                await save_dataset(pyarrow.table(rows), run_of(rooms, "exec-1"), params)
        with pytest.raises(Invalid, match="need one"):
            await save_dataset(
                pyarrow.table({"n": [1]}), run_of(rooms, "exec-1"), SaveDatasetParams(name="s", mode="upsert")
            )
        assert await rooms.datasets.list() == []

    async def test_the_same_step_of_the_same_run_saves_once_whenever_it_is_made_again(
        self, rooms: SimpleNamespace
    ) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        made = [await save_dataset(pyarrow.table({"n": [1]}), run_of(rooms, "exec-1"), params) for _ in range(2)]
        assert made[0] == made[1] and made[1].report == {"added": 1, "updated": 0, "rows": 1}
        row = run_of(rooms, "exec-1")
        row.rows = (4,)
        assert (await save_dataset(pyarrow.table({"n": [1]}), row, params)).report["rows"] == 2

    async def test_a_version_is_there_only_where_the_dataset_shows_it(
        self, rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        table = pyarrow.table({"n": [1]})
        await save_dataset(table, run_of(rooms, "exec-1"), params)
        with monkeypatch.context() as patched:
            patched.setattr(records, "_free", broken)  # as a kill between the version's row and the dataset's
            with pytest.raises(OSError, match="no power"):
                await save_dataset(table, run_of(rooms, "exec-2"), params)
        done = await save_dataset(table, run_of(rooms, "exec-2"), params)
        assert (done.version, done.report["rows"]) == (2, 2)
        assert [each.number for each in await rooms.datasets.versions(done.text)] == [2, 1]

    async def test_what_was_registered_before_its_version_was_noted_is_not_saved_twice(
        self, rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        table = pyarrow.table({"n": [1]})

        async def killed(*_: object) -> None:
            raise OSError("no power")

        with monkeypatch.context() as patched:
            patched.setattr(rooms.datasets.history, "noticed", killed)
            with pytest.raises(OSError, match="no power"):
                await save_dataset(table, run_of(rooms, "exec-1"), params)
        assert (await save_dataset(table, run_of(rooms, "exec-1"), params)).report["rows"] == 1

    async def test_a_save_that_is_cancelled_while_it_is_registered_leaves_what_can_be_read(
        self, rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        await save_dataset(pyarrow.table({"n": [1]}), run_of(rooms, "exec-1"), params)
        begun, create = asyncio.Event(), rooms.datasets.history.create

        async def created(*given: object, **more: object) -> object:
            made = await create(*given, **more)
            begun.set()
            await asyncio.sleep(0)  # the row is there; whoever asked is cancelled now
            return made

        monkeypatch.setattr(rooms.datasets.history, "create", created)
        saving = asyncio.create_task(save_dataset(pyarrow.table({"n": [2]}), run_of(rooms, "exec-2"), params))
        await begun.wait()
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        assert (await rooms.datasets.page("log", 0, 9)).to_pydict() == {"n": [1, 2]}

    async def test_two_that_append_at_once_both_stay(self, rooms: SimpleNamespace) -> None:
        params = SaveDatasetParams(name="log", mode="append")
        table = pyarrow.table({"n": [1]})
        done = await asyncio.gather(*(save_dataset(table, run_of(rooms, f"exec-{n}"), params) for n in range(4)))
        assert sorted(one.version for one in done) == [1, 2, 3, 4]
        assert (await rooms.datasets.get(done[0].text)).row_count == 4


def broken(*_: object) -> None:
    raise OSError("no power")


def run_of(rooms: SimpleNamespace, run: str) -> Context:
    return Context(services=Services(sql=rooms.sql), run=run, step="save")
