"""Each row once."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.values import as_words, rows_of, table_of


class DedupeParams(Params):
    by: list[str] = param([], Text("Same in", "依据列"), help=Text("Empty means all columns.", "留空表示全部列。"))
    keep: Literal["first", "last"] = param(
        "first",
        Text("Keep", "保留"),
        choices={"first": Text("The first", "第一行"), "last": Text("The last", "最后一行")},
    )


@node(
    title=Text("Remove duplicates", "去重"),
    category="transform",
    icon="copy-check",
    doc=Text("Keeps one row of those that are the same.", "相同的行只保留一行。"),
    summary=lambda params: ", ".join(params.by),
)
async def dedupe(rows: Table, context: Context, params: DedupeParams) -> Table:
    """Keep the first or last of equal rows, in the order of the rows. `Invalid` names a column that is not there."""
    given = rows_of(rows)
    columns = list(given[0]) if given else []
    missing = [name for name in params.by if given and name not in columns]
    if missing:
        raise Invalid(Text(f"There is no column “{missing[0]}”.", f"没有列“{missing[0]}”。"))
    chosen: dict[str, dict[str, Any]] = {}
    for row in given:
        key = as_words([row[name] for name in (params.by or columns)])
        if params.keep == "last":
            chosen.pop(key, None)
        chosen.setdefault(key, row)
    return table_of(list(chosen.values()), list(rows.column_names) if hasattr(rows, "column_names") else columns)
