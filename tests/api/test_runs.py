"""Runs over HTTP: their events for several readers, and what they ask a person."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.reading import read
from tests.workflows.graphs import field, graph, step

ASK = graph(
    step("s", "start", fields=[field("n", "number")]), step("a", "python", code="return value + 1"),
    step("q", "ask", question="Go on with {{value}}?"), step("o", "output"), "s.n > a.value", "a.value > q.value", "q.yes > o.result",
    name="asks",
)  # fmt: skip


def events(http: httpx.Client, run: str, after: int = 0) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The server-sent events of a run: number, name, data."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    with http.stream("GET", f"/api/v1/executions/{run}/events", headers=headers) as answer:
        for name, told, number in read(answer):
            yield int(number), name, told


FILED = graph(
    step("s", "start", fields=[field("paper", "file")]), step("d", "load_documents", by="file"), step("o", "output"),
    "s.paper > d.files", "d.docs > o.result", name="filed",
)  # fmt: skip


def test_a_file_is_sent_and_read_and_a_path_of_the_computer_is_refused(http: httpx.Client, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not for this run")
    made = http.post("/api/v1/workflows", json={"name": "filed", "definition": FILED.model_dump(mode="json")}).json()
    workflow = made["data"]["id"]

    def ended(paper: Any) -> dict[str, Any]:
        started = http.post(f"/api/v1/workflows/{workflow}/start", json={"inputs": {"paper": paper}}).json()["data"]
        assert list(events(http, started["execution_id"]))[-1][1] in ("run_finished", "run_failed")
        return dict(http.get(f"/api/v1/executions/{started['execution_id']}").json()["data"])

    for name in ("../../水泵 note.txt", "..", "a\\b:c.txt", ".hidden.txt"):
        sent = http.post("/api/v1/workflows/files", files={"file": (name, b"K7 runs dry")})
        assert sent.status_code == 201
        url = sent.json()["data"]["url"]
        assert url.count("/") == 4 and url.rpartition("/")[2] in ("水泵 note.txt", "upload.txt", "hidden.txt")
        assert ended(url)["outputs"]["result"][0]["text"] == "K7 runs dry"
    refused = ended(str(secret))
    assert refused["status"] == "failed" and "paper=@FILE" in str(refused["error"])
    assert "not for this run" not in str(refused)
    assert http.post("/api/v1/workflows/files", data={"no": "file"}).status_code == 400
    http.delete(f"/api/v1/workflows/{workflow}")


@pytest.fixture
def waiting(http: httpx.Client) -> str:
    """A run that waits for a person."""
    made = http.post("/api/v1/workflows", json={"name": "asks", "definition": ASK.model_dump(mode="json")}).json()[
        "data"
    ]
    started = http.post(f"/api/v1/workflows/{made['id']}/start", json={"inputs": {"n": 1}}).json()["data"]
    return str(started["execution_id"])


def test_two_readers_follow_a_run_and_one_that_left_goes_on_where_it_was(http: httpx.Client, waiting: str) -> None:
    left_at = next(number for number, name, _ in events(http, waiting) if name == "asked")
    with ThreadPoolExecutor() as pool:
        stays = pool.submit(lambda: list(events(http, waiting)))
        comes_back = pool.submit(lambda: list(events(http, waiting, left_at)))
        (asked,) = http.get(f"/api/v1/executions/{waiting}/questions").json()["data"]
        assert (asked["step"], asked["question"]["text"]) == ("q", "Go on with 2?")
        refused = http.post(f"/api/v1/executions/{waiting}/answer", json={"answer": "perhaps"})
        assert (refused.status_code, refused.json()["code"]) == (400, 40001)
        answer = {"answer": "yes", "step": "q", "at": [], "by": "Ann"}
        assert http.post(f"/api/v1/executions/{waiting}/answer", json=answer).status_code == 202
        whole, rest = stays.result(), comes_back.result()
    assert [number for number, _, _ in whole] == list(range(1, len(whole) + 1))
    assert rest == whole[left_at:] and whole[-1][1] == "run_finished"
    assert http.get(f"/api/v1/executions/{waiting}").json()["data"]["outputs"] == {"result": 2}
    assert list(events(http, waiting, len(whole) - 1)) == whole[-1:], "a run that has ended is told to its end"
    http.delete(f"/api/v1/workflows/{http.get(f'/api/v1/executions/{waiting}').json()['data']['workflow_id']}")
