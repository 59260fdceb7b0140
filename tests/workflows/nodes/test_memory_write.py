from __future__ import annotations

from pathlib import Path

from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.nodes.memory_write import MemoryWriteParams, memory_write, messages_of
from tests.contracts.node_contract import NodeContract


class TestMemoryWrite(NodeContract):
    name = "memory_write"

    async def test_a_turn_is_kept_once_however_often_its_step_runs(self, tmp_path: Path) -> None:
        memory = Memory(tmp_path / "memory.db")
        context = Context(services=Services(memory=memory), run="exec-1", step="m")
        params = MemoryWriteParams(scope="workflow")
        assert [await memory_write("why?", context, params, "because") for _ in range(2)] == [2, 2]
        assert await memory.last("workflow:", "messages", 9) == [
            {"role": "user", "content": "why?"}, {"role": "assistant", "content": "because"},
        ]  # fmt: skip
        later = Context(services=Services(memory=memory), run="exec-2", step="m")
        instead = MemoryWriteParams(scope="workflow", instead=True)
        assert [await memory_write("new", later, instead) for _ in range(2)] == [1, 1]
        assert await memory.last("workflow:", "messages", 9) == [{"role": "user", "content": "new"}]

    def test_messages_keep_their_role_and_other_values_become_text(self) -> None:
        assert messages_of([{"role": "system", "content": "a"}, {"content": "b"}], "user")[1]["role"] == "user"
        assert messages_of({"n": 1}, "assistant") == [{"role": "assistant", "content": '{"n": 1}'}]
