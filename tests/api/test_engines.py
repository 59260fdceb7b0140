"""Engines are listed with what is wrong with them, and one that is not known is not installed."""

from __future__ import annotations


def test_the_engines_are_listed_with_their_versions_and_reasons(http):
    found = {one["name"]: one for one in http.get("/api/v1/models/engines").json()["data"]}
    assert found["llama_cpp"]["available"] and "xllamacpp" in found["llama_cpp"]["version"]
    assert found["vllm"]["available"] or found["vllm"]["why"]


def test_an_unknown_engine_is_named(http):
    answer = http.post("/api/v1/models/engines/onnx/install", json={})
    assert answer.status_code == 404 and "onnx" in answer.json()["message"]


def test_nothing_is_installed_while_the_studio_stays_offline(http):
    http.put("/api/v1/settings", json={"key": "privacy.offline", "value": True}).raise_for_status()
    try:
        answer = http.post("/api/v1/models/engines/vllm/install", json={})
        assert answer.status_code == 400 and "offline" in answer.json()["message"]
    finally:
        http.put("/api/v1/settings", json={"key": "privacy.offline", "value": False})


def test_a_model_is_starred_and_says_what_uses_it(http):
    made = http.post("/api/v1/conversations", json={"title": "Pumps", "model": "Tiny-Random"}).json()["data"]
    uses = http.get("/api/v1/models/qwen/uses").json()["data"]
    assert {"qwen", made["id"]} <= {one["id"] for one in uses}
    assert {"alias", "thread"} <= {one["kind"] for one in uses}
    http.delete(f"/api/v1/conversations/{made['id']}").raise_for_status()
    starred = http.put("/api/v1/models/Tiny-Random/star").json()["data"]
    assert starred["starred"]
    assert not http.put("/api/v1/models/Tiny-Random/star", params={"on": "false"}).json()["data"]["starred"]
