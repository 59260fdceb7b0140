from __future__ import annotations

from typing import Any

from studio.engine.workflows.context import Context
from studio.engine.workflows.node import absent
from studio.engine.workflows.nodes.ask import AskParams, ask
from tests.contracts.node_contract import NodeContract


class Answered(Context):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[Any] = []

    async def ask(self, question: dict[str, Any], seconds: float | None = None) -> Any:
        self.asked.append((question, seconds))
        return self.answer


class TestAsk(NodeContract):
    name = "ask"

    async def test_the_value_leaves_by_the_chosen_way(self) -> None:
        person = Answered({"choice": "no", "text": "too dear"})
        found = await ask(person, AskParams(question="Buy for {{value}}?"), value=12)
        assert found == {"yes": absent, "no": 12, "comment": "too dear"}
        assert person.asked == [({"text": "Buy for 12?", "fields": [], "choices": ["yes", "no"]}, None)]

    async def test_it_is_for_somebody_whom_the_value_may_name(self) -> None:
        person = Answered({"choice": "yes"})
        await ask(person, AskParams(question="Buy?", assignee="{{value.buyer}}"), value={"buyer": "Marta"})
        assert person.asked[0][0]["assignee"] == "Marta"

    async def test_fields_come_back_by_name_and_nobody_in_time_is_late(self) -> None:
        found = await ask(Answered({"name": "Li"}), AskParams(fields=["name"]), value=1)
        assert found == {"name": "Li", "comment": ""}
        late = await ask(Answered(None), AskParams(seconds=2), value=1)
        assert late == {"yes": absent, "no": absent, "late": 1, "comment": ""}
