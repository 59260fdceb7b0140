"""Operations of web services as tools, by their own OpenAPI documents."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from studio.engine.connections.service import Connections
from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.secrets import Secrets
from studio.engine.workflows import openapi
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.agent import AgentParams, agent
from studio.engine.workflows.nodes.tool_call import ToolCallParams, call_one, tool_call
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.tools import tools_of
from tests.workflows.conftest import rooms
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.scripted import Scripted
from tests.workflows.shop_api import KEY, shop

__all__ = ["rooms"]

ORDER = {"sku": "K7", "amount": 2, "part": {"name": "a", "parts": [{"name": "b"}]}}


@pytest.fixture
def there() -> Iterator[Any]:
    with shop() as opened:
        yield opened


@pytest.fixture
async def connections(rooms: SimpleNamespace, there: Any) -> AsyncIterator[Connections]:
    """Those of a studio that knows the shop; the document is asked of it with the key."""
    rooms.egress = Egress()
    made = Connections(rooms.catalog, rooms.events, rooms.egress, Secrets(rooms.paths.data))
    values = {"address": there.address, "secret_key": KEY, "document": f"{there.address}/openapi.json"}
    await made.add("web", "shop", values)
    rooms.connections = made
    yield made


class Person(Context):
    """Answers what is asked, and remembers it."""

    answer = "allow"

    async def ask(self, question: dict[str, Any], seconds: float | None = None) -> Any:
        self.asked = [*getattr(self, "asked", []), question["text"]]
        return {"choice": self.answer}


def person(connections: Connections, models: Any = None) -> Person:
    return Person(services=Services(egress=connections.egress, connections=connections, models=models))


async def test_each_operation_is_a_tool_with_typed_arguments(connections: Connections) -> None:
    async with tools_of(["api:shop", "api:shop/getItem"], person(connections)) as tools:
        assert list(tools) == ["api_shop_getItem", "api_shop_addOrder", "api_shop_dropOrder"]  # a form cannot be sent
        get, add, drop = tools.values()
    assert (get.about, add.about) == ("One item", "Orders something.")
    assert (get.asks, add.asks, drop.asks) == (False, True, True)
    assert set(get.properties) == {"item_id", "tags", "lang"} and get.parameters["required"] == ["item_id"]
    jsonschema.validate({"body": ORDER}, add.parameters)
    for wrong in ({"sku": "K7"}, {**ORDER, "part": {"name": "a", "parts": [{}]}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"body": wrong}, add.parameters)


async def test_what_only_reads_is_called_at_once_and_what_changes_something_asks(
    connections: Connections, there: Any
) -> None:
    here = person(connections)
    read = await call_one("api:shop/getItem", {"item_id": "a b ü?", "tags": ["x", "y"], "lang": "zh"}, here)
    assert read == {"id": "a b ü?", "tags": ["x", "y"], "lang": "zh"} and not hasattr(here, "asked")
    assert await call_one("api:shop/addOrder", {"body": ORDER}, here) == {"number": 1}
    assert len(here.asked) == 1 and "K7" in here.asked[0]
    here.answer = "refuse"
    with pytest.raises(Forbidden, match="did not allow"):
        await call_one("api:shop/addOrder", {"body": ORDER}, here)
    with pytest.raises(BadParameter, match="'amount' is a required property"):
        await call_one("api:shop/addOrder", {"body": {"sku": "K7"}}, here)
    assert there.orders == [ORDER | {"part": {"name": "a", "parts": [{"name": "b", "parts": []}]}}]
    await connections.change("shop", allow=["dropOrder"])
    with pytest.raises(Unavailable, match="answered with 409"):
        await call_one("api:shop/dropOrder", {"number": 3}, here)
    assert len(here.asked) == 2


async def test_an_agent_uses_them_and_a_model_that_leaves_something_out_is_told(
    connections: Connections, there: Any
) -> None:
    model = Scripted(
        [("api_shop_getItem", "{}"), ("api_shop_getItem", '{"item_id": ".."}')],
        [("api_shop_addOrder", json.dumps({"body": ORDER}))], "Ordered.",
    )  # fmt: skip
    here = person(connections, model)
    done = await agent("Order a K7", here, AgentParams(tools=["api:shop/getItem", "api:shop/addOrder"], approve=[]))
    assert done.text == "Ordered." and len(here.asked) == 1
    assert [("Error" in one["answer"]) for one in done.trace] == [True, True, False] and len(there.orders) == 1


async def test_a_run_is_played_again_without_the_server_and_without_the_key(
    rooms: SimpleNamespace, connections: Connections
) -> None:
    room = Workflows(rooms)
    await room.open()
    with shop() as gone:
        await connections.change("shop", address=gone.address, document=f"{gone.address}/openapi.json")
        sheet = graph(
            step("s", "start", fields=[field("item_id")]), step("t", "tool_call", tool="api:shop/getItem", inputs=["item_id"]),
            step("o", "output"), "s.item_id > t.item_id", "t.result > o.result",
        )  # fmt: skip
        done = await room.wait((await room.start(sheet, {"item_id": "K7"})).id)
        assert (done.status, done.outputs["result"]["id"]) == ("completed", "K7"), done.error
    played = await room.wait((await room.replay(done.id)).id)
    await room.close()
    assert played.outputs == done.outputs
    everything = b"".join(file.read_bytes() for file in rooms.paths.data.rglob("*") if file.is_file())
    assert KEY.encode() not in everything


async def test_what_is_not_there_or_not_understood_is_said(connections: Connections, tmp_path: Path) -> None:
    here = person(connections)
    for name, told in (("nothing", "It has: getItem"), ("scan", "it takes multipart/form-data, and only JSON")):
        with pytest.raises(BadParameter, match=told):
            await tool_call(here, ToolCallParams(tool=f"api:shop/{name}", inputs=[]))
    (tmp_path / "old.yaml").write_text("swagger: '2.0'\npaths: {}\n")
    for document, told in (
        ("", "names no OpenAPI document"),
        (str(tmp_path / "old.yaml"), "this is Swagger 2.0"),
        (str(tmp_path / "no.json"), "cannot be read"),
    ):
        await connections.change("shop", document=document)
        with pytest.raises((BadParameter, Unavailable), match=told):
            await call_one("api:shop/getItem", {}, here)


@pytest.mark.parametrize(
    ("servers", "address", "base"),
    [
        ([{"url": "/v1"}], "https://a.example", "/v1"),
        ([{"url": "https://a.example/v1/"}], "https://a.example", "/v1"),
        ([{"url": "/v1"}], "https://a.example/v2", ""),
        ([{"url": "https://evil.example/v1"}], "https://a.example", ""),
        ([{"url": "https://{region}.example/v1"}], "https://a.example", ""),
        ([], "https://a.example", ""),
    ],
)
def test_only_the_path_of_its_server_is_taken_from_a_document(servers: Any, address: str, base: str) -> None:
    said = {"openapi": "3.0.3", "servers": servers, "paths": {"@evil.example/x": {"get": {}}}}
    found = openapi.read(json.dumps(said), address)
    assert (found.base, found.operations) == (base, [])


def test_references_nullable_and_shared_parameters_are_understood_and_the_rest_has_a_reason() -> None:
    said = """
