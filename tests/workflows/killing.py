"""Kills runs with -9 at random and looks at what came of them: `python -m tests.workflows.killing KILLS`."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.engine.workflows.execution import Execution
from studio.engine.workflows.service import Workflows
from tests.workflows import kill_graphs
from tests.workflows.kill_graphs import Counting, graphs, room, server

ROOT = Path(__file__).parents[2]


@dataclass
class Kill:
    """One killed run: `outputs` after it went on, posts that were `recorded` before the kill, and how often each post came."""

    graph: str
    outputs: dict[str, Any]
    recorded: int
    twice: int
    in_doubt: int
    missing: int


async def undisturbed(folder: Path, address: str, names: list[str]) -> dict[str, tuple[dict[str, Any], Counter[str]]]:
    """The outputs and posts of these graphs when nobody disturbs them."""
    workflows, catalog = await room(folder, address)
    found, sheets = {}, graphs(address)
    for name in names:
        sheet = sheets[name]
        Counting.counts.clear()
        done = await workflows.wait((await workflows.start(sheet)).id)
        assert done.status == "completed", (name, done.error)
        found[name] = (done.outputs, Counter(Counting.counts))
    await workflows.close()
    await catalog.close()
    return found


async def kill(folder: Path, address: str, name: str, posts: int, wanted: Counter[str]) -> Kill:
    """Kill the run of a graph when the server has heard `posts`, let it go on here, and count."""
    Counting.counts.clear()
    command = [sys.executable, "-m", "tests.workflows.kill_graphs", str(folder), address, name]
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    execution = (await child.stdout.readline()).decode().strip()
    ends = time.monotonic() + 200
    while sum(Counting.counts.values()) < posts and time.monotonic() < ends and child.returncode is None:
        await asyncio.sleep(0.0005)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    workflows, catalog = await room(folder, address)
    try:
        history = await workflows._journal.history(execution)
        recorded = sum(
            event.kind in ("effect",) or (event.kind == "finished" and "pass" not in event.data) for event in history
        )
        begun = {(e.step, *e.data.get("row", ())) for e in history if e.kind == "effect_started"}
        done = {(e.step, *e.data.get("row", e.data.get("at", ()))) for e in history if e.kind in ("effect", "finished")}
        doubt = len(begun - done)
        if (await workflows.execution(execution)).status != "completed":
            await workflows.resume(execution)
        ended = await answered(workflows, execution)
        assert ended.status == "completed", (name, ended.error)
    finally:
        await workflows.close()
        await catalog.close()
    twice = sum(count - wanted[path] for path, count in Counting.counts.items() if count > wanted[path])
    missing = sum(wanted[path] - Counting.counts[path] for path in wanted if Counting.counts[path] < wanted[path])
    return Kill(name, ended.outputs, recorded, twice, doubt, missing)


async def answered(workflows: Workflows, execution: str) -> Execution:
    """The end of a run whose questions about interrupted posts are all answered “do it again”."""
    while execution in workflows._tasks:
        if await workflows.questions(execution):
            await workflows.answer(execution, "repeat", all=True)
        await asyncio.sleep(0.02)
    return await workflows.execution(execution)


async def kills(count: int, seed: int = 7) -> list[str]:
    """Kill that many runs; the answer says what went wrong, and is empty when nothing did."""
    chance = random.Random(seed)
    counting = server()
    address = f"http://127.0.0.1:{counting.server_port}"
    wrong: list[str] = []
    doubts = repeated = 0
    with tempfile.TemporaryDirectory() as folder:
        names = list(kill_graphs.graphs(address))
        chance.shuffle(names)
        expected = await undisturbed(Path(folder) / "calm", address, names[:count])
        for number in range(count):
            name = names[number % len(names)]
            outputs, posts = expected[name]
            place = Path(folder) / f"kill-{number}"
            found = await kill(place, address, name, chance.randrange(0, sum(posts.values())), posts)
            doubts, repeated = doubts + found.in_doubt, repeated + found.twice
            if found.outputs != outputs:
                wrong.append(f"{name}: other outputs")
            if found.twice > found.in_doubt:
                wrong.append(f"{name}: {found.twice} posts again, only {found.in_doubt} were in doubt")
            if found.missing:
                wrong.append(f"{name}: {found.missing} posts never came")
            shutil.rmtree(place, ignore_errors=True)
    counting.shutdown()
    print(f"{count} kills, {doubts} posts in doubt (of these {repeated} came again), {len(wrong)} wrong")
    return wrong


if __name__ == "__main__":
    for line in (problems := asyncio.run(kills(int(sys.argv[1]) if len(sys.argv) > 1 else 100))):
        print(line)
    sys.exit(bool(problems))
