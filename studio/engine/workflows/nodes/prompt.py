"""A text with places to fill in."""

from __future__ import annotations

from typing import Any

from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import node
from studio.engine.workflows.templates import fill, variables


class PromptParams(Params):
    template: PromptText = param(
        "{{question}}", Text("Template", "模板"),
        help=Text("Each {{name}} is an input. Chunks and tables are written out as text.", "每个 {{名称}} 都是一个输入，片段和表格会写成文本。"),
    )  # fmt: skip


def prompt_ports(params: PromptParams) -> Ports:
    return Ports(inputs=[any_port(name) for name in variables(params.template)])


@node(
    title=Text("Prompt", "提示词"),
    category="generate",
    icon="text-quote",
    doc=Text("Fills a template with what comes in.", "用传入的内容填写模板。"),
    ports=prompt_ports,
    light=True,
    summary=lambda params: " ".join(params.template.split())[:120],
)
async def prompt(context: Context, params: PromptParams, /, **values: Any) -> str:
    """Fill the template. Templates cannot reach anything but their values, and stop at a size and a time limit."""
    return await fill(params.template, values)
