"""How soon a worker stops when a program leaves in the middle: `python -m benchmarks.models.cancelling [rounds]`.

The demo model writes a long answer through the studio's HTTP server; the client drops its connection, and the worker is asked
for its slots until none works any more. Prints milliseconds for streamed and whole answers while it decodes, and while it
reads a prompt of 2,000 tokens; and the processor time that the worker spent on what nobody waits for, which a busy machine
does not lengthen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from studio.api.server import Server
from studio.engine.engine import Engine
from studio.engine.paths import Paths

STORY = [{"role": "user", "content": "Write a long story about a lighthouse."}]
LONG = [{"role": "user", "content": "The pump stands in hall seven. " * 280}]


async def cancelled(client: httpx.AsyncClient, worker, body: dict, after: float) -> tuple[float, float]:
    """Milliseconds from leaving to the moment at which no slot works, and of the worker's processor time in them."""
    process = psutil.Process(worker.pid)
    asking = asyncio.create_task(client.post("/v1/chat/completions", json={"model": "demo-smollm2", **body}))
    await asyncio.sleep(after)
    assert not asking.done()
    asking.cancel()
    started, spent = time.perf_counter(), sum(process.cpu_times()[:2])
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    while any(slot["is_processing"] for slot in (await worker.client.get("/slots")).json()):  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    return (time.perf_counter() - started) * 1000, (sum(process.cpu_times()[:2]) - spent) * 1000


async def measure(folder: Path, rounds: int) -> dict:
    engine = await Engine.open(Paths.under(folder))
    server = Server(engine)
    try:
        model = await engine.models.load("demo-smollm2")
        worker = engine.models._pool.place(model.id).worker
        await server.start()
        async with httpx.AsyncClient(base_url=server.address, timeout=120, trust_env=False) as client:
            cases = {
                "streamed": ({"messages": STORY, "max_tokens": 900, "ignore_eos": True, "stream": True}, 0.8),
                "whole": ({"messages": STORY, "max_tokens": 900, "ignore_eos": True}, 0.8),
                "reading_a_prompt": ({"messages": LONG, "max_tokens": 2, "cache_prompt": False}, 0.8),
            }
            found = {
                name: [await cancelled(client, worker, body, after) for _ in range(rounds)]
                for name, (body, after) in cases.items()
            }
    finally:
        await server.stop()
        await engine.close()
    figures = {}
    for name, pairs in found.items():
        times, spent = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        figures[name] = {"median_ms": statistics.median(times), "worst_ms": max(times)}
        figures[name] |= {"processor_median_ms": statistics.median(spent), "processor_worst_ms": max(spent)}
    return {**figures, "load": os.getloadavg()[0]}


def main() -> None:
    os.environ.setdefault("ONE_DATA_KEYRING", "file")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds)), indent=1))


if __name__ == "__main__":
    main()
