"""A question to a dataset, in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple

from studio.engine.params import DatasetRef, ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node


class AskDataParams(Params):
    dataset: DatasetRef = param(..., Text("Dataset", "数据集"))
    model: ModelRef = param(
        "", Text("Model", "模型"),
        help=Text("Empty matches the words with columns and values, without a model.", "留空则不用模型，直接匹配列名与取值。"),
    )  # fmt: skip


class Asked(NamedTuple):
    """The rows, and how they were found: `how` is "model" where a model wrote the SQL, "matched" where words matched values."""

    table: Annotated[Table, Text("Table", "表格")]
    sql: Annotated[str, Text.same("SQL")]
    how: Annotated[str, Text("How", "方式")]


async def _state(context: Context, params: AskDataParams) -> str:
    found = await context.datasets.get(params.dataset)
    return f"{found.id}@{found.version}:{found.updated_at}"


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
    """Answer a question with rows of one dataset; the SQL that did it comes along."""
    found = await context.datasets.get(params.dataset)
    asked = await context.sql.ask(question, [found.id], model=await _writer(context, params.model))
    context.log(asked.sql)
    return Asked(asked.result.table, asked.sql, asked.how)


async def _writer(context: Context, name: str) -> Callable[[str], Awaitable[str]] | None:
    """What completes a prompt for SQL. The tiny demo model cannot write SQL, so words are matched there."""
    if not name or (await context.models.get(name)).demo:
        return None

    async def write(prompt: str) -> str:
        pieces = context.models.chat(name, [{"role": "user", "content": prompt}], temperature=0.0, max_tokens=512)
        return "".join([piece.text async for piece in pieces])

    return write
