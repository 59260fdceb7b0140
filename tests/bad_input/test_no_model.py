"""A studio without any chat model, from outside: the reason and the command that helps."""

from __future__ import annotations

from pathlib import Path

import httpx

from studio.engine.engine import Engine
from studio.engine.models.discovery import DEMO_ID
from studio.engine.paths import Paths
from tests.conftest import serve, stop

ASK = {"model": "default", "messages": [{"role": "user", "content": "Hello"}]}


async def test_the_openai_route_answers_503_with_the_way_to_get_one(copy_of_sample: Path) -> None:
    engine = await Engine.open(Paths.under(copy_of_sample))
    await engine.models.remove(DEMO_ID)
    await engine.close()
    running = serve(copy_of_sample)
    try:
        async with httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=240) as client:
            for stream in (False, True):
                answer = await client.post("/v1/chat/completions", json={**ASK, "stream": stream})
                assert answer.status_code == 503
                said = answer.json()["error"]["message"]
                assert "no chat model" in said and "studio models add" in said and "pip install" in said
            assert (await client.get("/v1/models")).status_code == 200
            documents = await client.get("/api/v1/datasets")
            assert documents.status_code == 200, "everything else works"
    finally:
        stop(running)
