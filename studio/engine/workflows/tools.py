"""The tools of steps: what an agent may use and what a step calls by its name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.api_tools import api_of
from studio.engine.workflows.context import Context, chunk_of
from studio.engine.workflows.doubt import question_of
from studio.engine.workflows.find_json import find_json
from studio.engine.workflows.mcp_servers import MOST_TOOLS, McpSession, McpTool, session_of
from studio.engine.workflows.operation import Operation
from studio.engine.workflows.sandbox import run_code
from studio.engine.workflows.templates import as_text
from studio.engine.workflows.values import as_words, plain

LONGEST_NAME = 64  # characters that a server of models takes
LONGEST = 6_000  # characters of a tool's answer that a model is shown
REFUSED = "A person refused this. Go on without it."
TOOLS = Text(
    "python, search:COLLECTION, query:DATASET, workflow:ID, mcp:SERVER or mcp:SERVER/TOOL, api:CONNECTION or api:CONNECTION/OPERATION.",
    "python、search:文档集、query:数据集、workflow:标识、mcp:服务 或 mcp:服务/工具、api:连接 或 api:连接/操作。",
)
LEAVE = {"allow": Text("Allow", "允许"), "refuse": Text("Refuse", "拒绝")}


@dataclass(frozen=True)
class Tool:
    """Something that can be called. `parameters` is the JSON schema of its arguments; `run` gets those that came. One that
    `asks` needs a person's leave for each call."""

    name: str
    about: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any]], Awaitable[Any]]
    asks: bool = False
    said: str = ""  # its name at its server

    @property
    def properties(self) -> dict[str, Any]:
        return dict(self.parameters.get("properties") or {})

    def schema(self) -> dict[str, Any]:
        """As a model is told of it."""
        function = {"name": self.name, "description": self.about, "parameters": self.parameters}
        return {"type": "function", "function": function}


@asynccontextmanager
async def tools_of(names: Sequence[str], context: Context) -> AsyncIterator[dict[str, Tool]]:
    """The tools of these names, by the name that a model calls them by. MCP servers are connected as long as this is open.
    `BadParameter` names what is no tool."""
    async with AsyncExitStack() as stack:
        sessions: dict[str, McpSession] = {}
        found: dict[str, Tool] = {}
        for name in dict.fromkeys(names):
            kind, _, what = name.partition(":")
            if kind == "mcp" and what:
                server, _, only = what.partition("/")
                if server not in sessions:
                    sessions[server] = await stack.enter_async_context(session_of(context, server))
                if only and f"mcp:{server}" in names:
                    continue  # it comes with all the others
                for tool in _of_server(sessions[server], only):
                    _add(found, tool, f"mcp:{server}/{tool.said}")
            elif kind == "api" and what:
                connection, _, only = what.partition("/")
                if only and f"api:{connection}" in names:
                    continue
                for tool in await _of_api(connection, only, context):
                    _add(found, tool, f"api:{connection}/{tool.said}")
            else:
                _add(found, await _own(name, kind, what, context), name)
        yield found


def _add(found: dict[str, Tool], tool: Tool, whole: str) -> None:
    """By its name; by a part of it and a digest where another has that name, or where it is longer than servers take."""
    if tool.name in found or len(tool.name) > LONGEST_NAME:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        tool = replace(tool, name=f"{tool.name[: LONGEST_NAME - 9]}_{digest}")
    found[tool.name] = tool


def may_change(name: str) -> bool:
    """Whether calling it may change something outside of the run."""
    return name.partition(":")[0] in ("workflow", "mcp", "api")


def called(tools: dict[str, Tool], name: str, arguments: str) -> tuple[Tool, dict[str, Any]]:
    """The tool of that name and the arguments that were written for it; `BadParameter` says what does not hold."""
    if name not in tools:
        raise BadParameter(
            Text(
                f"There is no tool “{name}”. There are: {', '.join(tools)}.",
                f"没有工具“{name}”，可用的有：{'、'.join(tools)}。",
            )
        )
    given = find_json(arguments or "{}")
    if not isinstance(given, dict):
        raise BadParameter(Text("The arguments have to be one object.", "参数必须是一个对象。"))
    return tools[name], given


async def allowed(tool: Tool, given: dict[str, Any], context: Context) -> bool:
    """Whether a person lets it be called with these arguments."""
    written = json.dumps(plain(given), ensure_ascii=False)
    words = Text(f"Call the tool “{tool.name}” with this? {written}", f"以这些参数调用工具“{tool.name}”吗？{written}")
    answer = await context.ask(question_of(words, LEAVE))
    return bool(answer and answer.get("choice") == "allow")


