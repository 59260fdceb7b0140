"""Jobs of the studio that a command waits for."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from studio.cli.connection import Connection
from studio.cli.output import language
from studio.engine.text import Text

PAUSE = 0.1  # seconds between two looks


async def ended(connection: Connection, job: dict[str, Any]) -> dict[str, Any]:
    """A job once it is over; on a terminal its progress is shown. One that is no longer listed counts as done."""
    watching = sys.stderr.isatty()
    while job["status"] == "running":
        await asyncio.sleep(PAUSE)
        there = {one["id"]: one for one in await connection.get("/api/v1/jobs")}
        job = there.get(job["id"], {**job, "status": "done"})
        if watching and job.get("progress") is not None:
            words = (job.get("message") or {}).get(language()) or ""
            print(f"\r{job['progress']:4.0%} {words}\033[K", end="", file=sys.stderr, flush=True)
    if watching:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return job


def why(job: dict[str, Any]) -> Text:
    """Why a job did not come to its end."""
    words = (job.get("error") or {}).get("message")
    return Text(**words) if words else Text("It was stopped.", "已被中止。")
