"""What the studio adds to the first token: the same question through `Models.chat` and straight to the worker's port.

    python benchmarks/first_token.py [rounds]

Prints the medians in milliseconds and their ratio; the two ways take turns, so a busy machine disturbs both alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

import httpx

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.models.service import Models
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings

MESSAGES = [{"role": "user", "content": "Name three parts of a pump."}]
OPTIONS = {"max_tokens": 4, "temperature": 0, "cache_prompt": False}


async def through_the_studio(models: Models, model: str) -> float:
    started = time.perf_counter()
    async with aclosing(models.chat(model, MESSAGES, **OPTIONS)) as pieces:
        async for piece in pieces:
            if piece.text:
                return time.perf_counter() - started
    raise AssertionError("no token came")


async def straight(client: httpx.AsyncClient) -> float:
    started = time.perf_counter()
    async with client.stream(
        "POST", "/v1/chat/completions", json={"messages": MESSAGES, **OPTIONS, "stream": True}
    ) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                return time.perf_counter() - started
    raise AssertionError("no token came")


async def measure(folder: Path, rounds: int) -> dict[str, float]:
    paths, events = Paths.under(folder).make(), Events()
    catalog = Catalog(paths.catalog)
    await catalog.start()
    models = Models(
        catalog, events, paths, Settings(paths.config / "settings.json", events), Secrets(paths.data), Egress()
    )
    await models.start()
    try:
        model = await models.load("demo-smollm2")
        worker = models._pool.place(model.id).worker
        assert worker is not None
        async with httpx.AsyncClient(base_url=worker.base_url, headers=worker.headers(), trust_env=False) as client:
            pairs = [(await straight(client), await through_the_studio(models, model.id)) for _ in range(rounds + 2)][
                2:
            ]
    finally:
        await models.close()
        await catalog.close()
    raw, ours = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    return {"raw_ms": raw, "studio_ms": ours, "overhead_ms": ours - raw, "ratio": ours / raw}


def main() -> None:
    os.environ.setdefault("ONE_DATA_KEYRING", "file")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), rounds))
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