def shortened(answer: Any) -> str:
    """A tool's answer as a model reads it."""
    words = as_words(plain(answer))
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}… ({len(words)} characters)"


def takes(properties: dict[str, Any], required: Sequence[str] | None = None) -> dict[str, Any]:
    """The schema of an object with these properties; without `required`, all of them are."""
    needed = list(properties if required is None else required)
    return {"type": "object", "properties": properties, "required": needed}


async def _own(name: str, kind: str, what: str, context: Context) -> Tool:
    if kind == "python":
        return _python(context)
    makers = {"search": _search, "query": _query}
    if kind in makers and what:
        return makers[kind](what, context)
    if kind == "workflow" and what:
        return await _workflow(what, context)
    raise BadParameter(
        Text(f"“{name}” is no tool.", f"“{name}”不是工具。"),
        Text(f"Use {TOOLS.en}", f"可用：{TOOLS.zh}"),
    ).fixed_by("edit", "tools")


def _python(context: Context) -> Tool:
    async def python(given: dict[str, Any]) -> Any:
        return await run_code(str(given.get("code", "")), {}, within=context.services.temporary)

    about = "Runs the body of a Python function without network; return the answer."
    return Tool("python", about, takes({"code": {"type": "string"}}), python)


def _search(collection: str, context: Context) -> Tool:
    async def search(given: dict[str, Any]) -> Any:
        hits = await context.knowledge.search(str(given.get("query", "")), [collection], 6)
        return as_text([chunk_of(hit, number) for number, hit in enumerate(hits, 1)])

    name = f"search_{_plain_name(collection)}"
    return Tool(name, f"Finds passages in {collection}.", takes({"query": {"type": "string"}}), search)


def _query(dataset: str, context: Context) -> Tool:
    async def query(given: dict[str, Any]) -> Any:
        found = await context.datasets.get(dataset)
        asked = await context.sql.ask(str(given.get("question", "")), [found.id])
        return {"rows": plain(asked.result.table.slice(0, 50)), "sql": asked.sql}

    name = f"query_{_plain_name(dataset)}"
    return Tool(name, f"Answers a question with rows of {dataset}.", takes({"question": {"type": "string"}}), query)


async def _workflow(workflow: str, context: Context) -> Tool:
    """Its fields are the arguments, so that a model knows what it takes."""
    from studio.engine.workflows import library

    if context.services.workflows is None:
        raise Unavailable(Text("No other workflow can be reached here.", "此处无法调用其他工作流。"))
    found = await context.services.workflows.get(workflow)
    fields = library.asked(found.definition).fields
    properties = {field.name: field.schema_of_value() for field in fields}

    async def run(given: dict[str, Any]) -> Any:
        return await context.call_workflow(workflow, None, dict(given))

    about = f"Runs the workflow “{found.name}”. {found.description}".strip()
    needed = [field.name for field in fields if field.needed]
    return Tool(f"workflow_{_plain_name(workflow)}", about, takes(properties, needed), run)


def _of_server(session: McpSession, only: str) -> list[Tool]:
    found = [_of_mcp(session, tool) for tool in session.tools if only in ("", tool.name)]
    if only and not found:
        known = ", ".join(tool.name for tool in session.tools) or "–"
        raise BadParameter(
            Text(f"“{session.server.name}” has no tool “{only}”. It has: {known}.", f"“{session.server.name}”没有工具“{only}”，现有：{known}。")
        ).fixed_by("edit", "tool")  # fmt: skip
    return found


def _of_mcp(session: McpSession, tool: McpTool) -> Tool:
    async def run(given: dict[str, Any]) -> Any:
        return await session.call(tool.name, given)

    name = f"mcp_{_plain_name(session.server.name)}_{_plain_name(tool.name)}"
    return Tool(name, tool.description, tool.parameters, run, asks=not session.server.allows(tool.name), said=tool.name)


async def _of_api(connection: str, only: str, context: Context) -> list[Tool]:
    """The operations of a web service. What its document says of them is data of somebody else, as with MCP."""
    api = await api_of(context, connection)

    def tool(operation: Operation) -> Tool:
        async def run(given: dict[str, Any]) -> Any:
            return await api.call(operation, given, context)

        name = f"api_{_plain_name(api.name)}_{_plain_name(operation.name)}"
        parameters = operation.parameters
        return Tool(name, operation.about, parameters, run, asks=api.asks(operation), said=operation.name)

    return [tool(operation) for operation in api.operations(only)[:MOST_TOOLS]]


def _plain_name(name: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name)[:48]
