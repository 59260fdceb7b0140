from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from studio.engine.errors import NotFound
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.graphs import field, graph, step

__all__ = ["rooms"]
DOUBLE = graph(
    step("s", "start", fields=[field("n", "number")]), step("p", "python", code="return value * 2"), step("o", "output"),
    "s.n > p.value", "p.value > o.result",
)  # fmt: skip


def calling(version: int | None = None) -> object:
    return graph(
        step("s", "start", fields=[field("n", "number")]),
        step("w", "workflow", workflow="double", version=version, inputs=["n"], outputs=["result"]), step("o", "output"),
        "s.n > w.n", "w.result > o.result",
    )  # fmt: skip


class TestWorkflow(NodeContract):
    name = "workflow"
    example: ClassVar = {"workflow": "double"}

    @pytest.fixture
    async def room(self, rooms: SimpleNamespace) -> AsyncIterator[Workflows]:
        room = Workflows(rooms)
        await room.open()
        yield room
        await room.close()

    async def test_another_workflow_runs_as_a_step_in_the_version_that_is_named(self, room: Workflows) -> None:
        made = await room.create("double", DOUBLE)
        changed = DOUBLE.model_copy(deep=True)
        changed.node("p").params["code"] = "return value * 200"
        await room.update(made.id, definition=changed)
        for version, answer in ((1, 6), (2, 600), (None, 600)):
            done = await room.wait((await room.start(calling(version), {"n": 3})).id)  # type: ignore[arg-type]
            assert done.outputs == {"result": answer}, done.error
        with pytest.raises(NotFound):
            await room.start(made.id, version=9)

    async def test_it_is_given_no_file_that_the_run_around_it_was_not_given(
        self, room: Workflows, tmp_path: Path
    ) -> None:
        (inbox := tmp_path / "inbox").mkdir()
        (inbox / "a.txt").write_text("from the inbox")
        (secret := tmp_path / "secret.txt").write_text("secret")
        reads = graph(
            step("s", "start", fields=[field("file")]), step("d", "load_documents"), step("o", "output"), "s.file > d.files", "d.docs > o.result",
        )  # fmt: skip
        await room.create("reads", reads)
        sheet = graph(
            step("s", "start", fields=[field("folder"), field("name")]), step("p", "prompt", template="{{folder}}/{{name}}"),
            step("w", "workflow", workflow="reads", inputs=["file"], outputs=["result"]), step("o", "output"),
            "s.folder > p.folder", "s.name > p.name", "p.text > w.file", "w.result > o.result",
        )  # fmt: skip
        done = await room.wait((await room.start(sheet, {"folder": str(inbox), "name": "a.txt"})).id)
        assert (done.status, done.outputs["result"][0]["text"]) == ("completed", "from the inbox"), done.error
        for name in ("../secret.txt", "no/../../secret.txt"):
            done = await room.wait((await room.start(sheet, {"folder": str(inbox), "name": name})).id)
            assert done.status == "failed" and f"“{secret}” was not given" in str(done.error)
        assert [run.status for run in await room.executions() if run.workflow_name == "reads"] == ["completed"]

    async def test_its_failure_names_it_and_one_that_calls_itself_ends(self, room: Workflows) -> None:
        broken = DOUBLE.model_copy(deep=True)
        broken.node("p").params["code"] = "return value / 0"
        made = await room.create("double", broken)
        done = await room.wait((await room.start(calling(), {"n": 3})).id)  # type: ignore[arg-type]
        assert done.status == "failed" and done.error and "“double” did not complete" in done.error["message"]["en"]
        await room.update(made.id, definition=calling())  # type: ignore[arg-type]
        round_ = await room.wait((await room.start(made.id, {"n": 3})).id)
        assert round_.status == "failed" and round_.error and "8 deep" in round_.error["message"]["en"]
