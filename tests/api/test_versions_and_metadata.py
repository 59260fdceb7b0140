"""Versions, lineage and metadata over HTTP, as API.md says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.api.application import make_application
from studio.api.security import Access
from studio.engine.engine import Engine
from studio.engine.paths import Paths

FIRST = "id,phone,amount\n1,13812345678,10\n2,13912345678,20\n3,15012345678,30\n"
SECOND = "id,phone,amount\n1,13812345678,10\n3,15012345678,35\n4,15112345678,40\n"


class Client:
    def __init__(self, http: httpx.AsyncClient, engine: Engine) -> None:
        self.http = http
        self.engine = engine

    async def ask(self, method: str, route: str, status: int = 200, /, **body: Any) -> Any:
        answer = await self.http.request(method, f"/api/v1{route}", json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json().get("data", answer.json())


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    engine = await Engine.open(Paths.under(tmp_path / "home"))
    application = make_application(engine, Access(engine.tokens))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        yield Client(http, engine)
    await engine.close()


@pytest.fixture
async def people(client: Client, tmp_path: Path) -> str:
    """A dataset whose file was overwritten once."""
    path = tmp_path / "people.csv"
    path.write_text(FIRST)
    made = await client.ask("POST", "/datasets", 201, name="people 人员", path=str(path), dataset_id="ds-001")
    (tmp_path / "second.csv").write_text(SECOND)
    (tmp_path / "second.csv").replace(path)  # in one step: the studio may look at it just now
    await client.ask("GET", "/datasets/ds-001")
    await client.engine.datasets.history.settled()
    await client.engine.metadata.settled()
    return str(made["id"])


async def test_versions_are_listed_made_and_read_by_number(client: Client, people: str, tmp_path: Path) -> None:
    listed = await client.ask("GET", f"/datasets/{people}/versions")
    assert listed["total"] == 2 and [each["version_number"] for each in listed["versions"]] == [2, 1]
    wanted = {"version_id", "version_number", "storage_path", "row_count", "size_bytes", "checksum", "created_at"}
    assert wanted <= set(listed["versions"][0]) and listed["versions"][0]["checksum"]
    old = await client.ask("GET", f"/datasets/{people}/preview?version=1")
    assert [row["amount"] for row in old["preview"]] == [10, 20, 30]
    assert (await client.ask("GET", f"/datasets/{people}?version=1"))["version"] == 1
    data = await client.http.get(f"/api/v1/datasets/{people}/data?version=1&format=csv&columns=amount")
    assert data.text.replace('"', "").split() == ["amount", "10", "20", "30"]
    other = tmp_path / "other.csv"
    other.write_text(FIRST)
    made = await client.ask("POST", f"/datasets/{people}/versions", 201, path=str(other))
    assert (made["version_number"], made["storage_path"]) == (3, str(other))
    assert (await client.ask("GET", f"/datasets/{people}/versions/3"))["state"] == "current"
    await client.ask("GET", f"/datasets/{people}/versions/9", 404)


async def test_two_versions_differ_by_key_and_one_goes_back(client: Client, people: str) -> None:
    found = await client.ask("GET", f"/datasets/{people}/diff")
    assert (found["from"], found["to"], found["key"]) == (1, 2, ["id"])
    assert (found["added"], found["removed"], found["changed"], found["same"]) == (1, 1, 1, 1)
    assert [row["change"] for row in found["rows"]] == ["removed", "changed", "added"]
    page = await client.ask("GET", f"/datasets/{people}/diff?from=2&to=1&change=changed&limit=1")
    assert page["rows"][0]["before"]["amount"] == 35 and page["rows"][0]["after"]["amount"] == 30
    made = await client.ask("POST", f"/datasets/{people}/rollback", 201, version=1)
    assert made["version_number"] == 3 and made["origin"] == {"kind": "rollback", "version": 1}
    assert (await client.ask("GET", f"/datasets/{people}/preview"))["preview"][2]["amount"] == 30
    await client.ask("POST", f"/datasets/{people}/rollback", 400, version=3)
    await client.ask("POST", f"/datasets/{people}/rollback", 404, version=8)


async def test_the_catalogue_tells_databases_tables_and_columns(client: Client, people: str) -> None:
    [database] = await client.ask("GET", "/metadata/databases")
    assert (database["name"], database["table_count"]) == ("studio", 1)
    [table] = await client.ask("GET", "/metadata/databases/studio/tables")
    assert (table["name"], table["dataset_id"]) == ("people 人员", people)
    found = await client.ask("GET", f"/metadata/databases/studio/tables/{people}/columns")
    columns = {column["name"]: column for column in found["columns"]}
    assert columns["id"]["key"] and not columns["amount"]["key"]
    assert [(mark["kind"], mark["state"]) for mark in columns["phone"]["personal"]] == [("phone", "found")]
    await client.ask("GET", "/metadata/databases/nowhere/tables", 404)


async def test_descriptions_owners_and_decisions_are_written(client: Client, people: str) -> None:
    await client.ask("PUT", "/metadata/databases/studio", description="All of it", owner="林薇")
    assert (await client.ask("GET", "/metadata/databases"))[0]["owner"] == "林薇"
    await client.ask("PUT", f"/metadata/databases/studio/tables/{people}", tags=["hr"], owner="Ann")
    seen = await client.ask("GET", f"/datasets/{people}")
    assert (seen["tags"], seen["owner"]) == (["hr"], "Ann")
    place = f"/metadata/databases/studio/tables/{people}/columns"
    changed = await client.ask("PUT", f"{place}/phone", description="Mobile", personal="rejected")
    phone = next(column for column in changed["columns"] if column["name"] == "phone")
    assert (phone["description"], phone["personal"][0]["state"]) == ("Mobile", "rejected")
    changed = await client.ask("PUT", f"{place}/phone", personal="undecided")
    assert next(each for each in changed["columns"] if each["name"] == "phone")["personal"][0]["state"] == "found"
    await client.ask("PUT", f"{place}/nothing", 404, description="x")


async def test_the_list_and_the_search_find_by_column_and_pinyin(client: Client, people: str) -> None:
    assert [each["id"] for each in await client.ask("GET", "/datasets?q=renyuan")] == [people]
    assert await client.ask("GET", "/datasets?q=nothing") == []
    [hit] = await client.ask("GET", "/metadata/search?q=pho")
    assert (hit["dataset_id"], hit["where"], hit["column"]) == (people, "column", "phone")


async def test_lineage_tells_steps_columns_and_uses(client: Client, people: str) -> None:
    await client.engine.sql.save_as('SELECT phone FROM "people 人员"', "phones")
    found = await client.ask("GET", f"/datasets/{people}/lineage")
    assert [step["kind"] for step in found["steps"]] == ["file", "copy", "version"]
    assert [(use["kind"], use["title"], use["columns"]) for use in found["uses"]] == [("dataset", "phones", ["phone"])]
    made = await client.ask("GET", "/datasets/phones/lineage")
    assert made["columns"] == {"phone": [{"dataset_id": people, "dataset": "people 人员", "column": "phone"}]}
