from __future__ import annotations

import json
from typing import Any

import pytest

from studio.engine.errors import BadParameter
from studio.engine.workflows.nodes.agent import AgentParams, agent
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import Handbook
from tests.workflows.nodes.scripted import scripted

SUM = json.dumps({"code": "return 6 * 7"})


class TestAgent(NodeContract):
    name = "agent"

    async def test_it_calls_real_python_and_answers_with_what_came_of_it(self) -> None:
        context, model = scripted([("python", SUM)], "It is 42.")
        done = await agent("6 times 7?", context, AgentParams())
        assert (done.text, done.ended) == ("It is 42.", "answered")
        assert done.trace[0]["answer"] == "42" and done.usage == {"completion_tokens": 20}
        assert model.asked[1][-1] == {"role": "tool", "tool_call_id": "c0", "content": "42"}

    async def test_a_model_without_function_calls_writes_them_out(self) -> None:
        context, model = scripted(f"I have to reckon.\nAction: python\nInput: {SUM}\n", "Answer: 42")
        done = await agent("6 times 7?", context, AgentParams(strategy="react"))
        assert (done.text, done.ended) == ("42", "answered")
        assert model.asked[1][-1]["content"] == "Observation: 42" and model.options[0]["stop"] == ["Observation:"]

    async def test_it_searches_and_sees_its_mistakes(self) -> None:
        calls = [("search_handbook", '{"query": "warranty"}'), ("shell", "{}"), ("python", "not json")]
        context, _ = scripted(calls, "24 months.", knowledge=Handbook())
        done = await agent("How long?", context, AgentParams(tools=["search:handbook", "python"]))
        answers = [step["answer"] for step in done.trace]
        assert "24 months" in answers[0] and "no tool “shell”" in answers[1] and "no JSON" in answers[2]

    @pytest.mark.parametrize(
        ("choice", "answer"), [("allow", "42"), ("refuse", "A person refused this. Go on without it.")]
    )
    async def test_a_person_is_asked_before_tools_that_need_it(self, choice: str, answer: str) -> None:
        context, _ = scripted([("python", SUM)], "Done.")
        asked: list[Any] = []

        async def ask(question: dict[str, Any], seconds: float | None = None) -> Any:
            asked.append(question)
            return {"choice": choice, "text": ""}

        context.ask = ask  # type: ignore[method-assign]
        done = await agent("6 times 7?", context, AgentParams(approve=["python"]))
        assert done.trace[0]["answer"] == answer and "6 * 7" in asked[0]["text"]

    @pytest.mark.parametrize(("budget", "ended"), [({"steps": 2}, "steps"), ({"tokens": 100}, "tokens")])
    async def test_budgets_end_it(self, budget: dict[str, Any], ended: str) -> None:
        context, _ = scripted(*[[("python", SUM)] for _ in range(11)])
        done = await agent("?", context, AgentParams(**{"steps": 100, **budget}))
        assert done.ended == ended

    async def test_an_unknown_tool_is_named(self) -> None:
        context, _ = scripted("x")
        with pytest.raises(BadParameter, match="shell"):
            await agent("?", context, AgentParams(tools=["shell"]))

    async def test_a_plan_is_made_first_and_then_carried_out(self) -> None:
        context, model = scripted("1. Reckon.", [("python", SUM)], "It is 42.")
        done = await agent("6 times 7?", context, AgentParams(strategy="plan"))
        assert (done.text, done.ended, done.trace[0]["plan"]) == ("It is 42.", "answered", "1. Reckon.")
        assert "tools" not in model.options[0] and "numbered plan" in model.asked[0][-1]["content"]
        assert [said["content"] for said in model.asked[1][-2:]] == [
            "1. Reckon.",
            "Carry it out, then answer the question.",
        ]

    async def test_what_was_said_before_stands_before_the_question(self) -> None:
        context, model = scripted("24 months.")
        before = [{"role": "user", "content": "The K7?"}, {"role": "assistant", "content": "A pump."}]
        await agent("How long?", context, AgentParams(tools=[]), history=before)
        assert [said["content"] for said in model.asked[0]][1:] == ["The K7?", "A pump.", "How long?"]
