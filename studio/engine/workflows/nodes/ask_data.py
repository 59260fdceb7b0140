"""A question to a dataset, in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from studio.engine.params import DatasetRef, ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, Table, absent, node

if TYPE_CHECKING:
    from studio.engine.sql.query import Attempt


class AskDataParams(Params):
    dataset: DatasetRef = param(..., Text("Dataset", "数据集"))
    more: list[str] = param(
        [], Text("Further datasets", "其他数据集"), help=Text("By name or id; the query may join them.", "按名称或标识，查询可以连接它们。"), advanced=True
    )  # fmt: skip
    dry_run: bool = param(
        False, Text("Only write the SQL", "只生成 SQL"),
        help=Text("It is checked and not run; no rows go out.", "只检查、不运行，不输出数据行。"),
    )  # fmt: skip
    limit: int = param(10_000, Text("Rows at most", "最多行数"), ge=1, le=10_000_000, advanced=True)
    model: ModelRef = param(
        "", Text("Model", "模型"),
        help=Text("Empty matches the words with columns and values, without a model.", "留空则不用模型，直接匹配列名与取值。"),
    )  # fmt: skip


class Asked(NamedTuple):
    """The rows, and how they were found: `how` is "model" where a model wrote the SQL, "matched" where words matched values, "none"
    where a dry run found no SQL that holds."""

    table: Annotated[Table, Text("Table", "表格")]
    sql: Annotated[str, Text.same("SQL")]
    how: Annotated[str, Text("How", "方式")]
    problems: Annotated[Json, Text("Problems", "问题")]


async def _state(context: Context, params: AskDataParams) -> str:
    found = [await context.datasets.get(name) for name in (params.dataset, *params.more)]
    return " ".join(f"{one.id}@{one.version}:{one.updated_at}" for one in found)


@node(
    title=Text("Ask data", "数据问答"),
    category="retrieve",
    icon="message-circle-question-mark",
    doc=Text(
        "Turns a question into SQL, runs it on the locked connection and gives the rows.",
        "把问题转成 SQL，在受限连接上运行并返回结果行。",
    ),
    fingerprint=_state,
    summary=lambda params: params.dataset,
)
async def ask_data(
    question: Annotated[str, Text("Question", "问题")], context: Context, params: AskDataParams
) -> Asked:
    """Answer a question with rows of these datasets and no others; the SQL that did it comes along, and `problems` are the
    attempts before it. `NotFound` names a dataset that is not there."""
    found = list(dict.fromkeys([(await context.datasets.get(name)).id for name in (params.dataset, *params.more)]))
    model = await _writer(context, params.model)
    if params.dry_run:
        written = await context.sql.write(question, found, model=model)
        context.log(written.sql)
        return Asked(absent, written.sql, written.how, _problems(written.attempts))
    asked = await context.sql.ask(question, found, model=model)
    context.log(asked.sql)
    rows = asked.result.table
    if rows.num_rows > params.limit or asked.result.truncated:
        count = min(rows.num_rows, params.limit)
        context.log(
            Text(f"there are more rows than the {count:,} that are handed on", f"数据行多于传出的 {count:,} 行")
        )
    return Asked(rows.slice(0, params.limit), asked.sql, asked.how, _problems(asked.attempts))


def _problems(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    return [{"sql": each.sql, "message": each.error.as_dict()} for each in attempts]


async def _writer(context: Context, name: str) -> Callable[[str], Awaitable[str]] | None:
    """What completes a prompt for SQL. The tiny demo model cannot write SQL, so words are matched there."""
    if not name or (await context.models.get(name)).demo:
        return None

    async def write(prompt: str) -> str:
        pieces = context.models.chat(name, [{"role": "user", "content": prompt}], temperature=0.0, max_tokens=512)
        return "".join([piece.text async for piece in pieces])

    return write
