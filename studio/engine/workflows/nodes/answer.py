"""The answer of a run, with its sources."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import Chunks, node
from studio.engine.workflows.templates import fill, variables

PLAIN = "{{text}}"


class AnswerParams(Params):
    name: str = param("answer", Text("Name", "名称"), min_length=1)
    template: PromptText = param(
        PLAIN,
        Text("Template", "模板"),
        help=Text("{{text}} is what came in; other names become inputs.", "{{text}} 为传入的文本，其他名称成为输入。"),
        advanced=True,
    )
    citations: bool = param(True, Text("With sources", "附上来源"), advanced=True)


def answer_ports(params: AnswerParams) -> Ports:
    names = [name for name in dict.fromkeys(variables(params.template)) if name not in ("text", "sources")]
    return Ports(inputs=[any_port(name) for name in names])


@node(
    title=Text("Answer", "回答"),
    category="output",
    icon="message-square",
    doc=Text(
        "Gives a text as the answer of the run, with the sources it cites.", "以文本作为运行的回答，并附上引用来源。"
    ),
    cached=False,
    ports=answer_ports,
    summary=lambda params: params.name,
)
async def answer(
    text: Annotated[str, Text("Text", "文本")],
    context: Context,
    params: AnswerParams,
    sources: Annotated[Chunks, Text("Sources", "来源")] = [],  # noqa: B006 (a port's default, never changed)
    **more: Any,
) -> None:
    """Put the text, as the template has it, under its name into the outputs of the run, and the sources beside it."""
    given = {**more, "text": text, "sources": sources}
    said = text if params.template == PLAIN else await fill(params.template, given)
    return {params.name: said, **({"sources": sources} if sources and params.citations else {})}  # type: ignore[return-value]
