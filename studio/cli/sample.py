"""`studio sample`: the sample project, put in place."""

from __future__ import annotations

import argparse

from studio.cli.connection import Connection, run
from studio.cli.output import say
from studio.cli.waiting import ended, why
from studio.engine.errors import Unavailable
from studio.engine.text import Text


def sample(parsed: argparse.Namespace) -> int:
    return run(_prepare, parsed.home)


async def _prepare(connection: Connection) -> int:
    job = await ended(connection, await connection.post("/api/v1/sample"))
    if job["status"] != "done":
        raise Unavailable(Text("The sample project could not be prepared.", "无法准备示例项目。"), why(job))
    say(Text("The sample project is ready.", "示例项目已就绪。"))
    return 0
