"""SQL over the registered datasets, on the locked connection, and the catalogue as databases and tables."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.params import Params, SqlText, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["sql"])


class Statement(Params):
    sql: SqlText = param(..., Text("SQL", "SQL"), min_length=1)
    limit: int = param(1000, Text("Rows at most", "最多行数"), ge=1, le=100_000)


class Question(Params):
    question: str = param(..., Text("Question", "问题"), min_length=1)
    database: str | None = param(None, Text("Database", "数据库"))
    selected_tables: list[str] | None = param(None, Text("Datasets to ask", "要查询的数据集"))
    model: str | None = param(None, Text("Model", "模型"))


@router.post("/sql/execute", openapi_extra=described(Statement))
async def execute(request: Request, given: Statement = body(Statement)) -> Response:
    """Run one reading statement; it can reach registered data and nothing else, and can write nothing."""
    result = await engine_of(request).sql.query(given.sql, limit=given.limit)
    columns = [{"name": column.name, "type": column.type} for column in result.columns]
    rows = [list(row.values()) for row in result.table.to_pylist()]
    return success(
        {
            "columns": columns,
            "rows": rows,
            "row_count": len(rows),
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
