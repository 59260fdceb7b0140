"""`studio serve`: the whole studio without a window."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from studio.api.server import Server
from studio.cli.home import paths_of
from studio.cli.output import say
from studio.engine import collecting
from studio.engine.engine import Engine
from studio.engine.loop import run
from studio.engine.settings import is_loopback
from studio.engine.text import Text


def serve(parsed: argparse.Namespace) -> int:
    return run(_serve(parsed))


async def _serve(parsed: argparse.Namespace) -> int:
    engine = await Engine.open(paths_of(parsed.home))
    settings = engine.settings.server
    server = Server(
        engine,
        parsed.host or settings.host,
        settings.port if parsed.port is None else parsed.port,
        parsed.require_token or settings.require_token,
    )
    try:
        await server.start()
        collecting.settle()
        preparing = None if await engine.sample.prepared() else await engine.sample.prepare()
        _announce(server, parsed.json)
        if preparing is not None and not parsed.json:
            say(Text("Preparing the sample project in the background.", "正在后台准备示例项目。"))
        await _until_stopped(server)
    finally:
        await server.stop()
        await engine.close()
    return 0


def _announce(server: Server, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"url": server.address, "port": server.port}), flush=True)
        return
    say(
        Text(
            f"Serving at {server.address}. Routes: {server.address}/docs",
            f"服务地址 {server.address}，接口说明：{server.address}/docs",
        )
    )
    if not is_loopback(server.host):
        say(Text("Reachable from other computers: the token is needed.", "其他电脑可以访问，需要令牌。"))
    sys.stdout.flush()


async def _until_stopped(server: Server) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(server.wait())
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