openapi: 3.0.3
info: {title: T}
components:
  parameters: {id: {name: id, in: path, required: true, schema: {type: string}}}
  requestBodies: {change: {required: true, content: {application/merge-patch+json: {schema: {$ref: '#/components/schemas/Change'}}}}}
  schemas: {Change: {type: object, properties: {note: {type: string, nullable: true}}}}
paths:
  /a/{id}:
    parameters: [{$ref: '#/components/parameters/id'}]
    patch: {requestBody: {$ref: '#/components/requestBodies/change'}}
  /b/{id}: {get: {summary: no parameter}}
  /c: {get: {operationId: c, parameters: [{name: q, in: query, required: true, schema: {type: object}}, {name: sid, in: cookie, schema: {type: string}}]}}
  /d: {get: {operationId: d, parameters: [{name: sid, in: cookie, schema: {type: string}}, {$ref: 'other.yaml#/x'}]}}
  /e: {post: {operationId: e, requestBody: {content: {application/json: {schema: {$ref: 'other.yaml#/x'}}}}}}
"""
    found = {one.name: one for one in openapi.read(said, "https://a.example").operations}
    change = found["patch_a_id"]
    jsonschema.validate({"id": "x", "body": {"note": None}}, change.parameters)
    assert change.request({"id": "x/..", "body": {"note": None}}) == ("/a/x%2F..", {}, '{"note": null}')
    why = {name: one.problem.en for name, one in found.items() if one.problem is not None}
    assert set(why) == {"get_b_id", "c", "e"}
    assert "no parameter" in why["get_b_id"] and "“q” (query)" in why["c"] and "other.yaml#/x" in why["e"]
