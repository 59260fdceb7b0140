from __future__ import annotations

from typing import Any

import pytest

from studio.engine.errors import BadParameter, NotFound
from studio.engine.text import Text
from studio.engine.workflows.binding import Binding
from studio.engine.workflows.nodes.route_model import RouteModelParams, route_model
from studio.engine.workflows.service import Workflows
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import EchoModels
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.scripted import scripted

RULES = ["tiny: len(value) < 5", "org/big:Q4: lang == 'zh'"]


class TestRouteModel(NodeContract):
    name = "route_model"

    async def test_the_first_rule_that_holds_names_the_model(self) -> None:
        context, _ = scripted()
        params = RouteModelParams(rules=RULES)
        assert await route_model(context, params, "hi", lang="zh") == "tiny"
        assert await route_model(context, params, "a long one", lang="zh") == "org/big:Q4"
        assert await route_model(context, params, "a long one", lang="en") == "default"
        assert [port.name for port in self.type.ports({"rules": RULES}).inputs] == ["value", "lang"]

    async def test_a_model_that_is_not_there_and_a_rule_that_is_none_are_named(self) -> None:
        context, model = scripted()

        async def missing(name: str) -> Any:
            raise NotFound(Text.same(f"no {name}"))

        model.get = missing  # type: ignore[method-assign]
        with pytest.raises(NotFound, match="default"):
            await route_model(context, RouteModelParams(rules=RULES), "hi", lang="zh")
        with pytest.raises(BadParameter, match="no rule"):
            await route_model(context, RouteModelParams(rules=["tiny"]), "hi")

    async def test_the_other_model_stands_in_for_one_that_is_not_there(self) -> None:
        context, model = scripted()
        known = model.get

        async def get(name: str) -> Any:
            if name == "tiny":
                raise NotFound(Text.same(f"no {name}"))
            return await known(name)

        model.get = get  # type: ignore[method-assign]
        assert await route_model(context, RouteModelParams(rules=RULES, otherwise="large"), "hi", lang="zh") == "large"

    async def test_a_model_judges_where_that_is_wanted(self) -> None:
        context, model = scripted('{"model": "org/big:Q4"}')
        lines = ["tiny: short questions", "org/big:Q4: hard ones: proofs, sums"]
        params = RouteModelParams(way="judge", models=lines)
        assert await route_model(context, params, "Prove it.") == "org/big:Q4"
        assert [port.name for port in self.type.ports(params.model_dump()).inputs] == ["value"]
        schema = model.options[0]["response_format"]["json_schema"]["schema"]
        assert "- org/big:Q4: hard ones: proofs, sums" in model.asked[0][0]["content"]
        with pytest.raises(BadParameter, match="names no model with what it is for"):
            await route_model(context, RouteModelParams(way="judge", models=["tiny"]), "hi")
        assert schema["properties"]["model"]["enum"] == ["tiny", "org/big:Q4"]

    async def test_a_step_takes_the_model_that_was_chosen(self, workflows: Workflows, rooms: Any) -> None:
        models: EchoModels = rooms.models
        asked: list[str] = []
        chat = models.chat
        models.chat = lambda model, *rest, **more: asked.append(model) or chat(model, *rest, **more)  # type: ignore[method-assign, func-returns-value]
        sheet = graph(
            step("s", "start", fields=[field("q")]), step("r", "route_model", rules=["small: len(value) < 9"], otherwise="large"),
            step("m", "llm"), step("o", "output"), "s.q > r.value", "s.q > m.prompt", "r.text > m.model", "m.text > o.result",
        )  # fmt: skip
        sheet.node("m").bound = {"model": Binding(kind="port")}
        for question in ("short", "a longer question"):
            done = await workflows.wait((await workflows.start(sheet, {"q": question})).id)
            assert done.status == "completed", done.error
        assert asked == ["small", "large"]
