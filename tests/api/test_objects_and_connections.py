"""Upload URLs, temporary credentials and connections over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Running, serve, stop
from tests.servers.seaweed import KEY, SECRET, Seaweed


@pytest.fixture(scope="module")
def strict(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A studio that wants its token even here."""
    home = tmp_path_factory.mktemp("strict") / "home"
    shutil.copytree(sample_home, home)
    running = serve(home, "--require-token")
    yield running
    stop(running)


@pytest.fixture
def client(strict: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {strict.token}"}
    with httpx.Client(base_url=f"{strict.url}/api/v1", headers=headers, trust_env=False, timeout=240) as opened:
        yield opened


def data(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def test_an_upload_url_takes_a_file_without_a_token_and_nothing_else(client: httpx.Client, strict: Running) -> None:
    made = data(client.post("/datasets/ds-001/upload-url", json={"file_name": "extra 1.parquet"}))
    assert made["method"] == "PUT" and made["storage_path"] == "s3://sample/orders/extra 1.parquet"
    file = next((strict.home / "data/objects/sample/orders").glob("*.parquet"))
    before = data(client.get("/datasets/ds-001"))["row_count"]
    bare = httpx.Client(trust_env=False, timeout=240)
    assert bare.put(made["url"].replace("extra", "other"), content=b"x").status_code == 403
    assert bare.get(made["url"]).status_code == 403
    assert bare.put(made["url"].partition("?")[0], content=b"x").status_code == 401
    assert bare.put(made["url"], content=file.read_bytes()).status_code == 200
    (strict.home / "data/objects/sample/orders/extra 1.parquet").unlink()
    assert data(client.get("/datasets/ds-001"))["row_count"] == before


@pytest.mark.parametrize("name", ["", "../x.parquet", "/etc/x.parquet", "a/../../x"])
def test_a_file_name_that_leads_out_of_the_dataset_is_refused(client: httpx.Client, name: str) -> None:
    answer = client.post("/datasets/ds-001/upload-url", json={"file_name": name})
    assert (answer.status_code, answer.json()["code"]) == (400, 40001)


def test_an_object_of_this_computer_is_read_with_the_token_and_a_missing_one_is_named(client: httpx.Client) -> None:
    assert client.get("/objects/sample/orders/nothing.parquet").json()["code"] == 40401
    assert client.get("/objects/sample/..%2f..%2ftoken").status_code in (403, 404)


def test_a_dataset_that_lies_in_no_bucket_says_where_it_is(client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "here.csv").write_text("a\n1\n")
    made = data(client.post("/datasets", json={"name": "here", "path": str(tmp_path / "here.csv")}), 201)
    answer = client.post(f"/datasets/{made['id']}/upload-url", json={})
    assert answer.json()["code"] == 40002 and str(tmp_path) in answer.json()["message"]


def test_a_store_without_temporary_keys_gives_none_of_its_own(client: httpx.Client) -> None:
    answer = client.post("/datasets/ds-001/credentials", json={})
    assert (answer.status_code, answer.json()["code"]) == (503, 50301) and "upload-url" in answer.json()["message"]


@pytest.mark.server
def test_a_bucket_is_connected_looked_into_and_written_to_over_http(client: httpx.Client, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("over-http")
    values = {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": "wrong"}
    made = data(client.post("/connections", json={"kind": "s3", "name": "lake", "values": values}), 201)
    assert made["state"] == "sign_in"
    signed_in = client.put("/connections/lake", json={"values": {"secret_key": SECRET}})
    assert data(signed_in)["state"] == "reachable" and SECRET not in signed_in.text
    assert SECRET not in client.get("/connections").text
    kept = data(client.post("/datasets", json={"name": "numbers", "path": f"s3://{bucket}/numbers/"}), 201)
    assert kept["status"] == "unreachable"
    url = data(client.post("/datasets/numbers/upload-url", json={"file_name": "1.csv"}))["url"]
    assert httpx.put(url, content=b"n\n1\n2\n", trust_env=False, timeout=240).status_code == 200
    assert data(client.get("/datasets/numbers"))["row_count"] == 2
    found = data(client.get("/connections/lake/branches", params=[("path", bucket), ("path", "numbers")]))
    assert [(each["name"], each["address"]) for each in found] == [("1.csv", f"s3://{bucket}/numbers/1.csv")]
    refused = client.post("/datasets/numbers/credentials", json={"write": True})
    assert refused.json()["code"] == 50301 and SECRET not in refused.text and KEY not in refused.text
    client.delete("/connections/lake")
    assert data(client.get("/connections")) == []


def test_a_status_that_is_none_is_a_bad_parameter(client: httpx.Client) -> None:
    answer = client.put("/datasets/ds-001", json={"status": "shiny"})
    assert answer.status_code == 400 and answer.json()["code"] == 40001
