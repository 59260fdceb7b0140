"""One tool, called by its name."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NamedTuple, Protocol

from studio.engine.errors import BadParameter, Forbidden, StudioError, from_unexpected
from studio.engine.params import JsonText, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.tools import TOOLS, Tool, allowed, may_change, takes, tools_of
from studio.engine.workflows.values import plain


def wired_param(names: list[str]) -> Any:
    """The arguments that come by wires, by name."""
    return param(
        names,
        Text("Arguments from wires", "来自连线的参数"),
        help=Text("Each is an input and an argument of the tool.", "每一项既是输入，也是工具的参数。"),
    )


def typed_param() -> Any:
    """The arguments that are typed."""
    return param(
        "{}",
        Text("Fixed arguments", "固定参数"),
        help=Text("A JSON object; what comes by a wire goes before it.", "JSON 对象；连线传入的值优先。"),
    )


class ToolCallParams(Params):
    tool: str = param("python", Text("Tool", "工具"), help=TOOLS, min_length=1)
    inputs: list[str] = wired_param(["code"])
    values: JsonText = typed_param()
    on_tool_error: Literal["stop", "tell"] = param(
        "stop", Text("If the tool fails", "工具失败时"),
        choices={"stop": Text("The step fails", "节点失败"), "tell": Text("Hand its error on as text, as to an agent", "把错误作为文本传递，与智能体相同")},
    )  # fmt: skip


class Called(NamedTuple):
    """What the tool answered, and why it did not where it did not."""

    result: Annotated[Anything, Text("Result", "结果")]
    error: Annotated[str, Text("Error", "错误")]


class Arguments(Protocol):
    """Parameters that name the arguments which come by wires, and have others that were typed."""

    @property
    def inputs(self) -> list[str]: ...

    @property
    def values(self) -> str: ...


def tool_ports(params: Arguments) -> Ports:
    return Ports(inputs=[any_port(name, optional=True) for name in dict.fromkeys(params.inputs)])


@node(
    title=Text("Tool call", "调用工具"),
    category="control",
    icon="wrench",
    doc=Text(
        "Calls one tool: Python, a collection, a dataset, a workflow, a tool of an MCP server or an operation of a web service.",
        "调用一个工具：Python、文档集、数据集、工作流、MCP 服务的工具或网络服务的操作。",
    ),
    side_effect=True,
    asks_first=True,
    effect=lambda params: may_change(params.tool),
    ports=tool_ports,
    summary=lambda params: params.tool,
)
async def tool_call(context: Context, params: ToolCallParams, /, **values: Any) -> Called:
    """Check the arguments against what the tool takes, then call it once; the answer is recorded for a replay. A tool of an MCP
    server, and an operation of a web service that may change something, asks a person first, unless its entry allows it.
    `Forbidden` says that the person did not."""
    given = arguments(params, values)
    try:
        return Called(await call_one(params.tool, given, context), "")
    except Exception as error:
        known = error if isinstance(error, StudioError) else from_unexpected(error)
        if params.on_tool_error == "stop" or isinstance(known, Forbidden):
            raise known from error
        return Called(f"Error: {known.message.en}", known.message.en)


async def call_one(name: str, given: dict[str, Any], context: Context) -> Any:
    """Call a tool by its name, with arguments that it takes."""
    async with tools_of([name], context) as tools:
        return await _use(_only(tools, name), plain(given), context)


def arguments(params: Arguments, wired: dict[str, Any]) -> dict[str, Any]:
    """Those that came by wires, and of the others those that were typed."""
    return {**_typed(params.values), **{name: value for name, value in wired.items() if value is not None}}


def _typed(values: str) -> dict[str, Any]:
    """`BadParameter` where they are no JSON object."""
    try:
        found = json.loads(values or "{}")
    except ValueError as error:
        raise BadParameter(
            Text(f"The fixed arguments are no JSON: {error}.", f"固定参数不是 JSON：{error}。")
        ).fixed_by("edit", "values") from error
    if not isinstance(found, dict):
        raise BadParameter(Text("The arguments have to be one object.", "参数必须是一个对象。")).fixed_by(
            "edit", "values"
        )
    return found


def _only(tools: dict[str, Tool], name: str) -> Tool:
    if len(tools) == 1:
        return next(iter(tools.values()))
    kinds = ", ".join(f"{name}/{tool.said}" for tool in tools.values())
    raise BadParameter(
        Text(f"“{name}” has {len(tools)} tools; name one.", f"“{name}”有 {len(tools)} 个工具，请指明一个。"),
        Text(f"One of {kinds}.", f"可选：{kinds}。"),
    ).fixed_by("edit", "tool")


async def _use(tool: Tool, given: dict[str, Any], context: Context) -> Any:
    check(tool, given)
    if tool.asks and not await allowed(tool, given, context):
        raise Forbidden(
            Text(f"A person did not allow “{tool.name}”.", f"未获准调用“{tool.name}”。"),
            Text("Run again and allow it, or list it under “allow” of its server or connection.", "请重新运行并允许，或在其服务或连接的“allow”中列出。"),
        )  # fmt: skip
    return await context.outside("tool", {"tool": tool.name, "arguments": given}, lambda: tool.run(given))


def check(tool: Tool, given: dict[str, Any]) -> None:
    """`BadParameter` names the argument that is missing or does not fit, and what the tool takes."""
    import jsonschema

    try:
        jsonschema.validate(given, tool.parameters or takes({}))
    except jsonschema.ValidationError as error:
        known = ", ".join(tool.properties) or "–"
        raise BadParameter(
            Text(f"“{tool.name}” cannot be called with this: {error.message[:200]}.", f"“{tool.name}”的参数无效：{error.message[:200]}。"),
            Text(f"It takes: {known}.", f"它的参数：{known}。"),
        ).fixed_by("edit", "inputs") from error  # fmt: skip
    except jsonschema.SchemaError:  # a server's schema that is none: the server judges
        return
