from __future__ import annotations

from typing import ClassVar

from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.prompt import PromptParams, prompt
from tests.contracts.node_contract import NodeContract


class TestPrompt(NodeContract):
    name = "prompt"
    example: ClassVar[dict[str, object]] = {"template": "{{question}} {{context}}"}

    async def test_places_are_filled_even_one_named_context(self) -> None:
        params = PromptParams.model_validate(self.example)
        assert await prompt(Context(), params, question="why", context="because") == "why because"

    def test_each_place_is_an_input(self) -> None:
        assert [port.name for port in self.type.ports(self.example).inputs] == ["question", "context"]
        assert self.type.ports({"template": "{{ half"}).inputs == []
