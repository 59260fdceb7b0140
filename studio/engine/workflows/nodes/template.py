"""A text, or an object, of what comes in: Jinja in its sandbox, without a model."""

from __future__ import annotations

import json
from typing import Any, Literal

from studio.engine.errors import BadParameter
from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import node
from studio.engine.workflows.templates import fill, variables

TITLES = {"text": Text("Text", "文本"), "json": Text.same("JSON")}


class TemplateParams(Params):
    template: PromptText = param(
        "{{value}}", Text("Template", "模板"),
        help=Text("Each {{name}} is an input; loops, conditions and filters work.", "每个 {{名称}} 都是一个输入，支持循环、条件和过滤器。"),
    )  # fmt: skip
    result: Literal["text", "json"] = param(
        "text", Text("Result", "结果"),
        choices=TITLES, help=Text("JSON is read back into an object.", "JSON 会解析为对象。"),
    )  # fmt: skip


def template_ports(params: TemplateParams) -> Ports:
    kind = params.result if params.result in TITLES else "text"
    inputs = [any_port(name) for name in variables(params.template)]
    return Ports(inputs=inputs, outputs=[Port(name=kind, type=kind, title=TITLES[kind])])


@node(
    title=Text("Template", "模板"),
    category="transform",
    icon="file-braces",
    doc=Text("Makes a text or an object of what comes in, by a template.", "按模板把传入的内容生成文本或对象。"),
    ports=template_ports,
    light=True,
    summary=lambda params: " ".join(params.template.split())[:120],
)
async def template(context: Context, params: TemplateParams, /, **values: Any) -> None:
    """Fill the template. It reaches nothing but its values, and stops at a size and a time limit. `BadParameter` shows where
    a result is no JSON; `tojson` writes a value so that it is."""
    text = await fill(params.template, values)
    return {params.result: text if params.result == "text" else _read(text)}  # type: ignore[return-value]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadParameter(
            Text(f"The template gave no JSON: {error}.", f"模板的结果不是 JSON：{error}。"),
            Text("Write values with the filter tojson.", "请用 tojson 过滤器写入值。"),
            details=text[:2_000],
        ) from error
