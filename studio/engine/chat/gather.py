"""Before a word is written: what documents and datasets say about a question."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from studio.engine.chat import saying
from studio.engine.chat.evidence import Evidence, page_source, query_step, rows_of, rows_source
from studio.engine.chat.fact import chinese_fact, fact, is_chinese
from studio.engine.chat.message import Source, Step
from studio.engine.errors import BadParameter, Invalid, StudioError
from studio.engine.knowledge.keyword import telling
from studio.engine.knowledge.words import tokens
from studio.engine.sql.query import Attempt, NotAnswered
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.document import Found
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models
    from studio.engine.sql.query import Sqled
    from studio.engine.sql.service import Sql

CHUNKS = 4
FAR = 0.2  # the cosine below which a chunk has nothing to do with the question, as measured on the sample
SQL_TOKENS = 400
PAUSE = 0.2  # seconds between two looks at a query that is being written
Written = Callable[[int, str], None]  # hears the attempt and the query so far


class Gatherer:
    """Searches the chosen collections and queries the chosen datasets. What cannot be read becomes a step that says so."""

    def __init__(self, knowledge: Knowledge, datasets: Datasets, sql: Sql, models: Models) -> None:
        self._knowledge = knowledge
        self._datasets = datasets
        self._sql = sql
        self._models = models

    async def to_search(self, collections: list[str]) -> Step:
        """The card of a search that begins; what is wrong with it is said when it has been tried."""
        there = []
        with suppress(StudioError):
            there = [await self._knowledge.collection(name) for name in collections]
        return saying.searching(", ".join(each.name for each in there), sum(each.chunk_count for each in there))

    async def to_query(self, datasets: list[str]) -> Step:
        """The card of a question to datasets that begins."""
        there = []
        with suppress(StudioError):
            there = [await self._datasets.get(name) for name in datasets]
        return saying.querying(", ".join(each.name for each in there))

    async def search(self, question: str, collections: list[str], evidence: Evidence, limit: int | None = None) -> Step:
        """Add the chunks that answer best as sources, each chunk once."""
        began = time.monotonic()
        try:
            names = ", ".join([(await self._knowledge.collection(name)).name for name in collections])
            most = limit or CHUNKS
            asked = set(tokens(telling(question)))
            found = [item for item in await self._knowledge.search(question, collections, most) if _near(item, asked)]
        except StudioError as error:
            return evidence.add(_failed("search", Text("The search failed", "检索失败"), error))
        first = evidence.next_number()
        there = {(source.document_id, source.page, source.start) for source in evidence.sources}
        pages = [page for page in (page_source(item, 0) for item in found) if _place(page) not in there]
        evidence.sources += [page.model_copy(update={"number": first + at}) for at, page in enumerate(pages)]
        documents = {item.document.id: item.document.title or item.document.file_name for item in found}
        return evidence.add(saying.found(names, len(found), list(documents.values()), time.monotonic() - began))

    async def query(
        self,
        question: str,
        datasets: list[str],
        model: Model | None,
        evidence: Evidence,
        written: Written | None = None,
    ) -> Step:
        """Add the rows that answer the question. What no query answers becomes a step that says so, with what was tried.

        A model that is no demo writes the SQL, and `written` hears of it; without one, words are matched with values.
        """
        began = time.monotonic()
        known: list[Dataset] = []
        try:
            known = [await self._datasets.get(name) for name in datasets]
            ask = self._completing(model, written) if model is not None and not model.demo else None
            found = await self._sql.ask(question, [dataset.id for dataset in known], ask)
        except NotAnswered as error:
            return evidence.add(_not_answered(known, error, error.attempts, time.monotonic() - began))
        except (Invalid, BadParameter) as error:
            return evidence.add(_not_answered(known, error, [], time.monotonic() - began))
        except StudioError as error:
            return evidence.add(_failed("query", Text("The query failed", "查询失败"), error))
        dataset = _asked(known, found)
        rows = rows_of(found.result)
        said = (chinese_fact if is_chinese(question) else fact)(dataset.name, found.filters, rows)
        count = found.result.table.num_rows
        source = rows_source(dataset, found.sql, found.rows_sql, rows, count, said, evidence.next_number())
        evidence.sources.append(source)
        step = query_step(dataset, found.sql, found.result, rows, time.monotonic() - began)
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
        rows = rows_of(result)
        said = "; ".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows[:8])
        source = rows_source(dataset, sql, "", rows, result.table.num_rows, said, evidence.next_number())
        evidence.sources.append(source)
        return evidence.add(query_step(dataset, sql, result, rows, time.monotonic() - began))

    async def run_again(self, step: Step, sql: str) -> Step:
        """The same card with another query and what it finds. Raises what the query raises."""
        began = time.monotonic()
        result = await self._sql.query(sql)
        rows = rows_of(result)
        dataset = _named(await self._datasets.list(), sql)
        fresh = query_step(dataset, sql, result, rows, time.monotonic() - began)
        kept = {"edited": step.edited or sql != step.sql, "attempts": step.attempts, "tool": step.tool}
        return fresh.model_copy(update={**kept, "arguments": step.arguments})

    def _completing(self, model: Model, written: Written | None) -> Any:
        attempts = itertools.count(1)

        async def complete(prompt: str) -> str:
            messages = [{"role": "user", "content": prompt}]
            stream: Any = self._models.chat(model.id, messages, temperature=0.0, max_tokens=SQL_TOKENS)
            attempt, words, told = next(attempts), "", 0.0
            async with aclosing(stream) as pieces:
                async for piece in pieces:
                    words += piece.text
                    if written is not None and time.monotonic() - told >= PAUSE:
                        written(attempt, words)
                        told = time.monotonic()
            return words

        return complete


def _failed(kind: Any, title: Text, error: StudioError) -> Step:
    return Step(kind=kind, title=title, detail=error.whole(), failed=True)


def _not_answered(known: list[Dataset], error: StudioError, attempts: list[Attempt], seconds: float) -> Step:
    names = ", ".join(dataset.name for dataset in known)
    tried = len(attempts)
    title = (
        Text(
            f"No query of {names} ran, after {plural(tried, 'attempt', 'attempts')}",
            f"对 {names} 的 {tried} 次查询均未成功",
        )
        if tried
        else Text(f"Nothing was asked of {names}", f"未查询 {names}")
    )
    return Step(kind="query", title=title, detail=error.message, seconds=seconds, attempts=attempts, failed=bool(tried))


def _asked(known: list[Dataset], found: Sqled) -> Dataset:
    """The dataset of a query; of one that a model wrote, the first that its text names."""
    by_id = next((dataset for dataset in known if dataset.id == found.dataset_id), None)
    return by_id or _named(known, found.sql)


def _named(known: list[Dataset], sql: str) -> Dataset:
    """The first dataset that a query names."""
    return next((dataset for dataset in known if dataset.name in sql or dataset.id in sql), known[0])


def _place(source: Source) -> tuple[str, int | None, int]:
    return source.document_id, source.page, source.start


def _near(item: Found, asked: set[str]) -> bool:
    """Near by meaning, or with every word that tells something: a name or a part's number means nothing to the model."""
    return item.dense is None or item.dense >= FAR or (bool(asked) and asked <= set(item.words))
