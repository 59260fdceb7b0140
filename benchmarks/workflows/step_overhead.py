"""What a step costs beyond its own work: `python -m benchmarks.workflows.step_overhead [--json] [--large]`.

A chain of 1,000 steps, a fan of 1,000, a map of 10,000 rows of three cheap steps and 200 steps that rest 10 ms, 20 at a time,
through the whole scheduler with its journal on disk, beside a plain asyncio loop that does the same calls, in the same run.
`--large` takes 20,000 steps: the cost of one must not grow.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.workflows.room import NoParams, SleepParams, add, chain, clock, fan, mapped, rest, room, run
from studio.engine import loop
from studio.engine.workflows.context import Context

STEPS, LARGE, ROWS, RESTS, AT_ONCE, TURNS = 1_000, 20_000, 10_000, 200, 20, 3


async def measure(work: Callable[[], Awaitable[object]], count: int) -> float:
    """Microseconds per step, the median of three."""
    taken = []
    for _ in range(TURNS):
        started = clock()
        await work()
        taken.append((clock() - started) / count * 1e6)
    return statistics.median(taken)


async def floor_chain(steps: int) -> None:
    value = 0
    for _ in range(steps):
        value = await asyncio.create_task(add(value, Context(), NoParams()))


async def floor_fan(steps: int) -> None:
    await asyncio.gather(*(add(0, Context(), NoParams()) for _ in range(steps)))


async def floor_map() -> None:
    rows = iter(range(ROWS))

    async def work() -> None:
        for row in rows:
            for _ in range(3):
                row = await add(row, Context(), NoParams())

    await asyncio.gather(*(work() for _ in range(8)))


async def floor_rests() -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with turns:
            await rest(0, Context(), SleepParams())

    await asyncio.gather(*(one() for _ in range(RESTS)))


async def main() -> None:
    results = {}
    steps = LARGE if "--large" in sys.argv else STEPS
    cases = (
        ("chain", chain(steps), lambda: floor_chain(steps), steps),
        ("fan", fan(steps), lambda: floor_fan(steps), steps),
        ("map", mapped(ROWS), floor_map, ROWS),
        ("rests", fan(RESTS + 1, "rest", AT_ONCE), floor_rests, RESTS),
    )
    async with room() as workflows:
        for name, sheet, floor, count in cases:
            ours = await measure(lambda sheet=sheet: run(workflows, sheet), count)
            plain = await measure(floor, count)
            results[name] = {
                "us_per_step": round(ours, 1),
                "plain_loop_us": round(plain, 2),
                "ratio": round(ours / plain, 2),
            }
    ideal = RESTS / AT_ONCE * 10
    results["rests"]["of_ideal"] = round(results["rests"]["us_per_step"] * RESTS / 1_000 / ideal, 3)
    if "--json" in sys.argv:
        print(json.dumps(results, indent=2))
        return
    print("\n".join(f"{name}: {found}" for name, found in results.items()))
    print("load", Path("/proc/loadavg").read_text().split()[0])


if __name__ == "__main__":
    loop.run(main())
