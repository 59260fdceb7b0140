"""Rules that rows have to keep."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from studio.engine.errors import Invalid
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.expressions import evaluate
from studio.engine.workflows.node import Json, Table, absent, node
from studio.engine.workflows.nodes.switch import read_cases
from studio.engine.workflows.values import rows_of, table_of

SHOWN = 20


class ValidateParams(Params):
    rules: list[str] = param(
        ["quantity: quantity > 0"],
        Text("Rules", "规则"),
        help=Text("One line each: name: condition over the columns.", "每行“名称: 关于各列的条件”。"),
        min_length=1,
    )


class Checked(NamedTuple):
    """The rows leave by `good` when all keep all rules, else by `bad`; `report` counts what broke each rule."""

    good: Annotated[Table, Text("All good", "全部合格")]
    bad: Annotated[Table, Text("Broken", "不合格")]
    report: Annotated[Json, Text("Report", "报告")]


@node(
    title=Text("Validate rows", "校验数据"),
    category="transform",
    icon="list-checks",
    doc=Text("Checks rows against rules and says which break them.", "按规则检查各行，并指出不合格的行。"),
    summary=lambda params: ", ".join(read_cases(params.rules)),
)
async def validate(rows: Table, context: Context, params: ValidateParams) -> Checked:
    """Judge every row by every rule. A rule that cannot be judged for a row counts as broken; the broken rows come as a table."""
    rules, given = read_cases(params.rules), rows_of(rows)
    broken = {name: [n for n, row in enumerate(given) if not _holds(rule, row)] for name, rule in rules.items()}
    numbers = sorted({number for found in broken.values() for number in found})
    report: dict[str, Any] = {
        "rows": len(given),
        "broken_rows": len(numbers),
        "rules": {name: len(found) for name, found in broken.items()},
    }
    report["examples"] = {name: found[:SHOWN] for name, found in broken.items() if found}
    whole = table_of(rows)
    if not numbers:
        return Checked(whole, absent, report)
    return Checked(absent, table_of([given[number] for number in numbers], list(whole.column_names)), report)


def _holds(rule: str, row: dict[str, object]) -> bool:
    try:
        return bool(evaluate(rule, row))
    except Invalid:
        return False
