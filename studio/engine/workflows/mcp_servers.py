"""MCP servers: programs and addresses with tools, which a person named in one file that no route and no workflow can write.

The file is `mcp.json` in the studio's configuration folder (`mcp_file.py`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.engine.egress import Egress
from studio.engine.errors import StudioError, Unavailable
from studio.engine.files import temporary_folder
from studio.engine.process import tail
from studio.engine.secrets import Secrets
from studio.engine.text import Text
from studio.engine.workflows.mcp_entry import McpServer
from studio.engine.workflows.mcp_file import Listed, McpFile

if TYPE_CHECKING:
    from studio.engine.workflows.context import Context

CONNECTING = 30.0  # seconds in which a server has to say what it can do
MOST_TOOLS = 500
LINES = 20  # of what a program wrote before it failed


@dataclass(frozen=True)
class McpTool:
    """What a server says of one of its tools. That is data of somebody else: a model reads it, nobody obeys it."""

    name: str
    description: str
    parameters: dict[str, Any]


class McpServers:
    """The servers of one studio, as the file names them now."""

    def __init__(
        self, file: Path, egress: Egress | None, secrets: Secrets | None = None, temporary: Path | None = None
    ) -> None:
        self.file = McpFile(file, secrets)
        self._egress = egress
        self._temporary = temporary

    async def listed(self) -> list[Listed]:
        """All that the file names. `Invalid` where it cannot be read."""
        return await asyncio.to_thread(self.file.listed)

    async def save(self, server: McpServer, before: str = "", secrets: Mapping[str, str] | None = None) -> None:
        """Name a server, or change the one named `before`. Only a person at the window does that."""
        await asyncio.to_thread(self.file.save, server, before, secrets)

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(self.file.remove, name)

    async def test(self, name: str) -> list[McpTool]:
        """Start or reach a server and ask for its tools. `Unavailable` has what it said instead."""
        async with self.session(name) as session:
            return session.tools

    @asynccontextmanager
    async def session(self, name: str) -> AsyncIterator[McpSession]:
        """A connection to a server, open as long as this is. `Unavailable` has what the server said."""
        server = await asyncio.to_thread(self.file.whole, name)
        await asyncio.to_thread(
            import_module, "studio.engine.workflows.mcp_transports"
        )  # half a second of the loop otherwise
        try:
            async with AsyncExitStack() as stack:
                log = Path(stack.enter_context(temporary_folder(self._temporary, "studio-mcp-"))) / "log"
                try:
                    async with asyncio.timeout(CONNECTING):
                        client = await stack.enter_async_context(self._client(server, log))
                        tools = await _tools(client)
                except Exception as error:
                    raise _told(server, error, log) from error
                yield McpSession(server, tools, client, log)
        except BaseExceptionGroup as group:  # the SDK's task groups put what went wrong inside into one
            raise _innermost(group) from None

    def _client(self, server: McpServer, log: Path) -> Any:
        from mcp import Client

        from studio.engine.workflows import mcp_transports

        opened = (
            mcp_transports.over_http(server, self._egress)
            if server.url
            else mcp_transports.over_pipes(server, self.file.path, log)
        )
        return Client(opened, read_timeout_seconds=server.seconds)


@dataclass(frozen=True)
class McpSession:
    """One open connection. `call` raises `Unavailable` with what the tool said where it failed."""

    server: McpServer
    tools: list[McpTool]
    client: Any
    log: Path  # what a program wrote beside its answers

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """What a tool answers: its structured content where it has some, else its text; other parts as they came."""
        try:
            answer = await self.client.call_tool(tool, dict(arguments))
        except Exception as error:
            raise _told(self.server, error, self.log) from error
        found = _answer(answer)
        if answer.is_error:
            words = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
            raise Unavailable(
                Text(f"“{tool}” of “{self.server.name}” failed: {words[:300]}", f"“{self.server.name}”的“{tool}”失败：{words[:300]}"),
                Text("Look at the arguments that it was given.", "请检查传给它的参数。"),
                details=words[:2_000],
            ).fixed_by("edit", "tool")  # fmt: skip
        return found


def session_of(context: Context, name: str) -> Any:
    """A connection to a server of the studio that a step runs in."""
    if context.services.mcp is None:
        raise Unavailable(Text("No MCP server can be reached here.", "此处无法连接 MCP 服务。"))
    return context.services.mcp.session(name)


async def _tools(client: Any) -> list[McpTool]:
    found: list[McpTool] = []
    cursor = None
    while len(found) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        found += [McpTool(tool.name, tool.description or "", dict(tool.input_schema)) for tool in page.tools]
        cursor = page.next_cursor
        if not cursor:
            break
    return found[:MOST_TOOLS]


def _answer(result: Any) -> Any:
    if result.structured_content is not None:
        found = result.structured_content
        return found["result"] if isinstance(found, dict) and list(found) == ["result"] else found
    parts = [
        part.text if part.type == "text" else part.model_dump(mode="json", by_alias=True) for part in result.content
    ]
    if all(isinstance(part, str) for part in parts):
        return "\n".join(parts)
    return parts


def _told(server: McpServer, error: Exception, log: Path) -> Exception:
    """What went wrong with a server, in words of ours; the last lines that a program wrote go along."""
    first = _innermost(error)
    if isinstance(first, StudioError):
        return first
    why = f"it did not answer within {CONNECTING:g} s" if isinstance(first, TimeoutError) else _first_line(first)
    return Unavailable(
        Text(f"The MCP server “{server.name}” failed: {why}.", f"MCP 服务“{server.name}”出错：{why}。"),
        Text("Check its entry under Settings › Tool servers, and whether it starts by itself.", "请检查“设置 › 工具服务”中的配置，以及该服务能否独立启动。"),
        details="\n".join(tail(log, LINES)),
    ).fixed_by("edit", "server")  # fmt: skip


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
