"""A tool of an MCP server as one step."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import JsonText, Params, ToolServerRef, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.nodes.tool_call import arguments, call_one, tool_ports, typed_param, wired_param


class McpToolParams(Params):
    server: ToolServerRef = param(
        ..., Text("Server", "服务"), help=Text("Its name under Settings › Tool servers.", "“设置 › 工具服务”中的名称。"), min_length=1
    )  # fmt: skip
    tool: str = param(..., Text("Tool", "工具"), min_length=1)
    inputs: list[str] = wired_param([])
    values: JsonText = typed_param()


@node(
    title=Text("MCP tool", "MCP 工具"),
    category="control",
    icon="plug",
    doc=Text(
        "Calls a tool of an MCP server: a program of this computer, or an address. A person allows each call, unless Settings › Tool servers does.",
        "调用 MCP 服务（本机程序或网络地址）的工具。除非“设置 › 工具服务”已允许，否则每次调用都需人员批准。",
    ),
    side_effect=True,
    asks_first=True,
    ports=tool_ports,
    summary=lambda params: params.tool,
)
async def mcp_tool(
    context: Context, params: McpToolParams, /, **values: Any
) -> Annotated[Anything, Text("Result", "结果")]:
    """Connect, call once, disconnect; a program ends with the call. The answer is structured content where the tool gives
    some, else its text. `NotFound` says where a server is named, `Forbidden` that a person did not allow the call."""
    return await call_one(f"mcp:{params.server}/{params.tool}", arguments(params, values), context)
