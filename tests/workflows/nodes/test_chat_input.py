from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.nodes.chat_input import ChatInputParams, chat_input
from studio.engine.workflows.nodes.memory_write import MemoryWriteParams, memory_write
from tests.contracts.node_contract import NodeContract


class TestChatInput(NodeContract):
    name = "chat_input"

    async def test_a_question_comes_with_what_was_said_before(self) -> None:
        history = [{"role": "user", "content": str(number)} for number in range(5)]
        said = await chat_input(Context(inputs={"query": "why?", "history": history}), ChatInputParams(history=2))
        assert said == ("why?", history[-2:], [], "")
        with pytest.raises(BadParameter, match="query"):
            await chat_input(Context(), ChatInputParams())

    async def test_a_conversation_remembers_its_own_turns_only(self, tmp_path: Path) -> None:
        services = Services(memory=Memory(tmp_path / "memory.db"))
        for session, run in (("ann", "exec-1"), ("li", "exec-2")):
            context = Context(services=services, inputs={"session": session}, run=run, step="m")
            assert await memory_write(f"hello from {session}", context, MemoryWriteParams(), "hi") == 2
        said = await chat_input(Context(services=services, inputs={"query": "?", "session": "li"}), ChatInputParams())
        assert said.history == [{"role": "user", "content": "hello from li"}, {"role": "assistant", "content": "hi"}]

    def test_the_form_asks_for_it(self) -> None:
        assert self.type.asks is not None
        asked = self.type.asks(ChatInputParams(guide="Ask about pumps.", questions=["Which pumps?"]))
        assert [field.name for field in asked.fields if field.required] == ["query"]
        assert (asked.guide, asked.questions) == ("Ask about pumps.", ("Which pumps?",))
