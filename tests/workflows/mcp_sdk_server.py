"""An MCP server made with the official SDK, over HTTP. It takes a free port and says which."""

from __future__ import annotations

import socket

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("pumps")


@server.tool()
def warranty(product: str, months: int = 24) -> dict[str, object]:
    """How long a product is covered."""
    return {"product": product, "months": months}


if __name__ == "__main__":
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(server.streamable_http_app())).run([listening])
