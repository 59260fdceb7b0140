"""Two tables side by side, by the columns that they share."""

from __future__ import annotations

from typing import Annotated, Literal

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.nodes.aggregate import quoted
from studio.engine.workflows.values import table_of


class JoinParams(Params):
    on: list[str] = param(["id"], Text("Columns that match", "匹配列"), min_length=1)
    kind: Literal["inner", "left", "full", "anti"] = param(
        "inner", Text("Keep", "保留"),
        choices={
            "inner": Text("Rows with a partner", "有匹配的行"), "left": Text("All rows of the left", "左表全部行"),
            "full": Text("All rows of both", "两表全部行"), "anti": Text("Rows of the left without a partner", "左表无匹配的行"),
        },
    )  # fmt: skip


@node(
    title=Text("Join", "连接表"),
    category="transform",
    icon="combine",
    doc=Text("Puts the rows of two tables together where columns match.", "按匹配列合并两张表的行。"),
    summary=lambda params: f"{params.kind} on {', '.join(params.on)}",
)
async def join(
    left: Annotated[Table, Text("Left", "左表")],
    right: Annotated[Table, Text("Right", "右表")],
    context: Context,
    params: JoinParams,
) -> Table:
    """Join; a column of both that is not matched is named name_right in the answer. `Invalid` names a column that is missing."""
    tables = {"l": table_of(left), "r": table_of(right)}
    for side, table in tables.items():
        missing = [name for name in params.on if name not in table.column_names]
        if missing:
            where = Text("left", "左表") if side == "l" else Text("right", "右表")
            raise Invalid(
                Text(f"The {where.en} table has no column “{missing[0]}”.", f"{where.zh}没有列“{missing[0]}”。")
            )
    matched = " AND ".join(f"l.{quoted(name)} = r.{quoted(name)}" for name in params.on)
    keys = [f"coalesce(l.{quoted(n)}, r.{quoted(n)}) AS {quoted(n)}" for n in params.on]
    ours = [f"l.{quoted(n)}" for n in tables["l"].column_names if n not in params.on]
    theirs = [
        f"r.{quoted(n)} AS {quoted(n + '_right' if n in tables['l'].column_names else n)}"
        for n in tables["r"].column_names
        if n not in params.on
    ]
    columns = ["l.*"] if params.kind == "anti" else [*keys, *ours, *theirs]
    statement = f"SELECT {', '.join(columns)} FROM l {params.kind.upper()} JOIN r ON {matched} ORDER BY ALL"
    return (await context.sql.query_tables(statement, tables, limit=10_000_000)).table
