"""`studio settings` and `studio sample`: what there is, and the few things one does with it."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

from studio.cli.connection import Connection, run
from studio.cli.output import print_table, say, show
from studio.engine.errors import BadParameter, Unavailable
from studio.engine.text import Text

Verb = Callable[[Connection, argparse.Namespace], Awaitable[None]]


def things(parsed: argparse.Namespace) -> int:
    verbs = _VERBS[parsed.things]
    if parsed.verb not in verbs:
        known = ", ".join(verbs)
        raise BadParameter(
            Text(
                f"“studio {parsed.things}” has no “{parsed.verb}”. It has: {known}.",
                f"“studio {parsed.things}”没有“{parsed.verb}”，可用：{known}。",
            )
        )
    return run(lambda connection: _do(connection, verbs[parsed.verb], parsed), parsed.home)


def sample(parsed: argparse.Namespace) -> int:
    return run(prepare_sample, parsed.home)


async def prepare_sample(connection: Connection) -> int:
    """Put the sample project in place and wait for it."""
    import asyncio

    job = await connection.post("/api/v1/sample")
    while job["status"] == "running":
        await asyncio.sleep(0.1)
        job = next(item for item in await connection.get("/api/v1/jobs") if item["id"] == job["id"])
    if job["status"] != "done":
        words = (job.get("error") or {}).get("message") or Text("It was stopped.", "已被中止。").as_dict()
        raise Unavailable(Text("The sample project could not be prepared. ", "无法准备示例项目。"), Text(**words))
    say(Text("The sample project is ready.", "示例项目已就绪。"))
    return 0


async def _do(connection: Connection, verb: Verb, parsed: argparse.Namespace) -> int:
    await verb(connection, parsed)
    return 0


async def _settings(connection: Connection, parsed: argparse.Namespace) -> None:
    found = await connection.get("/api/v1/settings")
    if parsed.json:
        show(found, True)
        return
    rows = [[f"{group}.{name}", str(value)] for group, values in found.items() for name, value in values.items()]
    print_table(rows, ("setting", "value"))


async def _set(connection: Connection, parsed: argparse.Namespace) -> None:
    if len(parsed.words) != 2:
        raise BadParameter(Text("Use: studio settings set NAME VALUE.", "用法：studio settings set 名称 值。"))
    show(await connection.put("/api/v1/settings", {"key": parsed.words[0], "value": parsed.words[1]}), parsed.json)


_VERBS: dict[str, dict[str, Verb]] = {"settings": {"list": _settings, "set": _set}}
