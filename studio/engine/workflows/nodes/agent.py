"""A model that uses tools until it has an answer, within a budget."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.models.tool_calls import ToolCall, ToolCalls
from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import Said
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, Messages, node
from studio.engine.workflows.templates import as_text
from studio.engine.workflows.tools import REFUSED, TOOLS, Tool, allowed, called, may_change, shortened, tools_of
from studio.engine.workflows.values import as_words


class AgentParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    instruction: PromptText = param(
        "Answer the question. Use the tools where they help.", Text("Instruction", "系统提示词")
    )
    tools: list[str] = param(
        ["python"],
        Text("Tools", "工具"),
        help=TOOLS,
    )
    strategy: Literal["functions", "react", "plan"] = param(
        "functions", Text("Strategy", "策略"),
        choices={"functions": Text("Function calls", "函数调用"), "react": Text("ReAct, for models without them", "ReAct（适合不支持函数调用的模型）"), "plan": Text("A plan first, then function calls", "先制定计划，再调用函数")},
    )  # fmt: skip
    approve: list[str] = param(
        ["workflow"],
        Text("Ask before", "使用前询问"),
        help=Text(
            "Tools that a person has to allow. Those of MCP servers and operations that may change something always ask, unless their server or connection allows them.",
            "需要人员批准的工具。MCP 服务的工具和会更改数据的操作总会询问，除非其服务或连接已允许。",
        ),
    )
    steps: int = param(8, Text("Steps at most", "最多步数"), ge=1, le=100)
    seconds: float = param(300.0, Text("Time limit", "时限"), gt=0, le=86_400, unit="s")
    tokens: int = param(20_000, Text("Tokens at most", "最多词元"), ge=100)


class Acted(NamedTuple):
    """The answer, every step on the way, and why it ended: "answered", "steps", "seconds" or "tokens"."""

    text: Annotated[str, Text("Text", "文本")]
    trace: Annotated[Json, Text("Trace", "过程")]
    ended: Annotated[str, Text("Ended by", "结束原因")]
    usage: Annotated[Json, Text("Usage", "用量")]


@dataclass
class Work:
    """One agent at work."""

    context: Context
    params: AgentParams
    tools: dict[str, Tool]
    messages: list[dict[str, Any]]
    trace: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    began: float = field(default_factory=time.monotonic)

    def spent(self) -> str:
        """Which budget is used up; "" while none is."""
        if self.tokens >= self.params.tokens:
            return "tokens"
        return "seconds" if time.monotonic() - self.began >= self.params.seconds else ""


@node(
    title=Text("Agent", "智能体"),
    category="generate",
    icon="bot",
    doc=Text("Lets a model use tools, step by step, until it has an answer.", "让模型逐步使用工具，直到得出答案。"),
    cached=False,
    side_effect=True,
    effect=lambda params: any(may_change(tool) for tool in params.tools),
    summary=lambda params: ", ".join(params.tools),
)
async def agent(
    question: Annotated[str, Text("Question", "问题")],
    context: Context,
    params: AgentParams,
    passages: Annotated[Json, Text("Context", "上下文")] = None,
    history: Annotated[Messages, Text("History", "历史消息")] = [],  # noqa: B006 (a port's default, never changed)
) -> Acted:
    """Work within the budget. Tools that are to be asked about wait for a person; what tools and passages say is data."""
    async with tools_of(params.tools, context) as tools:
        told = params.instruction if params.strategy != "react" else f"{params.instruction}\n\n{_react(tools)}"
        asked = f"{as_text(passages)}\n\n{question}" if passages else question
        said = [{"role": "system", "content": told}, *history, {"role": "user", "content": asked}]
        return await _answered(Work(context, params, tools, said))


async def _answered(work: Work) -> Acted:
    params = work.params
    if params.strategy == "plan":
        await _plan(work)
    turn = _react_turn if params.strategy == "react" else _function_turn
    text, ended = "", "steps"
    for number in range(1, params.steps + 1):
        work.context.progress(number, params.steps)
        text, done = await turn(work)
        ended = "answered" if done else work.spent() or "steps"
        if ended != "steps":
            break
    return Acted(text, work.trace, ended, {"completion_tokens": work.tokens})


async def _plan(work: Work) -> None:
    """Let the model say first how it will go about it; it may still do otherwise."""
    names = ", ".join(work.tools)
    asked = f"Write a short numbered plan of how you will answer that with the tools {names}. Do not answer yet."
    began = time.monotonic()
    plan, _ = await _say(work, [*work.messages, {"role": "user", "content": asked}])
    work.trace.append({"plan": plan.strip(), "seconds": round(time.monotonic() - began, 3)})
    work.messages += [
        {"role": "assistant", "content": plan},
        {"role": "user", "content": "Carry it out, then answer the question."},
    ]


async def _say(work: Work, messages: list[dict[str, Any]] | None = None, **options: Any) -> tuple[str, list[ToolCall]]:
    """The model's next words and the calls it makes."""
    said, calls = Said(), ToolCalls()
    pieces = work.context.models.chat(work.params.model, messages or work.messages, temperature=0.0, **options)
    async for piece in pieces:
        said.take(piece)
        calls.take(getattr(piece, "tool_calls", None) or ())
    work.tokens += int(said.usage.get("completion_tokens") or 0)
    return said.text, calls.all()


