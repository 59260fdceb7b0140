"""Getting models over HTTP: downloads that pause, the hub's token, what other programs keep here, and trust."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import serve, stop
from tests.models.hub_server import HubServer, serving
from tests.models.test_places import put_in_hugging_face
from tests.models.tiny_gguf import make_tiny_gguf
from tests.models.tiny_hf import make_tiny_hf

REPOSITORY, GATED = "tiny/Large-GGUF", "tiny/Gated-GGUF"
ROUTE = "/api/v1/models"
MB = 1_000_000


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("getting") / "Tiny-F32.gguf")


@pytest.fixture(scope="module")
def hub(tiny: Path) -> Iterator[HubServer]:
    with serving() as one:
        one.token = "hf_secret"
        one.add(REPOSITORY, {"Large-Q8_0.gguf": tiny.read_bytes() + os.urandom(8 * MB)})
        one.add(GATED, {"Gated-Q8_0.gguf": tiny.read_bytes()}, gated=True)
        yield one


@pytest.fixture(scope="module")
def http(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A studio of a person who has a model in Hugging Face's folder already."""
    person = tmp_path_factory.mktemp("person")
    other = make_tiny_gguf(person / "other.gguf", seed=11)
    put_in_hugging_face(person, other, "pub/Found-GGUF", "Found-F32.gguf")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(person))
        patch.setenv("ONE_DATA_KEYRING", "file")
        patch.setenv("ONE_DATA_MODELS__HUB", hub.url)
        running = serve(person / "studio")
    with httpx.Client(base_url=running.url, timeout=240) as client:
        yield client
    stop(running)


def data(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def download(http: httpx.Client, repository: str) -> str:
    return str(data(http.post(f"{ROUTE}/downloads", json={"repository": repository}), 202)["id"])


def until(http: httpx.Client, one: str, enough: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    ends = time.monotonic() + 200
    while not enough(found := data(http.get(f"{ROUTE}/downloads/{one}"))):
        assert time.monotonic() < ends, found
        time.sleep(0.02)
    return dict(found)


def test_a_download_is_paused_seen_by_whoever_listens_and_goes_on(http: httpx.Client, hub: HubServer) -> None:
    assert [one["id"] for one in data(http.get(f"{ROUTE}/hub", params={"q": "large"}))] == [REPOSITORY]
    (choice,) = data(http.get(f"{ROUTE}/hub/{REPOSITORY}"))["choices"]
    assert choice["quantization"] == "Q8_0" and choice["fit"]["text"]["en"]
    hub.hold_at = 5 * MB
    one = download(http, REPOSITORY)
    until(http, one, lambda found: found["done_bytes"] > MB)
    paused = data(http.post(f"{ROUTE}/downloads/{one}/pause"))
    assert paused["status"] == "paused" and MB < paused["done_bytes"] < paused["size_bytes"]
    with http.stream("GET", f"{ROUTE}/downloads/events") as events:
        told = next(json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: "))
        assert (told["id"], told["status"]) == (one, "paused")
    hub.hold_at = None
    assert data(http.post(f"{ROUTE}/downloads/{one}/resume"))["status"] == "running"
    done = until(http, one, lambda found: found["status"] != "running")
    assert done["status"] == "done" and hub.ranges()[-1].startswith("bytes=")
    assert data(http.get(f"{ROUTE}/{done['model_id']}"))["hub"] == REPOSITORY
    assert data(http.delete(f"{ROUTE}/downloads/{one}"))["deleted"]
    assert http.get(f"{ROUTE}/downloads/{one}").status_code == 404


def test_an_unknown_download_or_wish_is_said(http: httpx.Client) -> None:
    assert http.post(f"{ROUTE}/downloads/dl-none/pause").status_code == 404
    answer = http.post(f"{ROUTE}/downloads/dl-none/explode")
    assert answer.status_code == 404 and "explode" in answer.json()["message"]


def test_a_gated_model_comes_once_the_token_is_kept_and_no_answer_shows_it(http: httpx.Client) -> None:
    one = download(http, GATED)
    failed = until(http, one, lambda found: found["status"] != "running")
    assert failed["error"]["kind"] == "Gated"
    kept = http.put(f"{ROUTE}/hub/token", json={"token": "hf_secret"})
    assert data(kept)["token"] is True and "hf_secret" not in kept.text
    data(http.post(f"{ROUTE}/downloads/{one}/resume"))
    assert until(http, one, lambda found: found["status"] != "running")["status"] == "done"
    assert "hf_secret" not in http.get("/api/v1/settings").text
    assert data(http.put(f"{ROUTE}/hub/token", json={"token": ""}))["token"] is False


def test_what_other_programs_keep_is_listed_and_added_from_where_it_lies(http: httpx.Client) -> None:
    (found,) = [one for one in data(http.get(f"{ROUTE}/found")) if one["program"] == "hugging_face"]
    assert not found["known"]
    (added,) = data(http.post(f"{ROUTE}/found", json={"paths": [found["path"]]}), 201)
    assert added["location"] == found["path"]
    (again,) = [one for one in data(http.get(f"{ROUTE}/found")) if one["program"] == "hugging_face"]
    assert again["known"]
    answer = http.post(f"{ROUTE}/found", json={"paths": ["/nowhere/x.gguf"]})
    assert answer.status_code == 404 and "/nowhere/x.gguf" in answer.json()["message"]


def test_a_folder_with_code_is_added_only_after_exactly_its_content_was_trusted(
    http: httpx.Client, tmp_path: Path
) -> None:
    folder = make_tiny_hf(tmp_path / "Coded")
    (folder / "modeling_tiny.py").write_text("print('hello')")
    refused = http.post(ROUTE, json={"path": str(folder)})
    assert refused.status_code in (400, 403, 422) and "modeling_tiny.py" in refused.text
    assert http.post(f"{ROUTE}/trust", json={"path": str(folder), "digest": "ab" * 32}).status_code == 400
    trusted = data(http.post(f"{ROUTE}/trust", json={"path": str(folder)}))
    assert len(trusted["digest"]) == 64
    data(http.post(ROUTE, json={"path": str(folder)}), 201)
    other = shutil.copytree(folder, tmp_path / "Other")
    (other / "modeling_tiny.py").write_text("print('something else')")
    assert http.post(ROUTE, json={"path": str(other)}).status_code == refused.status_code
