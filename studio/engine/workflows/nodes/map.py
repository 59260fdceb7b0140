"""The steps in a frame, once for every row of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from studio.engine.errors import StudioError
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import Answer
from studio.engine.workflows.graph import Port, Ports, any_port
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.spool import each_row

FAILED: dict[str, Callable[[StudioError], Answer]] = {
    "skip": lambda _: None,
    "keep": lambda error: {"error": error.message.en},
}


class MapParams(Params):
    fields: list[str] = param(
        [], Text("Row fields", "行字段"), help=Text("Columns that the steps inside can take.", "框内节点可以使用的列。")
    )
    results: list[str] = param(
        ["result"],
        Text("Result columns", "结果列"),
        help=Text("What the steps inside give back for each row.", "框内节点为每行返回的内容。"),
    )
    concurrency: int = param(4, Text("Rows in parallel", "并行行数"), ge=1, le=256)
    on_row_error: Literal["stop", "skip", "keep"] = param(
        "keep", Text("If a row fails", "某行失败时"),
        choices={"stop": Text("Stop the run", "停止运行"), "skip": Text("Leave the row out", "略过该行"), "keep": Text("Keep the row with its error", "保留该行并附上错误")},
    )  # fmt: skip


def map_ports(params: MapParams) -> Ports:
    inner = [Port(name="row", type="json", title=Text("Row", "行"))]
    inner += [any_port(name) for name in params.fields if name != "row"]
    results = [any_port(name, many=True, optional=True) for name in params.results]
    return Ports(inner_outputs=inner, inner_inputs=results)


@node(
    name="map",
    title=Text("Map over rows", "逐行处理"),
    category="transform",
    icon="repeat",
    doc=Text("Runs the steps inside the frame once for every row.", "对每一行运行一次框内的节点。"),
    cached=False,
    frame=True,
    ports=map_ports,
    summary=lambda params: ", ".join(params.results),
)
async def map_rows(rows: Annotated[Table, Text("Rows", "行")], context: Context, params: MapParams) -> Table:
    """Run the body for every row, `concurrency` at a time, in any order; the answer keeps the order of the rows.

    A row that was recorded before a crash is not run again. The answers go to disk, so any number of rows will do; columns
    that the steps inside do not set stay as they are. With "keep", a failed row has its reason in the column `error`.
    """
    stands_in = None if params.on_row_error == "stop" else FAILED[params.on_row_error]
    return await each_row(rows, context.frame, stands_in, context, params.concurrency, params.results)
