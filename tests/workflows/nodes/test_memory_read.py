from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.nodes.memory_read import MemoryReadParams, memory_read
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.scripted import Scripted


async def remembered(folder: Path, *words: str, says: str = "") -> tuple[Context, Scripted]:
    memory = Memory(folder / "memory.db")
    await memory.add("workflow:", "messages", "exec-1/m", [{"role": "user", "content": word} for word in words])
    model = Scripted(says)
    return Context(services=Services(memory=memory, models=model)), model


def read(way: Any, limit: int) -> MemoryReadParams:
    return MemoryReadParams(scope="workflow", way=way, limit=limit)


class TestMemoryRead(NodeContract):
    name = "memory_read"

    async def test_the_last_ones_come_in_their_order(self, tmp_path: Path) -> None:
        context, _ = await remembered(tmp_path, "one", "two", "three")
        found = await memory_read(context, read("window", 2))
        assert [item["content"] for item in found.messages] == ["two", "three"]
        assert found.text == "user: two\nuser: three"

    async def test_those_nearest_in_meaning_are_found(self, tmp_path: Path) -> None:
        context, _ = await remembered(tmp_path, "a", "a long one", "b", "c")
        found = await memory_read(context, read("similar", 1), "a long question")
        assert [item["content"] for item in found.messages] == ["a long one"], "the scripted vectors tell lengths"

    async def test_the_others_are_summed_up_before_the_last_ones(self, tmp_path: Path) -> None:
        context, model = await remembered(tmp_path, "my name is Li", "hello", "again", says="Li said hello.")
        found = await memory_read(context, read("summary", 1))
        assert found.messages[0]["content"].endswith("Li said hello.") and found.messages[1]["content"] == "again"
        assert len(found.messages) == 2 and "my name is Li" in model.asked[0][1]["content"]
