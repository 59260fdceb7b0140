from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from studio.engine.workflows import step_context
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.graphs import field, graph, step

__all__ = ["rooms"]


def sheet(**params: Any) -> Graph:
    """Counts how often the steps in the frame were done, by a variable of the workflow."""
    return graph(
        step("s", "start", fields=[field("v", "any")]), step("c", "cache", **params),
        step("n", "set_variable", "c", name="count", way="add"), step("one", "python", "c", code="return 1"),
        step("t", "python", "c", code="return [{'n': n, 'v': v}]", inputs=["n", "v"], output="table"),
        step("o", "output", names=["rows", "hit"]),
        "s.v > c.value", "c.value > one.value", "one.value > n.value", "n.value > t.n", "c.value > t.v", "t.value > c.result",
        "c.result > o.rows", "c.hit > o.hit",
    )  # fmt: skip


class TestCache(NodeContract):
    name = "cache"
    example: ClassVar[dict[str, object]] = {}

    async def ran(self, room: Workflows, workflow: str, v: Any) -> tuple[int, bool]:
        done = await room.wait((await room.start(workflow, {"v": v})).id)
        assert done.status == "completed", done.error
        self.run = done
        return done.outputs["rows"][0]["n"], done.outputs["hit"]

    async def test_what_is_kept_is_given_again_until_it_is_too_old_across_restarts(
        self, rooms: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = Workflows(rooms)
        await first.open()
        made = (await first.create("kept", sheet(hours=2))).id
        assert [await self.ran(first, made, v) for v in ("a", "a", "b")] == [(1, False), (1, True), (2, False)]
        await first.close()
        second = Workflows(rooms)
        await second.open()
        assert await self.ran(second, made, "a") == (1, True)
        results = (await second.execution(self.run.id)).node_results
        assert results["t"]["status"] == "skipped" and results["c"]["status"] == "completed"
        logged = [event.data["text"] for event in await second.history(self.run.id) if event.kind == "log"]
        assert any("was kept: a" in str(line) for line in logged)
        replayed = await second.wait((await second.replay(self.run.id)).id)
        assert replayed.outputs == self.run.outputs
        now = step_context.time.time
        monkeypatch.setattr(step_context, "time", SimpleNamespace(time=lambda: now() + 2 * 3600 + 1))
        assert await self.ran(second, made, "a") == (3, False)
        await second.close()

    async def test_other_steps_in_the_frame_keep_their_own_unless_a_name_is_shared(
        self, rooms: SimpleNamespace
    ) -> None:
        room = Workflows(rooms)
        await room.open()
        made = (await room.create("edited", sheet())).id
        assert await self.ran(room, made, "a") == (1, False)
        changed = sheet()
        changed.node("t").params["code"] = "return [{'n': n, 'v': v, 'more': 1}]"
        await room.update(made, definition=changed)
        assert await self.ran(room, made, "a") == (2, False)
        shared = [(await room.create(name, sheet(shared="all", key="{{value | length}}"))).id for name in ("x", "y")]
        assert [await self.ran(room, shared[0], "abc"), await self.ran(room, shared[1], "xyz")] == [
            (1, False),
            (1, True),
        ]
        await room.close()

    async def test_a_frame_that_fails_keeps_nothing_and_rows_ask_one_by_one(self, rooms: SimpleNamespace) -> None:
        room = Workflows(rooms)
        await room.open()
        failing = sheet()
        failing.node("t").params["code"] = "return 1 / (n - 1)"
        failing.node("t").params["output"] = "any"
        made = (await room.create("fails", failing)).id
        assert (await room.wait((await room.start(made, {"v": "a"})).id)).status == "failed"
        done = await room.wait((await room.start(made, {"v": "a"})).id)
        assert (done.status, done.outputs["hit"]) == ("completed", False)
        rows = graph(
            step("s", "start", fields=[field("v", "json")]), step("e", "for_each", concurrency=1), step("c", "cache", "e"),
            step("p", "python", "c", code="import time\nreturn time.perf_counter_ns()"), step("o", "output"),
            "s.v > e.items", "e.item > c.value", "c.value > p.value", "p.value > c.result", "c.result > e.result", "e.result > o.result",
        )  # fmt: skip
        done = await room.wait((await room.start(rows, {"v": ["a", "b", "a"]})).id)
        a, b, again = done.outputs["result"]
        assert a == again != b
        await room.close()
