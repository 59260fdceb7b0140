"""The steps in a frame, once for every item of a list; the answers are lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from studio.engine.errors import StudioError
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import Answer, each
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.values import is_table, rows_of

FAILED: dict[str, Callable[[StudioError], Answer]] = {"skip": lambda _: None, "empty": lambda _: {}}


class ForEachParams(Params):
    results: list[str] = param(
        ["result"],
        Text("Results", "结果"),
        help=Text("Each becomes a list.", "每个结果都会成为一个列表。"),
        min_length=1,
    )
    concurrency: int = param(4, Text("Items in parallel", "并行数"), ge=1, le=256)
    on_item_error: Literal["stop", "skip", "empty"] = param(
        "stop", Text("If an item fails", "某项失败时"),
        choices={"stop": Text("Stop the run", "停止运行"), "skip": Text("Leave it out", "略过"), "empty": Text("Put nothing in its place", "以空值代替")},
    )  # fmt: skip
    flatten: bool = param(
        False,
        Text("Join lists of lists", "合并嵌套列表"),
        help=Text("Answers that are lists become one.", "列表结果合并为一个列表。"),
    )


def for_each_ports(params: ForEachParams) -> Ports:
    inner = [
        Port(name="item", type="any", title=Text("Item", "项")),
        Port(name="number", type="number", title=Text("Number", "序号")),
    ]
    wanted = [Port(name=name, type="any", title=Text.same(name), many=True, optional=True) for name in params.results]
    outputs = [Port(name=name, type="json", title=Text.same(name)) for name in params.results]
    return Ports(inner_outputs=inner, inner_inputs=wanted, outputs=outputs)


@node(
    title=Text("For each", "逐项处理"),
    category="control",
    icon="repeat-2",
    doc=Text("Runs the steps inside the frame once for every item of a list.", "对列表的每一项运行一次框内的节点。"),
    cached=False,
    frame=True,
    ports=for_each_ports,
    summary=lambda params: ", ".join(params.results),
)
async def for_each(
    context: Context, params: ForEachParams, /, items: Annotated[Anything, Text("Items", "列表")]
) -> None:
    """Run the body for every item, `concurrency` at a time; the lists keep the order of the items. A single value is a
    list of one."""
    given = rows_of(items) if is_table(items) else items if isinstance(items, list) else [items]
    stands_in = None if params.on_item_error == "stop" else FAILED[params.on_item_error]
    done = await each(
        given, lambda number, item: {"item": item, "number": number}, stands_in, context, params.concurrency, "item"
    )
    found = {name: [answer.get(name) for answer in done if answer is not None] for name in params.results}
    return {name: _flat(values) if params.flatten else values for name, values in found.items()}  # type: ignore[return-value]


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list) else [value])]
