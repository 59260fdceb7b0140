"""SQL over the registered datasets, on the locked connection, and the catalogue as databases and tables."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api import rows
from studio.api.envelope import body, described, engine_of, success
from studio.engine.datasets.encoders import ENCODERS, plain_values
from studio.engine.params import Params, SqlText, param
from studio.engine.text import Text

JSON_ROWS, MOST_JSON_ROWS = 1_000, 100_000
router = APIRouter(prefix="/api/v1", tags=["sql"])


class Statement(Params):
    sql: SqlText = param(..., Text("SQL", "SQL"), min_length=1)
    limit: int | None = param(
        None,
        Text("Rows at most", "最多行数"),
        help=Text(
            "1,000 as JSON, at most 100,000; all of them in another format.",
            "JSON 默认 1,000 行，最多 100,000 行；其他格式为全部。",
        ),
        ge=1,
    )
    format: str | None = param(
        None,
        Text("Format", "格式"),
        help=Text("arrow, parquet, csv or jsonl: rows are streamed.", "arrow、parquet、csv 或 jsonl：以流的形式返回。"),
    )


class Question(Params):
    question: str = param(..., Text("Question", "问题"), min_length=1)
    database: str | None = param(None, Text("Database", "数据库"))
    selected_tables: list[str] | None = param(None, Text("Datasets to ask", "要查询的数据集"))
    model: str | None = param(None, Text("Model", "模型"))


@router.post("/sql/execute", openapi_extra=described(Statement))
async def execute(request: Request, given: Statement = body(Statement)) -> Response:
    """Run one reading statement; it can reach registered data and nothing else, and can write nothing.

    With `format` (or Accept of an Arrow, Parquet, CSV or JSON Lines type) the rows are streamed, else they come as JSON.
    """
    sql, accepted = engine_of(request).sql, request.headers.get("accept", "")
    if given.format or any(encoder.media_type in accepted for encoder in ENCODERS.values()):
        encoder = rows.wanted(request, given.format)
        return await rows.answer(sql.batches(given.sql), None, encoder, "result", given.limit)
    result = await sql.query(given.sql, limit=min(given.limit or JSON_ROWS, MOST_JSON_ROWS))
    listed = await asyncio.to_thread(_listed, result.table)
    columns = [{"name": column.name, "type": column.type} for column in result.columns]
    return success(
        {
            "columns": columns,
            "rows": listed,
            "row_count": len(listed),
            "took": result.seconds,
            "truncated": result.truncated,
        }
    )


@router.post("/sql/validate", openapi_extra=described(Statement))
async def validate(request: Request, given: Statement = body(Statement)) -> Response:
    """Whether a statement would run, what is wrong and where, and its plan."""
    engine = engine_of(request)
    problems = await engine.sql.validate(given.sql)
    plan = None if problems else await engine.sql.explain(given.sql)
    return success({"valid": not problems, "problems": problems, "plan": plan})


@router.post("/sql/generate", openapi_extra=described(Question))
@router.post("/text2sql", openapi_extra=described(Question))
async def generate(request: Request, given: Question = body(Question)) -> Response:
    """A question as checked SQL, with how it was found; or a clear failure."""
    engine = engine_of(request)
    names = given.selected_tables or [dataset.name for dataset in await engine.datasets.list(status="active")]
    ids = [(await engine.datasets.get(name)).id for name in names]
    found = await engine.sql.ask(given.question, ids)
    return success({"sql": found.sql, "how": found.how, "tables_used": names, "filters": found.filters})


def _listed(table: Any) -> list[list[Any]]:
    """Rows as lists, in the order of the columns: two may have the same name."""
    return [list(row) for row in zip(*(plain_values(column) for column in table.columns), strict=True)]
