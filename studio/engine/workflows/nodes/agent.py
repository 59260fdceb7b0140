"""A model that uses tools until it has an answer, within a budget."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine.errors import BadParameter, StudioError, from_unexpected
from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import as_usage
from studio.engine.workflows.context import Context, chunk_of
from studio.engine.workflows.find_json import find_json
from studio.engine.workflows.node import Json, node
from studio.engine.workflows.sandbox import run_code
from studio.engine.workflows.templates import as_text
from studio.engine.workflows.values import as_words, plain

LONGEST = 6_000  # characters of a tool's answer that the model is shown


class AgentParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    instruction: PromptText = param(
        "Answer the question. Use the tools where they help.", Text("Instruction", "系统提示词")
    )
    tools: list[str] = param(
        ["python"],
        Text("Tools", "工具"),
        help=Text(
            "python, search:COLLECTION, query:DATASET, workflow:ID.",
            "python、search:文档集、query:数据集、workflow:标识。",
        ),
    )
    strategy: Literal["functions", "react"] = param(
        "functions", Text("Strategy", "策略"),
        choices={"functions": Text("Function calls", "函数调用"), "react": Text("ReAct, for models without them", "ReAct（适合不支持函数调用的模型）")},
    )  # fmt: skip
    approve: list[str] = param(
        ["workflow"],
        Text("Ask before", "使用前询问"),
        help=Text("Tools that a person has to allow.", "需要人员批准的工具。"),
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
class Tool:
    """Something the agent can do. `run` gets the arguments that the model wrote."""

    name: str
    about: str
    arguments: dict[str, Any]
    run: Callable[[dict[str, Any]], Awaitable[Any]]

    def schema(self) -> dict[str, Any]:
        parameters = {"type": "object", "properties": self.arguments, "required": list(self.arguments)}
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.about, "parameters": parameters},
        }


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
    effect=lambda params: any(tool.startswith("workflow:") for tool in params.tools),
    summary=lambda params: ", ".join(params.tools),
)
async def agent(
    question: Annotated[str, Text("Question", "问题")],
    context: Context,
    params: AgentParams,
    passages: Annotated[Json, Text("Context", "上下文")] = None,
) -> Acted:
    """Work within the budget. Tools that are to be asked about wait for a person; what tools and passages say is data."""
    tools = {tool.name: tool for tool in (_tool(name, context) for name in params.tools)}
    told = params.instruction if params.strategy == "functions" else f"{params.instruction}\n\n{_react(tools)}"
    asked = f"{as_text(passages)}\n\n{question}" if passages else question
    work = Work(context, params, tools, [{"role": "system", "content": told}, {"role": "user", "content": asked}])
    turn = _function_turn if params.strategy == "functions" else _react_turn
    text, ended = "", "steps"
    for number in range(1, params.steps + 1):
        context.progress(number, params.steps)
        text, done = await turn(work)
        ended = "answered" if done else work.spent() or "steps"
        if ended != "steps":
            break
    return Acted(text, work.trace, ended, {"completion_tokens": work.tokens})


async def _say(work: Work, **options: Any) -> tuple[str, list[dict[str, Any]]]:
    """The model's next words and the calls it makes."""
    text, calls = "", {}  # type: str, dict[int, dict[str, Any]]
    async for piece in work.context.models.chat(work.params.model, work.messages, temperature=0.0, **options):
        text += piece.text or ""
        work.tokens += int(as_usage(getattr(piece, "usage", None)).get("completion_tokens") or 0)
        for delta in getattr(piece, "tool_calls", None) or ():
            call = calls.setdefault(int(delta.get("index") or 0), {"id": "", "name": "", "arguments": ""})
            function = delta.get("function") or {}
            call["id"] = delta.get("id") or call["id"]
            call["name"] += function.get("name") or ""
            call["arguments"] += function.get("arguments") or ""
    return text, [calls[place] for place in sorted(calls)]


