"""The literal commands of the contract's tier 0, as a person types them: no extra headers, no token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running

pytestmark = pytest.mark.slow


def curl(command: str, studio: Running) -> tuple[int, Any]:
    """Run a curl line of the contract with HOST filled in; status and JSON."""
    line = command.replace("HOST", studio.host) + " -s -w '\\n%{http_code}'"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=600)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_a_dataset_is_registered_even_when_its_bucket_cannot_be_reached(studio: Running) -> None:
    command = """curl -X POST http://HOST/api/v1/datasets -d '{"name": "test", "path": "s3://bucket/data/"}'"""
    status, answer = curl(command, studio)
    assert status == 201 and answer["code"] == 0
    assert answer["data"]["id"] == answer["data"]["dataset_id"] and answer["data"]["status"] == "unreachable"
    status, answer = curl(command, studio)
    assert (status, answer["code"]) == (409, 40901)


def test_ds_001_is_a_real_sample_dataset(studio: Running) -> None:
    status, answer = curl("curl http://HOST/api/v1/datasets/ds-001", studio)
    assert status == 200 and list(answer)[:2] == ["code", "message"]
    dataset = answer["data"]
    assert dataset["storage_path"] == "s3://sample/orders/" and dataset["row_count"] == 12_000
    assert {"order_id", "region", "product", "status"} <= {column["name"] for column in dataset["schema"]["columns"]}


@pytest.mark.parametrize("running", [True, False], ids=["with a server", "without a server"])
def test_the_sdk_reads_ds_001(studio: Running, sample_home: Path, running: bool) -> None:
    code = "from cube_sdk import Dataset; ds = Dataset.get('ds-001'); print(ds.read())"
    home = studio.home if running else sample_home
    environment = {**os.environ, "ONE_DATA_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "[12000 rows x 10 columns]" in done.stdout and "87929001" in done.stdout


def test_the_models_are_listed(studio: Running) -> None:
    status, answer = curl("curl http://HOST/v1/models", studio)
    assert status == 200 and answer["object"] == "list"
    assert "qwen" in {model["id"] for model in answer["data"]}


def test_a_chat_completion_comes_from_a_model_that_runs_here(studio: Running) -> None:
    command = (
        'curl -X POST http://HOST/v1/chat/completions -H "Content-Type: application/json" '
        """-d '{"model": "qwen", "messages": [{"role": "user", "content": "你好"}]}'"""
    )
    status, answer = curl(command, studio)
    assert status == 200
    assert answer["choices"][0]["message"]["content"] and answer["usage"]["completion_tokens"] > 0


def test_an_unknown_model_is_a_404_in_openais_shape(studio: Running) -> None:
    command = """curl -X POST http://HOST/v1/chat/completions -d '{"model": "gpt-99", "messages": [{"role": "user", "content": "hi"}]}'"""
    status, answer = curl(command, studio)
    assert status == 404 and "gpt-99" in answer["error"]["message"]


def test_the_official_client_works_unchanged(studio: Running) -> None:
    import httpx
    import openai

    client = openai.OpenAI(base_url=f"{studio.url}/v1", api_key="unused", http_client=httpx.Client(trust_env=False))
    pieces = client.chat.completions.create(
        model="default", messages=[{"role": "user", "content": "Say hello."}], stream=True, max_tokens=12, temperature=0
    )
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    vectors = client.embeddings.create(model="text-embedding-ada-002", input=["pump", "水泵"])
    assert [len(item.embedding) for item in vectors.data] == [512, 512]


def test_rag_answers_from_the_handbook_with_its_page(studio: Running) -> None:
    question = json.dumps({"question": "How long is the warranty on the K7 pump?", "collection": "default"})
    status, answer = curl(f"curl -X POST http://HOST/api/v1/rag/query -d '{question}'", studio)
    assert status == 200
    best = answer["data"]["sources"][0]
    assert best["page"] == 13 and "24 months" in best["metadata"]["matched"] and answer["data"]["answer"]
