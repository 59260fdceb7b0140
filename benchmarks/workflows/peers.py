"""The same shapes in other engines, in the same run:
`python -m benchmarks.workflows.peers [--venv FOLDER] [--steps N] [--items N] [--limit SECONDS] [NAME …]`.

A chain and a fan of 1,000 no-op steps and a map of 300 items through three steps, ours with its journal on disk beside each peer
with its durable store. Smaller shapes, the same for ours and the peers, let those end that are slow. The peers are installed into an environment of their own, which is deleted afterwards unless `--venv` names
one to keep. Temporal is left out: its server is a program of its own that no registry of Python packages gives.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from benchmarks.workflows.room import chain, clock, fan, mapped, room, run

TURNS = 3
PACKAGES = {
    "langgraph_sqlite": ["langgraph", "langgraph-checkpoint-sqlite"],
    "langgraph_memory": ["langgraph"],
    "dbos": ["dbos"],
    "burr": ["apache-burr"],
    "prefect": ["prefect"],
    "dagster": ["dagster"],
}
SETTINGS = {
    "langgraph_sqlite": "SQLite checkpoints, durability sync",
    "langgraph_memory": "no checkpoints: not durable",
    "dbos": "system database in SQLite",
    "burr": "SQLite persister",
    "prefect": "ephemeral server with SQLite",
    "dagster": "local instance, SQLite event log, in process",
}
Figures = dict[str, float]


async def ours(steps: int, items: int) -> Figures:
    """Microseconds for each step or item, the median of three."""
    found = {}
    async with room() as workflows:
        await run(workflows, fan(100))
        for name, sheet, count in (
            ("chain", chain(steps), steps),
            ("fan", fan(steps), steps),
            ("map", mapped(items), items),
        ):
            taken = []
            for _ in range(TURNS):
                started = clock()
                await run(workflows, sheet)
                taken.append((clock() - started) / count * 1e6)
            found[name] = round(statistics.median(taken), 1)
    return found


def environment(folder: Path, names: list[str]) -> Path:
    """The interpreter of an environment that has these peers."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = sorted({package for name in names for package in PACKAGES[name]})
    subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True, capture_output=True)
    return python


def peer(python: Path, name: str, steps: int, items: int, limit: int) -> Figures | str:
    """What a peer took, or why there is no figure."""
    script = Path(__file__).with_name("peer_engines.py")
    words = [python, script, name, str(steps), str(items)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as child:
        try:
            said, wrong = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # with the server that some start beside themselves
            return f"more than {limit} s"
    if child.returncode:
        return (wrong.strip().splitlines() or ["failed"])[-1]
    return dict(json.loads(said.strip().splitlines()[-1]))


def line(name: str, found: Figures, own: Figures) -> str:
    cells = [f"{found[shape]:,.0f} ({found[shape] / own[shape]:.1f}×)" if shape in found else "–" for shape in own]
    return f"| {name} | {SETTINGS[name]} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[*PACKAGES])
    parser.add_argument("--venv", type=Path)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--limit", type=int, default=120, help="seconds for one peer")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = environment(parsed.venv or Path(folder), parsed.names)
        own = asyncio.run(ours(parsed.steps, parsed.items))
        print(f"chain and fan of {parsed.steps}, map of {parsed.items} × 3")
        print("µs a step, and how many times ours; load", Path("/proc/loadavg").read_text().split()[0])
        print("| engine | store | chain | fan | map |\n|---|---|---|---|---|")
        print(
            "| ours | journal with group commit | " + " | ".join(f"{own[shape]:,.1f}" for shape in own) + " |",
            flush=True,
        )
        for name in parsed.names:
            found = peer(python, name, parsed.steps, parsed.items, parsed.limit)
            print(line(name, found, own) if isinstance(found, dict) else f"| {name} | {found} | | | |", flush=True)
        again = asyncio.run(ours(parsed.steps, parsed.items))
        print("| ours, again at the end | | " + " | ".join(f"{again[shape]:,.1f}" for shape in again) + " |")
        print("load", Path("/proc/loadavg").read_text().split()[0], file=sys.stderr)


if __name__ == "__main__":
    main()
