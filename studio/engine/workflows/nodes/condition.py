"""A fork: one way when a condition holds, the other when it does not."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.expressions import evaluate, names
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import Anything, absent, node


class ConditionParams(Params):
    expression: str = param(
        "len(value) > 0", Text("Condition", "条件"),
        help=Text("Such as len(value) >= 1 and score > 0.5. Each name is an input.", "例如 len(value) >= 1 and score > 0.5，每个名称都是一个输入。"),
    )  # fmt: skip


class Ways(NamedTuple):
    """The value goes out where the condition sends it; the other way stays empty and what follows it is skipped."""

    true: Annotated[Anything, Text("true", "是")]
    false: Annotated[Anything, Text("false", "否")]


def condition_ports(params: ConditionParams) -> Ports:
    more = [name for name in names(params.expression) if name != "value"]
    return Ports(inputs=[any_port(name) for name in more])


@node(
    title=Text("Condition", "条件"),
    category="control",
    icon="split",
    doc=Text("Sends a value one way or the other.", "按条件把值送往不同分支。"),
    cached=False,
    ports=condition_ports,
    summary=lambda params: params.expression,
)
async def condition(
    context: Context, params: ConditionParams, /, value: Annotated[Anything, Text("Value", "值")], **more: Any
) -> Ways:
    """Judge the expression, which can only compare, count and calculate; `Invalid` says what it may not do."""
    holds = bool(evaluate(params.expression, {"value": value, **more}))
    return Ways(value if holds else absent, absent if holds else value)