async def _function_turn(work: Work) -> tuple[str, bool]:
    text, calls = await _say(work, tools=[tool.schema() for tool in work.tools.values()])
    if not calls:
        return text, True
    for number, call in enumerate(calls):
        call.id = call.id or f"call-{number}"
    said = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]
    work.messages.append({"role": "assistant", "content": text, "tool_calls": said})
    for call in calls:
        answer = await _use(work, call.name, call.arguments)
        work.messages.append({"role": "tool", "tool_call_id": call.id, "content": answer})
    return text, False


async def _react_turn(work: Work) -> tuple[str, bool]:
    text, _ = await _say(work, stop=["Observation:"])
    if "Action:" not in text:
        return text.rpartition("Answer:")[2].strip(), True
    before, _, rest = text.partition("Action:")
    name, _, arguments = rest.partition("Input:")
    answer = await _use(work, name.strip().splitlines()[0] if name.strip() else "", arguments.strip() or "{}")
    work.messages += [
        {"role": "assistant", "content": text},
        {"role": "user", "content": f"Observation: {answer}"},
    ]
    return before.strip(), False


async def _use(work: Work, name: str, arguments: str) -> str:
    """A tool's answer as the model sees it; an error is an answer too."""
    began = time.monotonic()
    step: dict[str, Any] = {"tool": name, "arguments": arguments}
    try:
        tool, given = called(work.tools, name, arguments)
        step["arguments"] = given
        if not await _allowed(work, tool, given):
            answer: Any = REFUSED
        else:
            work.context.log(f"{name} {as_words(given)[:200]}")
            answer = await work.context.outside("tool", {"tool": name, "arguments": given}, lambda: tool.run(given))
    except StudioError as error:
        answer = f"Error: {error.message.en}"
    except Exception as error:
        answer = f"Error: {from_unexpected(error).message.en}"
    shown = shortened(answer)
    work.trace.append({**step, "answer": shown, "seconds": round(time.monotonic() - began, 3)})
    return shown


async def _allowed(work: Work, tool: Tool, given: dict[str, Any]) -> bool:
    named = any(tool.name == name or tool.name.startswith(f"{name}_") for name in work.params.approve)
    return await allowed(tool, given, work.context) if named or tool.asks else True


def _react(tools: dict[str, Tool]) -> str:
    lines = [
        f"- {tool.name}: {tool.about} Input: {json.dumps(dict.fromkeys(tool.properties, '…'))}"
        for tool in tools.values()
    ]
    return "\n".join(
        ["You can use these tools:", *lines, "To use one, write:", "Action: the tool's name", "Input: a JSON object",
         "Then stop; you will be told what came of it. When you know the answer, write:", "Answer: the answer"]
    )  # fmt: skip
