"""A question about datasets: by a language model where there is a good one, else by matching words with values."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.reading import quoted
from studio.engine.errors import StudioError
from studio.engine.sql.linking import plain
from studio.engine.sql.plan import Plan, plan, time_column
from studio.engine.sql.query import Attempt, NotAnswered, QueryResult, Sqled, Written
from studio.engine.sql.times import RELATIVE
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.sql.service import Sql

log = logging.getLogger(__name__)
MOST_VALUES = 500  # distinct values up to which a text column's values are matched with words
SHOWN_VALUES = 12  # values of a column that a model is told
REPAIRS = 2  # chances to mend a query that did not run
NONE = re.compile(r"\W*none\W*", re.IGNORECASE)
FENCED = re.compile(r"```(?:sql)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
Values = dict[str, list[str]]
T = TypeVar("T")
PROMPT = """Write one DuckDB SELECT that answers the question. Use only these tables and exactly these values.
Ignore parts of the question that are not about the tables. Answer with the SQL alone, in a ```sql block.
If no part of the question can be answered from these tables, answer NONE.

{tables}

Question: {question}
"""


async def ask(
    sql: Sql, question: str, datasets: Sequence[Dataset], model: Callable[[str], Awaitable[str]] | None
) -> Sqled:
    """See `Sql.ask`."""
    usable, values = await _usable(sql, datasets)
    attempts: list[Attempt] = []

    async def run(written: str, wanted: list[str]) -> QueryResult:
        return await sql.query(written, datasets=wanted)

    if model is not None and usable:
        found = await _by_model(question, usable, values, model, attempts, run)
        if found is not None:
            return Sqled(found[0], "model", found[1], attempts=attempts)
    best = _by_matching(question, usable, values, attempts, await _newest(sql, question, usable))
    result = await run(best.sql, [best.dataset.id])
    return Sqled(best.sql, "matched", result, best.filters, best.rows_sql, best.where, best.dataset.id, attempts)


async def write(
    sql: Sql, question: str, datasets: Sequence[Dataset], model: Callable[[str], Awaitable[str]] | None
) -> Written:
    """See `Sql.write`."""
    usable, values = await _usable(sql, datasets)
    attempts: list[Attempt] = []
    if model is not None and usable:
        found = await _by_model(question, usable, values, model, attempts, sql.prove)
        if found is not None:
            return Written(found[0], "model", attempts)
    try:
        best = _by_matching(question, usable, values, attempts, await _newest(sql, question, usable))
    except NotAnswered as error:
        last = attempts[-1].sql if attempts else ""
        return Written(last, "none", [*attempts, Attempt(sql="", error=error.whole())])
    await sql.prove(best.sql, [best.dataset.id])
    return Written(best.sql, "matched", attempts)


async def _usable(sql: Sql, datasets: Sequence[Dataset]) -> tuple[list[Dataset], dict[str, Values]]:
    values = {dataset.id: await known_values(sql, dataset) for dataset in datasets if dataset.columns}
    return [dataset for dataset in datasets if dataset.id in values], values


async def known_values(sql: Sql, dataset: Dataset) -> Values:
    """The distinct values of text columns that have few of them; nothing for a dataset that cannot be read."""
    names = [column.name for column in dataset.columns if column.type in ("string", "dict", "large_string")]
    found: Values = {}
    for name in names:
        query = f"SELECT DISTINCT {quoted(name)}::VARCHAR FROM {quoted(dataset.id)} WHERE {quoted(name)} IS NOT NULL"
        try:
            result = await sql.query(
                f"{query} LIMIT {MOST_VALUES + 1}", datasets=[dataset.id], remember=False, limit=MOST_VALUES + 1
            )
        except StudioError as error:
            log.info("the values of %s in %s cannot be read: %s", name, dataset.name, error)
            return {}
        if result.table.num_rows <= MOST_VALUES:
            found[name] = sorted(result.table.column(0).to_pylist())
    return found


async def _newest(sql: Sql, question: str, datasets: Sequence[Dataset]) -> dict[str, date]:
    """The last day in each dataset, where the question is about the last days."""
    found: dict[str, date] = {}
    for dataset in datasets if RELATIVE.search(plain(question)) else ():
        if (column := time_column(dataset)) is not None:
            query = f"SELECT max({quoted(column.name)})::DATE FROM {quoted(dataset.id)}"
            result = await sql.query(query, datasets=[dataset.id], remember=False)
            if (last := result.table.column(0)[0].as_py()) is not None:
                found[dataset.id] = last
    return found


def _by_matching(
    question: str,
    datasets: Sequence[Dataset],
    values: dict[str, Values],
    attempts: list[Attempt],
    newest: dict[str, date],
) -> Plan:
    plans = [found for each in datasets if (found := plan(question, each, values[each.id], newest.get(each.id)))]
    if not plans:
        raise _not_understood(datasets, attempts)
    return max(plans, key=lambda each: each.score)


async def _by_model(
    question: str,
    datasets: Sequence[Dataset],
    values: dict[str, Values],
    model: Callable[[str], Awaitable[str]],
    attempts: list[Attempt],
    run: Callable[[str, list[str]], Awaitable[T]],
) -> tuple[str, T] | None:
    """The model's query and what `run` makes of it; None when it says that there is none, fails itself, or none of its queries
    runs."""
    tables = "\n\n".join(describe(dataset, values[dataset.id]) for dataset in datasets)
    prompt = PROMPT.format(tables=tables, question=question)
    wanted = [dataset.id for dataset in datasets]
    asked = prompt
    for _ in range(1 + REPAIRS):
        try:
            written = _sql_in(await model(asked))
        except StudioError as error:
            log.info("the model wrote no query: %s", error)
            return None
        if not written or NONE.fullmatch(written):
            return None
        try:
            return written, await run(written, wanted)
        except StudioError as error:
            log.info("the model's SQL was not usable: %s", error)
            attempts.append(Attempt(sql=written, error=error.message))
            asked = f"{prompt}\n{_tried(attempts)}\nWrite it correctly."
    return None


def _tried(attempts: Sequence[Attempt]) -> str:
    return "\n".join(f"This attempt failed:\n```sql\n{each.sql}\n```\nError: {each.error.en}" for each in attempts)


def describe(dataset: Dataset, values: Values) -> str:
    """A table as a model is told of it: columns, types, some values."""
    lines = [f"Table {quoted(dataset.name)}: {dataset.description}".rstrip(": ")]
    for column in dataset.columns:
        known = values.get(column.name, [])[:SHOWN_VALUES]
        samples = f" values such as {', '.join(repr(value) for value in known)}" if known else ""
        lines.append(f"  {quoted(column.name)} {column.type}{samples}")
    return "\n".join(lines)


def _sql_in(answer: str) -> str:
    fenced = FENCED.search(answer)
    return (fenced[1] if fenced else answer).strip().rstrip(";")


def _not_understood(datasets: Sequence[Dataset], attempts: list[Attempt]) -> NotAnswered:
    names = ", ".join(dataset.name for dataset in datasets) or "–"
    return NotAnswered(
        Text(f"No figure in {names} answers this question.", f"在 {names} 中找不到能回答该问题的数据。"),
        Text(
            "Ask for a count, a sum or an average, and name values as they stand in the table.",
            "请询问数量、合计或平均值，并使用表中出现的取值。",
        ),
        attempts,
    )
