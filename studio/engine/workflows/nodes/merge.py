"""Branches that come together again."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import absent, node


class MergeParams(Params):
    way: Literal["first", "all"] = param(
        "first", Text("Hand on", "传递"),
        choices={"first": Text("The first that arrived", "首个到达的值"), "all": Text("All, as a list", "全部值组成的列表")},
    )  # fmt: skip
    groups: list[str] = param(
        [],
        Text("Groups", "分组"),
        help=Text(
            "Each has wires and an output of its own, side by side; empty is one group.",
            "每组有自己的连线和输出，互不影响；留空表示只有一组。",
        ),
    )


def merge_ports(params: MergeParams) -> Ports:
    names = [name for name in dict.fromkeys(params.groups) if name.strip()]
    if not names:
        branches = Port(name="values", type="any", title=Text("Branches", "分支"), many=True)
        return Ports(inputs=[branches], outputs=[Port(name="value", type="any", title=Text("Value", "值"))])
    return Ports(
        inputs=[any_port(name, many=True, optional=True) for name in names],
        outputs=[any_port(name) for name in names],
    )


@node(
    title=Text("Merge", "合并分支"),
    category="control",
    icon="merge",
    doc=Text(
        "Hands on the value of whichever branch was taken, or all of them; in groups, for each group by itself.",
        "传递被执行分支的值，或全部值；分组时每组各自合并。",
    ),
    cached=False,
    ports=merge_ports,
)
async def merge(context: Context, params: MergeParams, /, **values: list[Any]) -> None:
    """Hand on the first value that arrived, or all of them, in the order of the wires. A group into which nothing came hands
    nothing on, and what follows it is skipped."""
    named = merge_ports(params)
    ways = zip(named.inputs, named.outputs, strict=True)
    found = {way_out.name: values.get(way_in.name) or absent for way_in, way_out in ways}
    if params.way == "all":
        return found  # type: ignore[return-value]
    return {name: value[0] if isinstance(value, list) else value for name, value in found.items()}  # type: ignore[return-value]
