"""The steps in a frame again and again, until a condition holds."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import Unavailable
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.expressions import evaluate
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import node


class LoopParams(Params):
    variables: list[str] = param(
        ["value"],
        Text("Variables", "变量"),
        help=Text("Each goes in, round, and out again.", "每个变量传入、循环并传出。"),
        min_length=1,
    )
    until: str = param(
        "number >= 3",
        Text("Until", "直到"),
        help=Text("Over the variables and “number”, which counts from 1.", "可使用各变量以及从 1 开始的 number。"),
    )
    passes: int = param(100, Text("Passes at most", "最多循环次数"), ge=1, le=100_000)


def loop_ports(params: LoopParams) -> Ports:
    def ports(**more: bool) -> list[Port]:
        return [any_port(name, **more) for name in params.variables]

    number = Port(name="number", type="number", title=Text("Pass", "次数"))
    return Ports(
        inputs=ports(optional=True),
        outputs=[*ports(), number],
        inner_outputs=[*ports(), number],
        inner_inputs=ports(optional=True, many=True),
    )


@node(
    title=Text("Loop", "循环"),
    category="control",
    icon="refresh-cw",
    doc=Text("Runs the steps inside the frame until a condition holds.", "重复运行框内的节点，直到条件成立。"),
    cached=False,
    frame=True,
    ports=loop_ports,
    summary=lambda params: params.until,
)
async def loop(context: Context, params: LoopParams, /, **values: Any) -> None:
    """Go round until the condition holds. A variable that the steps inside do not set keeps its value; a pass that was
    recorded before a crash is not run again. `Unavailable` when the passes are used up."""
    assert context.body is not None
    state = {name: values.get(name) for name in params.variables}
    for number in range(1, params.passes + 1):
        found = await context.body(number - 1, {**state, "number": number})
        state |= {name: value for name, value in found.items() if value is not None}
        context.progress(number, params.passes)
        if evaluate(params.until, {**state, "number": number}):
            return {**state, "number": number}  # type: ignore[return-value]
    raise Unavailable(
        Text(f"The loop went round {params.passes} times without an end.", f"循环了 {params.passes} 次仍未结束。"),
        Text("Raise the limit of passes, or mend the condition.", "请提高最多循环次数，或修改条件。"),
    )
