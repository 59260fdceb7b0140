"""How an MCP server is spoken to: by the pipes of a child process, or over HTTP through the guard of the network.

Imported when the first server is spoken to: the SDK behind it takes half a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from studio.engine.egress import Egress
from studio.engine.errors import Unavailable
from studio.engine.process import Child
from studio.engine.text import Text
from studio.engine.workflows.mcp_entry import McpServer


@asynccontextmanager
async def over_pipes(server: McpServer, beside: Path, log: Path) -> AsyncIterator[Any]:
    """The streams of a server that is a program: one JSON message a line. It sees little of our environment and ends with
    this; relative paths in its entry count from the folder of the file. What it complains of goes to `log`."""
    folder = server.cwd if server.cwd is not None else beside.parent
    child = await Child.start(
        [server.command, *server.args], environment=server.env, folder=folder, log=log, stdin=True, stdout=True
    )
    heard, read = anyio.create_memory_object_stream[Any](16)
    write, said = anyio.create_memory_object_stream[Any](16)

    async def listen() -> None:
        async with heard:
            while line := await child.stdout.readline():
                try:
                    await heard.send(SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False)))
                except ValueError as error:
                    await heard.send(error)

    async def speak() -> None:
        async for message in said:
            child.stdin.write(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await child.stdin.drain()

    tasks = [asyncio.create_task(work(), name=f"mcp {server.name}") for work in (listen, speak)]
    try:
        yield read, write
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.shield(child.kill())
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (heard, read, write, said):
            stream.close()


@asynccontextmanager
async def over_http(server: McpServer, egress: Egress | None) -> AsyncIterator[Any]:
    """The streams of a server at an address. Whoever may write the file granted the address with it, to this alone."""
    if egress is None:
        raise Unavailable(Text("The network is not available here.", "此处无法使用网络。"))
    timeout = httpx2.Timeout(30, read=server.seconds)
    async with (
        httpx2.AsyncClient(
            transport=egress.transport(httpx2, purpose="mcp", granted=server.url),
            headers=server.headers,
            timeout=timeout,
            trust_env=False,
        ) as client,
        streamable_http_client(server.url, http_client=client) as streams,
    ):
        yield streams