async def _function_turn(work: Work) -> tuple[str, bool]:
    text, calls = await _say(work, tools=[tool.schema() for tool in work.tools.values()])
    if not calls:
        return text, True
    said = [
        {
            "id": call["id"] or f"call-{n}",
            "type": "function",
            "function": {"name": call["name"], "arguments": call["arguments"]},
        }
        for n, call in enumerate(calls)
    ]
    work.messages.append({"role": "assistant", "content": text, "tool_calls": said})
    for n, call in enumerate(calls):
        answer = await _use(work, call["name"], call["arguments"])
        work.messages.append({"role": "tool", "tool_call_id": said[n]["id"], "content": answer})
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
        tool, given = _called(work, name, arguments)
        step["arguments"] = given
        if not await _allowed(work, tool, given):
            answer: Any = "A person refused this. Go on without it."
        else:
            work.context.log(f"{name} {as_words(given)[:200]}")
            answer = await work.context.outside("tool", {"tool": name, "arguments": given}, lambda: tool.run(given))
    except StudioError as error:
        answer = f"Error: {error.message.en}"
    except Exception as error:
        answer = f"Error: {from_unexpected(error).message.en}"
    words = as_words(plain(answer))
    shown = words if len(words) <= LONGEST else f"{words[:LONGEST]}… ({len(words)} characters)"
    work.trace.append({**step, "answer": shown, "seconds": round(time.monotonic() - began, 3)})
    return shown


def _called(work: Work, name: str, arguments: str) -> tuple[Tool, dict[str, Any]]:
    if name not in work.tools:
        raise BadParameter(
            Text(f"There is no tool “{name}”. There are: {', '.join(work.tools)}.", f"没有工具“{name}”。")
        )
    given = find_json(arguments or "{}")
    if not isinstance(given, dict):
        raise BadParameter(Text("The arguments have to be one object.", "参数必须是一个对象。"))
    return work.tools[name], given


async def _allowed(work: Work, tool: Tool, given: dict[str, Any]) -> bool:
    if not any(tool.name == name or tool.name.startswith(f"{name}_") for name in work.params.approve):
        return True
    text = f"{tool.name}: {json.dumps(plain(given), ensure_ascii=False)}"
    answer = await work.context.ask({"text": text, "choices": ["allow", "refuse"], "fields": []})
    return bool(answer and answer.get("choice") == "allow")


def _tool(name: str, context: Context) -> Tool:
    kind, _, what = name.partition(":")
    text = {"type": "string"}
    if kind == "python":

        async def python(given: dict[str, Any]) -> Any:
            return await run_code(str(given.get("code", "")), {})

        return Tool(
            "python", "Runs the body of a Python function without network; return the answer.", {"code": text}, python
        )
    if kind == "search" and what:

        async def search(given: dict[str, Any]) -> Any:
            hits = await context.knowledge.search(str(given.get("query", "")), [what], 6)
            return as_text([chunk_of(hit, number) for number, hit in enumerate(hits, 1)])

        return Tool(f"search_{_plain_name(what)}", f"Finds passages in {what}.", {"query": text}, search)
    if kind == "query" and what:

        async def query(given: dict[str, Any]) -> Any:
            found = await context.datasets.get(what)
            asked = await context.sql.ask(str(given.get("question", "")), [found.id])
            return {"rows": plain(asked.result.table.slice(0, 50)), "sql": asked.sql}

        return Tool(f"query_{_plain_name(what)}", f"Answers a question with rows of {what}.", {"question": text}, query)
    if kind == "workflow" and what:

        async def workflow(given: dict[str, Any]) -> Any:
            return await context.call_workflow(what, None, dict(given.get("inputs") or {}))

        return Tool(
            f"workflow_{_plain_name(what)}", f"Runs the workflow {what}.", {"inputs": {"type": "object"}}, workflow
        )
    raise BadParameter(
        Text(f"“{name}” is no tool.", f"“{name}”不是工具。"),
        Text("Use python, search:…, query:… or workflow:….", "可用：python、search:…、query:…、workflow:…。"),
    )


def _plain_name(name: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name)[:48]


def _react(tools: dict[str, Tool]) -> str:
    lines = [
        f"- {tool.name}: {tool.about} Input: {json.dumps(dict.fromkeys(tool.arguments, '…'))}"
        for tool in tools.values()
    ]
    return "\n".join(
        ["You can use these tools:", *lines, "To use one, write:", "Action: the tool's name", "Input: a JSON object",
         "Then stop; you will be told what came of it. When you know the answer, write:", "Answer: the answer"]
    )  # fmt: skip
