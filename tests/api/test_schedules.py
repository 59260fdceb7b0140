"""Schedules and hooks over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.reading import data
from tests.conftest import Running
from tests.workflows.graphs import field, graph, step

HOOKED = graph(
    step("s", "start", fields=[field("body", "any", required=False)]), step("o", "output"), "s.body > o.result", name="hooked"
)  # fmt: skip


@pytest.fixture
def http(bare_studio: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {bare_studio.token}"}
    with httpx.Client(base_url=f"{bare_studio.url}/api/v1", headers=headers, timeout=240) as client:
        yield client


@pytest.fixture
def workflow(http: httpx.Client) -> Iterator[str]:
    made = data(http.post("/workflows", json={"name": "hooked", "definition": HOOKED.model_dump(mode="json")}), 201)
    yield made["id"]
    http.delete(f"/workflows/{made['id']}")


def ended(http: httpx.Client, run: str) -> Any:
    with http.stream("GET", f"/executions/{run}/events") as events:  # it ends with the run
        events.read()
    return data(http.get(f"/executions/{run}"))


def test_a_schedule_is_made_changed_rested_and_taken_away(http: httpx.Client, workflow: str) -> None:
    made = data(http.post(f"/workflows/{workflow}/schedules", json={"kind": "cron", "cron": "0 8 * * mon"}), 201)
    assert made["schedule_id"] == made["id"] and made["state"]["next_at"] > time.time()
    assert made["id"] in [item["id"] for item in data(http.get("/schedules"))]
    assert [item["id"] for item in data(http.get(f"/workflows/{workflow}/schedules"))] == [made["id"]]
    place = f"/schedules/{made['id']}"
    assert data(http.put(place, json={"kind": "interval", "seconds": 3600}))["settings"]["seconds"] == 3600
    assert data(http.put(f"{place}/retry-config", json={"retries": 2}))["settings"]["retries"] == 2
    assert data(http.get(place))["settings"]["kind"] == "interval"
    assert data(http.post(f"{place}/pause"))["state"]["next_at"] is None
    assert data(http.post(f"{place}/resume"))["state"]["next_at"] > time.time()
    begun = data(http.post(f"{place}/trigger", json={"inputs": {"body": 7}}), 202)
    assert ended(http, begun["id"])["outputs"] == {"result": 7}
    said = data(http.get(f"{place}/statistics"))
    assert (said["runs"], said["failures"], said["last_run"]) == (1, 0, begun["id"])
    assert data(http.delete(place))["deleted"]
    gone = http.get(place)
    assert gone.status_code == 404 and made["id"] in gone.json()["message"]


def test_a_restored_workflow_has_its_hook_again_at_the_same_address(http: httpx.Client, workflow: str) -> None:
    made = data(http.post(f"/workflows/{workflow}/schedules", json={"kind": "webhook"}), 201)
    address = f"/hooks/{made['id']}/{made['state']['token']}"
    assert http.post(address, json={"n": 1}).status_code == 202
    data(http.delete(f"/workflows/{workflow}"))
    assert http.post(address, json={"n": 1}).status_code == 404
    assert http.get(f"/schedules/{made['id']}").status_code == 404
    assert workflow in [item["id"] for item in data(http.get("/workflows/trash"))]
    assert data(http.post(f"/workflows/{workflow}/restore"))["id"] == workflow
    assert [item["id"] for item in data(http.get(f"/workflows/{workflow}/schedules"))] == [made["id"]]
    begun = data(http.post(address, json={"n": 2}), 202)
    assert ended(http, begun["execution_id"])["outputs"] == {"result": {"n": 2}}
    assert http.post(f"/workflows/{workflow}/restore").status_code == 404


def test_what_is_in_the_trash_goes_for_good_one_by_one_or_all_at_once(http: httpx.Client) -> None:
    def put_away(name: str) -> str:
        made = str(data(http.post("/workflows", json={"name": name, "definition": {"nodes": []}}), 201)["id"])
        data(http.delete(f"/workflows/{made}"))
        return made

    data(http.delete("/workflows/trash"))
    first, *_ = [put_away(name) for name in ("one", "two", "three")]
    assert http.get("/workflows/trash", params={"page_size": 2}).json()["total"] == 3
    assert data(http.delete(f"/workflows/trash/{first}"))["id"] == first
    assert http.delete(f"/workflows/trash/{first}").status_code == 404
    assert [item["name"] for item in data(http.get("/workflows/trash"))] == ["three", "two"]
    assert data(http.delete("/workflows/trash"))["deleted"] and data(http.get("/workflows/trash")) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "cron", "cron": "61 * * * *"}, "cron line"),
        ({"kind": "cron", "timezone": "Mars/Base"}, "time zone"),
        ({"kind": "file", "folder": "/nowhere"}, "/nowhere"),
        ({"kind": "sometimes"}, "kind"),
        ({"seconds": 0}, "seconds"),
    ],
)
def test_what_could_never_start_is_refused_in_words(
    http: httpx.Client, workflow: str, settings: Any, words: str
) -> None:
    answer = http.post(f"/workflows/{workflow}/schedules", json=settings)
    assert 400 <= answer.status_code < 500 and words in answer.json()["message"]
    assert http.post("/workflows/wf-none/schedules", json={}).status_code == 404


def test_on_this_computer_a_hook_needs_its_own_token_only(
    bare_studio: Running, http: httpx.Client, workflow: str
) -> None:
    made = data(http.post(f"/workflows/{workflow}/schedules", json={"kind": "webhook"}), 201)
    with httpx.Client(base_url=f"{bare_studio.url}/api/v1/hooks/{made['id']}", timeout=240) as caller:
        begun = data(caller.post(f"/{made['state']['token']}", json={"n": [1]}), 202)
        assert ended(http, begun["execution_id"])["outputs"] == {"result": {"n": [1]}}
        assert caller.post("/wrong", json={}).status_code == 404
        data(http.post(f"/schedules/{made['id']}/pause"))
        assert caller.post(f"/{made['state']['token']}", json={}).status_code == 404
