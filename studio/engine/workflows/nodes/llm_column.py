"""A new column, written by a model row by row."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import complete
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node
from studio.engine.workflows.nodes.structured import model_state
from studio.engine.workflows.spool import each_row
from studio.engine.workflows.templates import fill
from studio.engine.workflows.values import table_of

Row = dict[str, Any]


class LlmColumnParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    prompt: PromptText = param(
        "Translate into English: {{text}}",
        Text("Prompt", "提示词"),
        help=Text("Each {{column}} is filled in.", "每个 {{列名}} 都会填入。"),
    )
    column: str = param("answer", Text("New column", "新列"), min_length=1)
    sample: int = param(0, Text("Only the first rows", "仅前几行"), ge=0, help=Text("0 takes all.", "0 表示全部。"))
    concurrency: int = param(4, Text("Rows in parallel", "并行行数"), ge=1, le=64)
    on_row_error: Literal["stop", "keep"] = param(
        "keep", Text("If a row fails", "某行失败时"),
        choices={"stop": Text("Stop the run", "停止运行"), "keep": Text("Keep the row with its error", "保留该行并附上错误")},
    )  # fmt: skip
    max_tokens: int = param(200, Text("Max new tokens", "最多生成词元"), ge=1, le=8_192)


@node(
    title=Text("LLM column", "大模型列"),
    category="generate",
    icon="table-columns-split",
    doc=Text("Adds a column that a model writes for each row.", "由模型为每一行写出新的一列。"),
    fingerprint=model_state,
    summary=lambda params: " ".join(params.prompt.split())[:120],
)
async def llm_column(rows: Annotated[Table, Text("Rows", "行")], context: Context, params: LlmColumnParams) -> Table:
    """Fill the prompt with each row and ask; rows keep their order. Failed rows have the reason in the column `error`.
    A row that was answered before a crash is not asked for again."""
    given = await asyncio.to_thread(table_of, rows)
    given = given.slice(0, params.sample) if params.sample else given

    async def written(number: int, row: Row) -> Row:
        async def ask(here: Context) -> Row:
            asked = [{"role": "user", "content": await fill(params.prompt, row)}]
            said, _ = await complete(here, params.model, asked, temperature=0.0, max_tokens=params.max_tokens)
            return {params.column: said.strip()}

        return await context.item(number, ask)

    stands_in = (
        None if params.on_row_error == "stop" else lambda error: {params.column: None, "error": error.message.en}
    )
    return await each_row(given, written, stands_in, context, params.concurrency, [params.column])
