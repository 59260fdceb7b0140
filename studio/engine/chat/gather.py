"""Before a word is written: what documents and datasets say about a question."""

from __future__ import annotations

import re
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from studio.engine.chat.fact import chinese_fact, fact, is_chinese
from studio.engine.chat.message import Source, Step
from studio.engine.errors import BadParameter, Invalid, StudioError
from studio.engine.sql.query import Attempt, NotAnswered
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.document import Found
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models
    from studio.engine.sql.query import QueryResult, Sqled
    from studio.engine.sql.service import Sql

CHUNKS = 4
FAR = 0.2  # the cosine below which a chunk has nothing to do with the question, as measured on the sample
ROWS_SHOWN = 20
SQL_TOKENS = 400
ENDS = (".", "!", "?", "。", "！", "？", "；", ";")
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]")
HEADING_REACH = 240  # characters


@dataclass
class Evidence:
    """Sources with their numbers, and the steps that found them."""

    sources: list[Source] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def next_number(self) -> int:
        return len(self.sources) + 1

    def add(self, step: Step) -> Step:
        self.steps.append(step)
        return step

    def replace_or_add(self, step: Step) -> None:
        """A step that is known better now takes the place of the last one, where that is the same work."""
        if self.steps and (self.steps[-1].title, self.steps[-1].kind) == (step.title, step.kind):
            self.steps.pop()
        self.steps.append(step)


class Gatherer:
    """Searches the chosen collections and queries the chosen datasets. What cannot be read becomes a step that says so."""

    def __init__(self, knowledge: Knowledge, datasets: Datasets, sql: Sql, models: Models) -> None:
        self._knowledge = knowledge
        self._datasets = datasets
        self._sql = sql
        self._models = models

    async def search(self, question: str, collections: list[str], evidence: Evidence, limit: int | None = None) -> Step:
        """Add the chunks that answer best as sources, each chunk once."""
        began = time.monotonic()
        try:
            names = ", ".join([(await self._knowledge.collection(name)).name for name in collections])
            most = limit or CHUNKS
            found = [item for item in await self._knowledge.search(question, collections, most) if _near(item)]
        except StudioError as error:
            return evidence.add(_failed("search", Text("The search failed", "检索失败"), error))
        first = evidence.next_number()
        there = {(source.document_id, source.page, source.start) for source in evidence.sources}
        pages = [page for page in (_page(item, 0) for item in found) if _place(page) not in there]
        evidence.sources += [page.model_copy(update={"number": first + at}) for at, page in enumerate(pages)]
        documents = len({item.document.id for item in found})
        detail = Text(
            f"{plural(len(found), 'chunk', 'chunks')} from {plural(documents, 'document', 'documents')}",
            f"{documents} 个文档中的 {len(found)} 个片段",
        )
        title = Text(f"Searched {names}", f"检索了 {names}")
        return evidence.add(Step(kind="search", title=title, detail=detail, seconds=time.monotonic() - began))

    async def query(self, question: str, datasets: list[str], model: Model | None, evidence: Evidence) -> Step | None:
        """Add the rows that answer the question. What no query answers becomes a step that says so, with what was tried.

        A model that is no demo writes the SQL; without one, words are matched with values. None without a usable dataset.
        """
        began = time.monotonic()
        try:
            known = [await self._datasets.get(name) for name in datasets]
            ask = self._completing(model) if model is not None and not model.demo else None
            found = await self._sql.ask(question, [dataset.id for dataset in known], ask)
        except NotAnswered as error:
            return evidence.add(_not_answered(known, error, time.monotonic() - began))
        except (Invalid, BadParameter):
            return None
        except StudioError as error:
            return evidence.add(_failed("query", Text("The query failed", "查询失败"), error))
        dataset = _asked(known, found)
        rows = [_plain_row(row) for row in found.result.table.slice(0, ROWS_SHOWN).to_pylist()]
        said = (chinese_fact if is_chinese(question) else fact)(dataset.name, found.filters, rows)
        evidence.sources.append(_rows(dataset, found, rows, said, evidence.next_number()))
        step = _query_step(dataset, found.sql, found.result, rows, time.monotonic() - began)
        return evidence.add(step.model_copy(update={"attempts": found.attempts}))

    async def run_sql(self, sql: str, datasets: list[str], evidence: Evidence) -> Step:
        """Run a query that a model wrote as a tool call; its rows become a source. One that does not run is said."""
        began = time.monotonic()
        try:
            known = [await self._datasets.get(name) for name in datasets] or await self._datasets.list()
            result = await self._sql.query(sql, datasets=[dataset.id for dataset in known])
        except StudioError as error:
            failed = _failed("query", Text("The query did not run", "查询未能运行"), error)
            return evidence.add(failed.model_copy(update={"attempts": [Attempt(sql=sql, error=error.message)]}))
        dataset = _named(known, sql)
        rows = [_plain_row(row) for row in result.table.slice(0, ROWS_SHOWN).to_pylist()]
        said = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows[:8])
        source = _rows_of(dataset, sql, "", rows, result.table.num_rows, said, evidence.next_number())
        evidence.sources.append(source)
        return evidence.add(_query_step(dataset, sql, result, rows, time.monotonic() - began))

    async def run_again(self, step: Step, sql: str) -> Step:
        """The same card with another query and what it finds. Raises what the query raises."""
        began = time.monotonic()
        result = await self._sql.query(sql)
        rows = [_plain_row(row) for row in result.table.slice(0, ROWS_SHOWN).to_pylist()]
        dataset = _named(await self._datasets.list(), sql)
        fresh = _query_step(dataset, sql, result, rows, time.monotonic() - began)
        kept = {"edited": step.edited or sql != step.sql, "attempts": step.attempts, "tool": step.tool}
        return fresh.model_copy(update={**kept, "arguments": step.arguments})

    def _completing(self, model: Model) -> Any:
        async def complete(prompt: str) -> str:
            messages = [{"role": "user", "content": prompt}]
            stream: Any = self._models.chat(model.id, messages, temperature=0.0, max_tokens=SQL_TOKENS)
            async with aclosing(stream) as pieces:
                return "".join([piece.text async for piece in pieces])

        return complete


