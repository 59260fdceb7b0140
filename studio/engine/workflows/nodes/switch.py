"""A fork with several ways: the first case that holds is taken."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.expressions import evaluate, names
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import Anything, absent, node


class SwitchParams(Params):
    cases: list[str] = param(
        ["high: value > 10", "low: value <= 10"],
        Text("Cases", "分支"),
        help=Text(
            "One line each: name: condition. What fits none leaves by “else”.",
            "每行“名称: 条件”，都不符合时从“else”输出。",
        ),
        min_length=1,
    )


def read_cases(cases: list[str]) -> dict[str, str]:
    """The conditions by name, in order."""
    pairs = [case.partition(":") for case in cases]
    return {name.strip() or f"case_{n}": condition.strip() for n, (name, _, condition) in enumerate(pairs, 1)}


def switch_ports(params: SwitchParams) -> Ports:
    cases = read_cases(params.cases)
    wanted = dict.fromkeys(name for condition in cases.values() for name in names(condition) if name != "value")
    return Ports(
        inputs=[any_port(name) for name in wanted],
        outputs=[any_port(name) for name in dict.fromkeys([*cases, "else"])],
    )


@node(
    title=Text("Switch", "多路分支"),
    category="control",
    icon="git-fork",
    doc=Text("Sends a value the way of the first case that holds.", "把值送往第一个成立的分支。"),
    cached=False,
    ports=switch_ports,
    summary=lambda params: ", ".join(read_cases(params.cases)),
)
async def switch(
    context: Context, params: SwitchParams, /, value: Annotated[Anything, Text("Value", "值")], **more: Any
) -> None:
    """Judge the cases in order; the other ways stay empty and what follows them is skipped."""
    cases = read_cases(params.cases)
    taken = next((n for n, condition in cases.items() if evaluate(condition, {"value": value, **more})), "else")
    return {name: value if name == taken else absent for name in dict.fromkeys([*cases, "else"])}  # type: ignore[return-value]
