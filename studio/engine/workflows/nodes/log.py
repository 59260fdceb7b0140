"""A line for the run's log."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import Params, PromptLine, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.templates import fill


class LogParams(Params):
    template: PromptLine = param("{{value}}", Text("Line", "内容"))


@node(
    title=Text("Log", "日志"),
    category="control",
    icon="scroll-text",
    doc=Text("Writes a line into the run's log and hands the value on.", "在运行日志中写一行，并传递值。"),
    cached=False,
    summary=lambda params: params.template,
)
async def log(value: Annotated[Any, Text("Value", "值")], context: Context, params: LogParams) -> Anything:
    """Fill the line with the value, log its first thousand characters, and hand the value on."""
    context.log((await fill(params.template, {"value": value}))[:1_000])
    return value
