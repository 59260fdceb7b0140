"""The answer of a run, with its sources."""

from __future__ import annotations

from typing import Annotated

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Chunks, node


class AnswerParams(Params):
    name: str = param("answer", Text("Name", "名称"), min_length=1)


@node(
    title=Text("Answer", "回答"),
    category="output",
    icon="message-square",
    doc=Text(
        "Gives a text as the answer of the run, with the sources it cites.", "以文本作为运行的回答，并附上引用来源。"
    ),
    cached=False,
    summary=lambda params: params.name,
)
async def answer(
    text: Annotated[str, Text("Text", "文本")],
    context: Context,
    params: AnswerParams,
    sources: Annotated[Chunks, Text("Sources", "来源")] = [],  # noqa: B006 (a port's default, never changed)
) -> None:
    """Put the text under its name into the outputs of the run, and the sources beside it."""
    return {params.name: text, **({"sources": sources} if sources else {})}  # type: ignore[return-value]
