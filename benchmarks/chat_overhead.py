"""What chat adds to the first token beyond retrieval and the model: `python benchmarks/chat_overhead.py [rounds]`.

The sample's main question, asked again and again in one thread with the included model. From the time until the first words
are told, the seconds of the steps (search, query) and the model's own first token are taken away: what is left is chat's.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from studio.engine.chat.service import Answered, Piece, Worked
from studio.engine.engine import Engine
from studio.engine.paths import Paths

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


async def once(engine: Engine, thread: str) -> dict[str, float]:
    began = time.perf_counter()
    first, steps, answered = 0.0, 0.0, None
    async for event in engine.chat.ask(thread, QUESTION, max_tokens=8):
        if isinstance(event, Worked):
            steps += event.step.seconds
        elif isinstance(event, Piece) and not first:
            first = time.perf_counter() - began
        elif isinstance(event, Answered):
            answered = event.message
    assert answered is not None
    model = answered.usage["first_token_seconds"]
    return {"first": first, "retrieval": steps, "model": model, "chat": first - steps - model}


async def measure(home: Path, rounds: int) -> dict[str, float]:
    engine = await Engine.open(Paths.under(home))
    try:
        await engine.jobs.wait((await engine.sample.prepare()).id)
        collections = [each.id for each in await engine.knowledge.collections()]
        datasets = [each.id for each in await engine.datasets.list()]
        thread = await engine.chat.create("Measured", knowledge=collections, datasets=datasets)
        found = [await once(engine, thread.id) for _ in range(rounds + 2)][2:]
    finally:
        await engine.close()
    medians = {f"{name}_ms": statistics.median(each[name] for each in found) * 1000 for name in found[0]}
    added = sorted(each["chat"] * 1000 for each in found)
    return {**medians, "chat_max_ms": added[-1], "chat_p95_ms": added[int(len(added) * 0.95) - 1]}


def main() -> None:
    os.environ.setdefault("ONE_DATA_KEYRING", "file")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), rounds))
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
