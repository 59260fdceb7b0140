"""A question to a person; the run waits for the answer, through restarts of the studio."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import Params, PromptLine, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import Anything, absent, node
from studio.engine.workflows.templates import fill


class AskParams(Params):
    question: PromptText = param(
        "Shall this go on? {{value}}",
        Text("Question", "问题"),
        help=Text("{{value}} is what came in.", "{{value}} 为传入的值。"),
    )
    choices: list[str] = param(
        ["yes", "no"],
        Text("Choices", "选项"),
        help=Text(
            "Each is an output; the value goes out of the chosen one.", "每个选项都是一个输出，值从所选的输出送出。"
        ),
    )
    fields: list[str] = param(
        [],
        Text("Fields", "字段"),
        help=Text("What the person fills in; each is an output.", "由人填写的内容，每项都是一个输出。"),
    )
    assignee: PromptLine = param(
        "", Text("Who is asked", "询问谁"),
        help=Text("A name; {{value}} is what came in. Empty asks whoever is there.", "姓名，{{value}} 为传入的值。留空则任何人都可回答。"),
    )  # fmt: skip
    seconds: float = param(
        0.0,
        Text("Wait at most", "最长等待"),
        ge=0,
        unit="s",
        help=Text("0 waits for ever; then the value goes out of “late”.", "0 表示一直等待；超时后值从“late”输出。"),
    )


def ask_ports(params: AskParams) -> Ports:
    names = [*(params.choices if not params.fields else []), *params.fields, *(["late"] if params.seconds else [])]
    outputs = [any_port(name) for name in dict.fromkeys(names)]
    return Ports(outputs=[*outputs, Port(name="comment", type="text", title=Text("Comment", "备注"))])


@node(
    title=Text("Ask a person", "询问人员"),
    category="control",
    icon="user-check",
    doc=Text(
        "Stops here until a person has answered or approved; restarts of the studio do no harm.",
        "在此等待人员回答或批准；重启程序也不受影响。",
    ),
    cached=False,
    ports=ask_ports,
    summary=lambda params: " ".join(params.question.split())[:120],
)
async def ask(
    context: Context,
    params: AskParams,
    /,
    value: Annotated[Anything, Text("Value", "值")] = None,
) -> None:
    """Ask, wait, and send the value out of the chosen output; with fields, each answer out of its own."""
    text = await fill(params.question, {"value": value})
    question: dict[str, Any] = {"text": text, "fields": params.fields}
    question["choices"] = [] if params.fields else params.choices
    if params.assignee.strip():
        question["assignee"] = (await fill(params.assignee, {"value": value})).strip()
    answer = await context.ask(question, params.seconds or None)
    found: dict[str, Any] = {port.name: absent for port in ask_ports(params).outputs}
    if answer is None:
        found["late"] = value
    elif params.fields:
        found |= {name: answer.get(name) for name in params.fields}
    else:
        found[answer["choice"]] = value
    found["comment"] = str(answer.get("text", "")) if isinstance(answer, dict) else ""
    return found  # type: ignore[return-value]