def _failed(kind: Any, title: Text, error: StudioError) -> Step:
    return Step(kind=kind, title=title, detail=error.whole(), failed=True)


def _not_answered(known: list[Dataset], error: NotAnswered, seconds: float) -> Step:
    names = ", ".join(dataset.name for dataset in known)
    tried = len(error.attempts)
    title = (
        Text(
            f"No query of {names} ran, after {plural(tried, 'attempt', 'attempts')}",
            f"对 {names} 的 {tried} 次查询均未成功",
        )
        if tried
        else Text(f"Nothing was asked of {names}", f"未查询 {names}")
    )
    return Step(
        kind="query", title=title, detail=error.message, seconds=seconds, attempts=error.attempts, failed=bool(tried)
    )


def _asked(known: list[Dataset], found: Sqled) -> Dataset:
    """The dataset of a query; of one that a model wrote, the first that its text names."""
    by_id = next((dataset for dataset in known if dataset.id == found.dataset_id), None)
    return by_id or _named(known, found.sql)


def _named(known: list[Dataset], sql: str) -> Dataset:
    """The first dataset that a query names."""
    return next((dataset for dataset in known if dataset.name in sql or dataset.id in sql), known[0])


def _place(source: Source) -> tuple[str, int | None, int]:
    return source.document_id, source.page, source.start


def _near(item: Found) -> bool:
    return item.dense is None or item.dense >= FAR


def _page(item: Found, number: int) -> Source:
    start, end = _span(item)
    return Source(
        number=number,
        kind="page",
        title=item.document.title or item.document.file_name,
        quote=" ".join(item.chunk.text[start - item.chunk.start : end - item.chunk.start].split()),
        score=item.dense if item.dense is not None else item.score,
        document_id=item.document.id,
        digest=item.document.digest,
        page=item.chunk.page,
        start=start,
        end=end,
        heading=item.chunk.heading or "",
    )


def _span(item: Found) -> tuple[int, int]:
    """Where the quote stands in its page: the sentence that fits best; a heading goes on to the end of its sentence."""
    chunk = item.chunk
    if not item.matched:
        return chunk.start, chunk.end
    if item.matched.rstrip().endswith(ENDS):
        return item.matched_start, item.matched_end
    after = chunk.text[item.matched_end - chunk.start :]
    end = SENTENCE_END.search(after)
    return item.matched_start, item.matched_end + min(end.end() if end else len(after), HEADING_REACH)


def _rows(dataset: Dataset, found: Sqled, rows: list[dict[str, Any]], said: str, number: int) -> Source:
    return _rows_of(dataset, found.sql, found.rows_sql, rows, found.result.table.num_rows, said, number)


def _rows_of(
    dataset: Dataset, sql: str, rows_sql: str, rows: list[dict[str, Any]], count: int, said: str, number: int
) -> Source:
    return Source(
        number=number,
        kind="rows",
        title=dataset.name,
        quote=said,
        dataset_id=dataset.id,
        version=dataset.version,
        sql=sql,
        rows_sql=rows_sql,
        rows=rows,
        row_count=count,
    )


def _query_step(dataset: Dataset, sql: str, result: QueryResult, rows: list[dict[str, Any]], seconds: float) -> Step:
    count = result.table.num_rows
    return Step(
        kind="query",
        title=Text(f"Queried {dataset.name}", f"查询了 {dataset.name}"),
        detail=Text(plural(count, "row", "rows"), f"{count:,} 行"),
        seconds=seconds,
        sql=sql,
        columns=[column.name for column in result.columns],
        rows=[list(row.values()) for row in rows],
        dataset_id=dataset.id,
    )


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """Cells as JSON keeps them exactly: what JSON has no type for becomes text."""
    return {key: _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)  # DuckDB's sums of whole numbers
    return str(value)
