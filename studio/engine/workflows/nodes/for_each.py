"""The steps in a frame, once for every item of a list; the answers are lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from studio.engine.errors import StudioError
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import Answer, go_through
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.spool import rows_in
from studio.engine.workflows.values import is_table

ITEM = Text("item {n}", "第 {n} 项")
LEFT_OUT = object()
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
    wanted = [any_port(name, many=True, optional=True) for name in params.results]
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
    table, body = is_table(items), context.frame
    given = rows_in(items) if table else items if isinstance(items, list) else [items]
    total = items.num_rows if table else len(given)  # type: ignore[arg-type]
    stands_in = None if params.on_item_error == "stop" else FAILED[params.on_item_error]
    lists: dict[str, list[Any]] = {name: [LEFT_OUT] * total for name in params.results}

    def keep(number: int, answer: Answer) -> None:
        if answer is not None:
            for name, values in lists.items():
                values[number] = answer.get(name)

    def work(number: int, item: Any) -> Awaitable[dict[str, Any]]:
        return body(number, {"item": item, "number": number})

    await go_through(given, total, work, stands_in, context, params.concurrency, ITEM, keep)
    found = {name: [value for value in values if value is not LEFT_OUT] for name, values in lists.items()}
    return {name: _flat(values) if params.flatten else values for name, values in found.items()}  # type: ignore[return-value]


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list) else [value])]
