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
from studio.engine.objects.service import Objects
from studio.engine.secrets import Secrets
from studio.engine.workflows import openapi
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.agent import AgentParams, agent
from studio.engine.workflows.nodes.tool_call import ToolCallParams, call_one, tool_call
from studio.engine.workflows.service import Workflows
from studio.engine.workflows.tools import tools_of
from tests.workflows.conftest import rooms
from tests.workflows.graphs import field, graph, step
from tests.workflows.nodes.objects import bucket
from tests.workflows.nodes.scripted import Scripted
from tests.workflows.shop_api import KEY, shop

__all__ = ["bucket", "rooms"]

ORDER = {"sku": "K7", "amount": 2, "part": {"name": "a", "parts": [{"name": "b"}]}}

SWAGGER = {
    "swagger": "2.0", "info": {"title": "Shop"}, "basePath": "/", "schemes": ["http"], "consumes": ["application/json"],
    "parameters": {"id": {"name": "item_id", "in": "path", "required": True, "type": "string"}},
    "definitions": {
        "Part": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}}}},
        "Order": {
            "type": "object", "required": ["sku", "amount"],
            "properties": {"sku": {"type": "string"}, "amount": {"type": "integer"}, "part": {"type": "object", "x-nullable": True}},
        },
    },
    "paths": {
        "/items/{item_id}": {
            "parameters": [{"$ref": "#/parameters/id"}],
            "get": {"operationId": "getItem", "parameters": [
                {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
                {"name": "lang", "in": "header", "type": "string"},
            ]},
        },
        "/orders": {"post": {"operationId": "addOrder", "parameters": [{"name": "order", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Order"}}]}},
        "/sessions": {"post": {"operationId": "signIn", "consumes": ["application/x-www-form-urlencoded"], "parameters": [
            {"name": "user", "in": "formData", "required": True, "type": "string"}, {"name": "word", "in": "formData", "required": True, "type": "string"},
        ]}},
        "/scans": {"post": {"operationId": "scan", "parameters": [
            {"name": "file", "in": "formData", "required": True, "type": "file"}, {"name": "title", "in": "formData", "required": True, "type": "string"},
        ]}},
        "/piped": {"get": {"operationId": "piped", "parameters": [
            {"name": "tags", "in": "query", "required": True, "type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"},
        ]}},
    },
}  # fmt: skip


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
        names = ["getItem", "addOrder", "dropOrder", "scan", "signIn", "basket"]  # a picture as such cannot be sent
        assert list(tools) == [f"api_shop_{name}" for name in names]
        get, add, drop, scan, *_ = tools.values()
    assert set(scan.properties) == {"file", "title", "copies", "more"} and scan.parameters["required"] == [
        "file",
        "title",
    ]
    assert scan.properties["file"]["description"].startswith("The page. A file: s3://")
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
    for name, told in (("nothing", "It has: getItem"), ("photo", "it takes image/png, and only JSON and forms")):
        with pytest.raises(BadParameter, match=told):
            await tool_call(here, ToolCallParams(tool=f"api:shop/{name}", inputs=[]))
    (tmp_path / "old.yaml").write_text("swaggerVersion: '1.2'\nswagger: '1.2'\npaths: {}\n")
    for document, told in (
        ("", "names no OpenAPI document"),
        (str(tmp_path / "old.yaml"), "this is Swagger 1.2"),
        (str(tmp_path / "no.json"), "cannot be read"),
    ):
        await connections.change("shop", document=document)
        with pytest.raises((BadParameter, Unavailable), match=told):
            await call_one("api:shop/getItem", {}, here)


async def test_forms_files_and_cookies_are_sent_as_the_service_reads_them(
    connections: Connections, bucket: Objects, tmp_path: Path
) -> None:
    await bucket.put("s3://in/scans/page 1.txt", "first page — 第一页".encode())
    (tmp_path / "given.csv").write_text("n\n1\n")
    here = person(connections)
    here.services = Services(egress=connections.egress, connections=connections, objects=bucket)
    here.inputs = {"paper": str(tmp_path / "given.csv")}
    signed = {"user": "Marta & Söhne", "word": "a=b&c 密", "keep": True}
    assert await call_one("api:shop/signIn", signed, here) == signed
    asked = {
        "file": "s3://in/scans/page 1.txt",
        "title": "Scan ü",
        "copies": [1, 2],
        "more": [str(tmp_path / "given.csv")],
    }
    assert await call_one("api:shop/scan", asked, here) == {
        "files": [["page 1.txt", "text/plain", "first page — 第一页"], ["given.csv", "text/csv", "n\n1\n"]],
        "title": "Scan ü", "copies": [1, 2],
    }  # fmt: skip
    assert await call_one("api:shop/basket", {"session": "a+b/c=", "theme": "dark"}, here) == {
        "session": "a+b/c=",
        "theme": "dark",
    }
    assert len(here.asked) == 2 and "s3://in/scans/page 1.txt" in here.asked[1], "what goes out is seen before it does"
    here.inputs = {}
    for file, error, told in (
        (str(tmp_path / "given.csv"), Forbidden, "not given"), ("s3://in/scans", BadParameter, "is not one file"), ("s3://in/none.txt", BadParameter, "is not one file"),
    ):  # fmt: skip
        await bucket.put("s3://in/scans/page 2.txt", b"second")
        with pytest.raises(error, match=told):
            await call_one("api:shop/scan", {"file": file, "title": "x"}, here)
    with pytest.raises(BadParameter, match="'title' is a required property"):
        await call_one("api:shop/scan", {"file": "s3://in/scans/page 1.txt"}, here)


async def test_an_older_document_is_understood_too(connections: Connections, bucket: Objects, tmp_path: Path) -> None:
    (tmp_path / "swagger.json").write_text(json.dumps(SWAGGER))
    await connections.change("shop", document=str(tmp_path / "swagger.json"))
    await bucket.put("s3://in/page.txt", b"page")
    here = person(connections)
    here.services = Services(egress=connections.egress, connections=connections, objects=bucket)
    read = await call_one("api:shop/getItem", {"item_id": "K7", "tags": ["x", "y"], "lang": "zh"}, here)
    assert read == {"id": "K7", "tags": ["x", "y"], "lang": "zh"}
    assert await call_one("api:shop/addOrder", {"body": {**ORDER, "part": None}}, here) == {"number": 1}
    with pytest.raises(BadParameter, match="'amount' is a required property"):
        await call_one("api:shop/addOrder", {"body": {"sku": "K7"}}, here)
    assert (await call_one("api:shop/signIn", {"user": "Marta", "word": "ü"}, here))["word"] == "ü"
    found = await call_one("api:shop/scan", {"file": "s3://in/page.txt", "title": "x"}, here)
    assert found["files"] == [["page.txt", "text/plain", "page"]]
    with pytest.raises(BadParameter, match=r"“tags” \(query\) is of a kind"):
        await call_one("api:shop/piped", {"tags": ["a"]}, here)


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
    assert change.request({"id": "x/..", "body": {"note": None}}) == ("/a/x%2F..", {}, '{"note": null}', [])
    why = {name: one.problem.en for name, one in found.items() if one.problem is not None}
    assert set(why) == {"get_b_id", "c", "e"}
    assert "no parameter" in why["get_b_id"] and "“q” (query)" in why["c"] and "other.yaml#/x" in why["e"]
