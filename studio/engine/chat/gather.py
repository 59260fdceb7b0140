"""Before a word is written: what documents and datasets say about a question."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from studio.engine.chat.message import Source, Step
from studio.engine.datasets.service import Datasets
from studio.engine.errors import BadParameter, Invalid, StudioError
from studio.engine.knowledge.service import Found, Knowledge
from studio.engine.sql.service import Sql
from studio.engine.text import Text, plural

CHUNKS = 4
ROWS_SHOWN = 20


@dataclass
class Evidence:
    """Sources with their numbers, and the steps that found them."""

    sources: list[Source] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def next_number(self) -> int:
        return len(self.sources) + 1


class Gatherer:
    """Searches the chosen collections and queries the chosen datasets."""

    def __init__(self, knowledge: Knowledge, datasets: Datasets, sql: Sql) -> None:
        self._knowledge = knowledge
        self._datasets = datasets
        self._sql = sql

    async def search(self, question: str, collections: list[str], evidence: Evidence) -> Step:
        """Add the chunks that answer best as sources."""
        began = time.monotonic()
        found = await self._knowledge.search(question, collections, CHUNKS)
        evidence.sources += [_page(item, evidence.next_number() + place) for place, item in enumerate(found)]
        documents = len({item.document.id for item in found})
        names = ", ".join([(await self._knowledge.collection(name)).name for name in collections])
        detail = Text(
            f"{plural(len(found), 'chunk', 'chunks')} from {plural(documents, 'document', 'documents')}",
            f"{documents} 个文档中的 {len(found)} 个片段",
        )
        step = Step(
            kind="search",
            title=Text(f"Searched {names}", f"检索 {names}"),
            detail=detail,
            seconds=time.monotonic() - began,
        )
        evidence.steps.append(step)
        return step

    async def query(self, question: str, datasets: list[str], evidence: Evidence) -> Step | None:
        """Add the rows that answer the question, if it is about these datasets at all."""
        began = time.monotonic()
        try:
            found = await self._sql.ask(question, [(await self._datasets.get(name)).id for name in datasets])
        except (Invalid, BadParameter):
            return None
        except StudioError as error:
            step = Step(
                kind="query", title=Text("A dataset could not be queried", "有数据集无法查询"), detail=error.whole()
            )
            evidence.steps.append(step)
            return step
        dataset = await self._datasets.get(found.dataset_id)
        rows = found.result.table.slice(0, ROWS_SHOWN).to_pylist()
        evidence.sources.append(_rows(dataset.name, dataset.id, found, rows, evidence.next_number()))
        step = Step(
            kind="query",
            title=Text(f"Queried {dataset.name}", f"查询 {dataset.name}"),
            detail=Text(plural(found.result.table.num_rows, "row", "rows"), f"{found.result.table.num_rows} 行"),
            seconds=time.monotonic() - began,
            sql=found.sql,
            columns=[column.name for column in found.result.columns],
            rows=[[_plain(value) for value in row.values()] for row in rows],
            dataset_id=dataset.id,
        )
        evidence.steps.append(step)
        return step


def _page(item: Found, number: int) -> Source:
    return Source(
        number=number,
        kind="page",
        title=item.document.title or item.document.file_name,
        quote=item.matched or item.chunk.text,
        score=item.dense if item.dense is not None else item.score,
        document_id=item.document.id,
        page=item.chunk.page,
        start=item.matched_start if item.matched else item.chunk.start,
        end=item.matched_end if item.matched else item.chunk.end,
        heading=item.chunk.heading or "",
    )


def _rows(name: str, dataset_id: str, found: Any, rows: list[dict[str, Any]], number: int) -> Source:
    plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
    return Source(
        number=number,
        kind="rows",
        title=name,
        quote=said(name, found.filters, plain),
        dataset_id=dataset_id,
        sql=found.sql,
        rows_sql=found.rows_sql,
        rows=plain,
        row_count=found.result.table.num_rows,
    )


def said(name: str, filters: list[Any], rows: list[dict[str, Any]]) -> str:
    """A query's result as a line of words that a model and a reader understand."""
    where = ", ".join(f"{_part(item, 'column')} {_part(item, 'value')}" for item in filters)
    values = "; ".join(", ".join(f"{key} = {value}" for key, value in row.items()) for row in rows[:8])
    return f"{name}{f' where {where}' if where else ''}: {values}"


def _part(item: Any, name: str) -> Any:
    return item[name] if isinstance(item, dict) else getattr(item, name)


def _plain(value: Any) -> Any:
    """A cell as JSON keeps it exactly: what JSON has no type for becomes text."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
