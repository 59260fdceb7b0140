"""A map over many rows: time per row and the memory that it takes: `python -m benchmarks.workflows.batch [ROWS …]`.

Each number of rows runs in a process of its own; what counts is that the memory does not grow with the rows.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.workflows.room import clock, mapped, room, run, watched

ROWS = (10_000, 100_000, 400_000)


async def once(rows: int) -> dict[str, float]:
    async with room() as workflows:
        await run(workflows, mapped(1_000))
        with watched() as peak:
            started = clock()
            done = await run(workflows, mapped(rows))
            seconds = clock() - started
        with watched() as reading:
            shown = await workflows.execution(done.id)
            async for _ in workflows.events(done.id):
                pass
        assert shown.node_results["each"]["status"] == "completed"
    return {
        "rows": rows,
        "us_per_row": round(seconds / rows * 1e6, 1),
        "mb_before": round(peak.before),
        "mb_above": round(peak.above),
        "mb_above_when_read": round(reading.above),
    }


def main() -> None:
    for rows in [int(word) for word in sys.argv[1:] if word.isdigit()] or ROWS:
        command = [sys.executable, "-m", "benchmarks.workflows.batch", "--once", str(rows)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)
    print("load", Path("/proc/loadavg").read_text().split()[0])


if __name__ == "__main__":
    if "--once" in sys.argv:
        print(json.dumps(asyncio.run(once(int(sys.argv[-1])))))
    else:
        main()
