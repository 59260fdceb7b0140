"""What a run gives back, by name."""

from __future__ import annotations

from typing import Any

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import node


class OutputParams(Params):
    names: list[str] = param(
        ["result"],
        Text("Outputs", "输出"),
        help=Text("Each name is an input of this step.", "每个名称都是此节点的一个输入。"),
        min_length=1,
    )


def output_ports(params: OutputParams) -> Ports:
    return Ports(inputs=[any_port(name, optional=len(params.names) > 1) for name in params.names])


@node(
    title=Text("Output", "输出"),
    category="output",
    icon="log-out",
    doc=Text("Gives values back as the outputs of the run.", "把值作为运行的输出返回。"),
    cached=False,
    ports=output_ports,
    summary=lambda params: ", ".join(params.names),
)
async def output(context: Context, params: OutputParams, /, **values: Any) -> None:
    """Put each value under its name into the outputs of the run."""
    return dict(values)  # type: ignore[return-value]
