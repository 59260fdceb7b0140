"""What comes of running several statements at once."""

from __future__ import annotations

from dataclasses import dataclass

from studio.engine.datasets.locked import SqlProblem
from studio.engine.errors import StudioError
from studio.engine.sql.plan_tree import Plan
from studio.engine.sql.query import QueryResult
from studio.engine.sql.statements import Statement
from studio.engine.text import Text


@dataclass(frozen=True)
class Outcome:
    """What one statement of `of` brought: rows, a plan or an error. `number` counts from 0."""

    statement: Statement
    number: int
    of: int
    result: QueryResult | None = None
    plan: Plan | None = None
    error: StudioError | None = None


def in_text(error: StudioError, statement: Statement) -> StudioError:
    """The error of a statement with its place in the whole text; what is refused is marked where it begins."""
    if not isinstance(error, SqlProblem) or not error.line:
        return error
    column = error.column + (statement.column if error.line == 1 else 0)
    return SqlProblem(error.message, error.repair, line=error.line + statement.line, column=column)


def no_query() -> SqlProblem:
    return SqlProblem(Text("There is no query here.", "这里没有查询语句。"))
