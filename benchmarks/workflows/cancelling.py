"""How soon a run has stopped, its child processes with it: `python -m benchmarks.workflows.cancelling [TIMES]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import psutil

from benchmarks.workflows.room import clock, fan, room
from studio.engine.workflows.graph import Graph, Node
from studio.engine.workflows.service import Workflows


def busy() -> Graph:
    """Two sandboxed processes that never end."""
    code = {"code": "while True: pass", "inputs": [], "seconds": 600}
    return Graph(nodes=[Node(id=f"p{number}", type="python", params=code) for number in range(2)])


async def children(wanted: int) -> list[psutil.Process]:
    """The sandboxes of this process, once that many run."""
    while True:
        found = [c for c in psutil.Process().children(recursive=True) if any("sandbox_child" in p for p in c.cmdline())]
        if len(found) >= wanted:
            return found
        await asyncio.sleep(0.02)


async def stopped(workflows: Workflows, sheet: Graph, processes: int) -> float:
    """Milliseconds from the call to the last process that is gone."""
    started = await workflows.start(sheet)
    alive = await children(processes) if processes else []
    await asyncio.sleep(0.1)
    began = clock()
    done = await workflows.stop(started.id)
    taken = (clock() - began) * 1000
    assert done.status == "stopped" and not any(child.is_running() for child in alive)
    return taken


async def main(times: int) -> None:
    resting = fan(200, "rest")
    for node in resting.nodes[1:]:
        node.params = {"seconds": 600}
    async with room() as workflows:
        for name, sheet, processes in (("two busy sandboxes", busy(), 2), ("200 steps that wait", resting, 0)):
            taken = sorted([await stopped(workflows, sheet, processes) for _ in range(times)])
            print(f"{name}: median {taken[len(taken) // 2]:.0f} ms, worst {taken[-1]:.0f} ms")
    print("load", Path("/proc/loadavg").read_text().split()[0])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
